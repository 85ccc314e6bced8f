#!/usr/bin/env node
import { start } from '../cli/main.ts';

void start(process.argv.slice(2));
