import type { InstanceId, Machine } from '../model.ts';
import type { Step, Verdict } from './verdict.ts';

interface OfMachine {
  readonly at: number;
  readonly instanceId: InstanceId;
}

/**
 * What the watch stage tells, as it happens. `at` is epoch milliseconds by the watcher's clock.
 * The stage prints nothing: the report stage renders these.
 */
export type WatchEvent =
  /** A machine seen for the first time, or in a new EC2 state. */
  | { readonly type: 'machine'; readonly at: number; readonly machine: Machine }
  /** The box has begun a step. */
  | (OfMachine & { readonly type: 'step-started'; readonly step: string })
  | (OfMachine & { readonly type: 'step-ended'; readonly step: Step })
  /** A summary line that the step printed (`rolecall[STEP]: text`); for display, never judged. */
  | (OfMachine & { readonly type: 'said'; readonly step: string; readonly text: string })
  /** The step still runs, after `ms`; `text` is the last line that it printed, for display: empty where there is none. */
  | (OfMachine & {
      readonly type: 'alive';
      readonly step: string;
      readonly ms: number;
      readonly text: string;
    })
  /**
   * Console text was lost between two snapshots (`gap`: the ring overflowed), or may have been (`restarted`: the
   * console began anew, as after a stop and start).
   */
  | (OfMachine & { readonly type: 'gap'; readonly loss?: 'gap' | 'restarted' })
  /** The machine's final verdict: the last event about it. */
  | { readonly type: 'verdict'; readonly at: number; readonly machine: Machine; readonly verdict: Verdict }
  /** The tag rolecall:verdict stays unset on these machines: what asks EC2 later does not know their verdicts. */
  | {
      readonly type: 'untagged';
      readonly at: number;
      readonly instanceIds: readonly InstanceId[];
      readonly reason: string;
    }
  /** Something about the watching itself that people should know (AWS throttles, a late console). */
  | { readonly type: 'notice'; readonly at: number; readonly text: string };
