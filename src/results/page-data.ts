import type { LaunchDocument } from './document.ts';

/** Everything that the HTML report shows. Plain JSON: the page embeds it, and it can be read back from the page. */
export interface PageData {
  readonly version: 1;
  /** ISO 8601. */
  readonly generated: string;
  /** The JSON document of the launch, as `--output json` prints it. */
  readonly document: LaunchDocument;
  /** One a machine of `document.machines`, in the same order. */
  readonly timelines: readonly MachineTimeline[];
  /** Milliseconds; absent where the catalogue sets none. */
  readonly boot_budget_ms?: number;
  /** An earlier launch that this one is compared with. */
  readonly against?: {
    readonly launch: LaunchDocument['launch'];
    readonly generated: string;
    readonly document: LaunchDocument;
    readonly timelines: readonly MachineTimeline[];
  };
}

/** When what happened on one machine; milliseconds from EC2's launch time; null where nothing tells. */
export interface MachineTimeline {
  readonly instance_id: string;
  /** EC2's launch time, ISO 8601. */
  readonly launched: string | null;
  readonly running_ms: number | null;
  /** The kernel's start, of the run that gave the verdict. */
  readonly kernel_ms: number | null;
  readonly begin_ms: number | null;
  readonly steps: readonly {
    readonly name: string;
    readonly start_ms: number;
    readonly ms: number;
    readonly status: number;
  }[];
  readonly verdict_ms: number | null;
  readonly over_budget: boolean;
}
