/** A name and what is told of it. */
export type PlanRow = readonly [name: string, value: string];

/** What a plan tells of how machines boot, as text; each scheme has words of its own. Holds no secret. */
export interface BootPlan {
  /** Rows of the plan's head. */
  readonly rows: readonly PlanRow[];
  /** Rows of the brief plan, which shows nothing of `start`. */
  readonly brief: readonly PlanRow[];
  /** The payload, or what of it is this launch's own. */
  readonly payload: string;
  /** What runs on the machine. */
  readonly start: {
    readonly title: string;
    readonly aside: string;
    /** Long ones are wrapped, and go on so many columns to the right; without `hang` they stay as they are. */
    readonly lines: readonly { readonly text: string; readonly hang?: number }[];
  };
}
