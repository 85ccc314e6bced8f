#!/usr/bin/env node
import { start } from './main.ts';

void start(process.argv.slice(2));
