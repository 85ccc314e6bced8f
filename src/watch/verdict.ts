import type { Place } from './reason/places.ts';

/** A step that the box has finished. */
export interface Step {
  readonly name: string;
  /** Exit status, 0 is good. */
  readonly status: number;
  readonly ms: number;
}

/** A step with the time at which it began, by the clock of its machine, epoch milliseconds. */
export interface TimedStep extends Step {
  readonly startAt: number;
}

/** When what happened in the run that gave the verdict, by the clock of its machine, epoch milliseconds. */
export interface RunTimes {
  /** The start of the kernel that the run belongs to; absent where the console doesn't tell. */
  readonly kernelAt?: number;
  readonly beginAt?: number;
  readonly steps: readonly TimedStep[];
  readonly verdictAt?: number;
}

/** Why a machine failed. */
export interface Failure {
  /** The failing step's name; `pattern`, `cloud-init` or `bootstrapper` where no marker names one. */
  readonly step: string;
  readonly status: number;
  /** The command that failed, as its script has it: of a pipeline the failing stage. Absent where the box knows none. */
  readonly command?: string;
  /** The command's own exit status, which may differ from the step's. */
  readonly commandStatus?: number;
  /** Where the command stands; `file` as people know it (`b/prod/bootstrapper.sh`, `web/start-up.sh`). */
  readonly location?: Place;
  /** What went wrong: the line that tells it, or a sentence where no line does. */
  readonly error?: string;
  /** The signal that ended the command or the script: `SIGKILL`. */
  readonly signal?: string;
  /** Console lines around the error, oldest first, at most 40. */
  readonly excerpt: readonly string[];
  readonly reason?: string;
  /** What may mend it, where rolecall knows. */
  readonly hint?: string;
}

interface Told {
  readonly steps: readonly Step[];
  /** Absent where no marker tells. */
  readonly times?: RunTimes;
  /** The boot took longer than the catalogue's `boot_budget`. */
  readonly overBudget?: true;
}

/** What is known of one machine in the end. */
export type Verdict = Told &
  (
    | (Answered & { readonly outcome: 'succeeded' })
    | (Answered & { readonly outcome: 'failed'; readonly failure: Failure })
    /** No verdict in time; the reason says how far the machine came. */
    | (Unanswered & { readonly outcome: 'silent' })
    /** Stopped or terminated before its verdict; the reason is EC2's StateReason. */
    | (Unanswered & { readonly outcome: 'lost' })
  );

interface Answered {
  /** What happened beside the verdict: `rebooted during init`, `rebooted since`. */
  readonly notes?: readonly string[];
  /** Absent where only the tag that an earlier watch has set tells of the verdict. */
  readonly bootMs?: number;
}

interface Unanswered {
  readonly reason: string;
  readonly excerpt: readonly string[];
}
