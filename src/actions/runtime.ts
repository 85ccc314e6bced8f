import type { Clock, Pace } from '../clock.ts';

/** What a use case may touch of the world around it: all passed in, so that tests decide it. */
export interface Runtime {
  readonly clock: Clock;
  /** From now on `clock` runs at this pace, because the cloud that the use case works with does. */
  readonly goBy?: (pace: Pace) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the current folder: relative paths start there. */
  readonly cwd: string;
  /** Ends the work early (Ctrl-C). */
  readonly signal: AbortSignal;
  readonly user: User;
}

/** The one for whom a use case works. */
export interface User {
  /** Whether somebody can answer questions. */
  readonly present: boolean;
  /** Tells a line that belongs to no result: what is waited for, what was found on the way. */
  tell(line: string): void;
  /** Passes on what a program prints that the user's own files name (a build's command). */
  pass(output: Uint8Array): void;
  /**
   * Shows what is waited for, where it takes longer than a moment.
   * @throws InterruptedError when the runtime's signal aborts, at once; what `work` throws
   */
  waiting<T>(wait: Wait, work: Promise<T>): Promise<T>;
}

/** What is waited for. */
export interface Wait {
  /** `building the local image`. */
  readonly doing: string;
  /** What else people should know of it. */
  readonly aside?: string;
  /** How far it is, asked again and again. */
  readonly progress?: () => string;
  /** What an early end leaves; `nothing was launched` where absent. */
  readonly left?: string;
  /** The work ends by itself, and nothing ends the wait before it. */
  readonly toTheEnd?: boolean;
}
