import type { Clock, Pace } from '../clock.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What a command may touch of the world around it: all passed in, so that tests run commands in-process. */
export interface Host {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** From now on `clock` runs at this pace, because the cloud that the command works with does. */
  readonly goBy?: (pace: Pace) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the folder that the command was called in. */
  readonly cwd: string;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}
