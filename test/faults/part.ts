/** What a campaign found out. */
export interface Findings {
  /** The row of the table: what was tried, how often. */
  readonly part: string;
  readonly tried: number;
  /** Figures for the table, in words. */
  readonly figures: readonly string[];
  /** What is wrong, with all that is needed to try it again. */
  readonly violations: readonly string[];
  readonly seconds: number;
}

/** How a campaign is run. */
export interface Settings {
  readonly seed: string;
  /** The part of the whole that is tried, above 0 and up to 1. */
  readonly sample: number;
  /** Only cases whose name holds this. */
  readonly only: string;
  /** Processes side by side. */
  readonly jobs: number;
}

/** How many of `whole` a sample tries; at least one. */
export const sampleOf = (whole: number, { sample }: Settings): number =>
  Math.max(1, Math.ceil(whole * sample));
