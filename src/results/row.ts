import type { Machine } from '../model.ts';
import type { Step, Verdict } from '../watch/verdict.ts';

/** One machine as the report knows it. Times are epoch milliseconds by the watcher's clock. */
export interface MachineRow {
  readonly machine: Machine;
  /** When the report first heard of it. */
  readonly seenAt: number;
  /** When EC2 first showed it running; absent for one that ran already when the report first heard of it. */
  readonly runningAt?: number;
  /** The step that the box is in; absent between steps and after the verdict. */
  readonly step?: { readonly name: string; readonly since: number };
  readonly steps: readonly Step[];
  /** The last summary line that it printed. */
  readonly said?: { readonly step: string; readonly text: string };
  /** What its last sign of life shows, where it has told nothing since. */
  readonly alive?: string;
  readonly verdict?: Verdict;
  readonly verdictAt?: number;
}
