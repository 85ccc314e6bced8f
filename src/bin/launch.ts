#!/usr/bin/env node
import { start } from './main.ts';

// `launch` is `rolecall launch`, as operators have typed it for years.
void start(['launch', ...process.argv.slice(2)]);
