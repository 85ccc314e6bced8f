import type { Runtime } from '../api/use-cases.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What a process or a test gives a command: its terminal, and the world around it. */
export interface World extends Omit<Runtime, 'user'> {
  readonly terminal: Terminal;
}

/** What a command works with. */
export interface Host extends Runtime {
  readonly terminal: Terminal;
}
