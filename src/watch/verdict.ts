/** A step that the box has finished. */
export interface Step {
  readonly name: string;
  /** Exit status, 0 is good. */
  readonly status: number;
  readonly ms: number;
}

/** Why a machine failed. */
export interface Failure {
  /** The failing step's name; `pattern`, `cloud-init` or `bootstrapper` where no marker names one. */
  readonly step: string;
  readonly status: number;
  /** The first line of the step's output that looks like the error. */
  readonly firstError?: string;
  /** Console lines around the failure, oldest first, at most 40. */
  readonly excerpt: readonly string[];
  readonly reason?: string;
}

/** What is known of one machine in the end. */
export type Verdict =
  | {
      /** What happened beside the verdict: `rebooted during init`, `rebooted since`. */
      readonly notes?: readonly string[];
      readonly outcome: 'succeeded';
      /** Absent where only the tag that an earlier watch has set tells of it. */
      readonly bootMs?: number;
      readonly steps: readonly Step[];
    }
  | {
      readonly notes?: readonly string[];
      readonly outcome: 'failed';
      readonly bootMs: number;
      readonly steps: readonly Step[];
      readonly failure: Failure;
    }
  /** No verdict in time; the reason says how far the machine came. */
  | {
      readonly outcome: 'silent';
      readonly steps: readonly Step[];
      readonly reason: string;
      readonly excerpt: readonly string[];
    }
  /** Stopped or terminated before its verdict; the reason is EC2's StateReason. */
  | {
      readonly outcome: 'lost';
      readonly steps: readonly Step[];
      readonly reason: string;
      readonly excerpt: readonly string[];
    };
