/** How often AWS is asked: below EC2's request buckets, and slower while it throttles. */

/**
 * Console readings a second: GetConsoleOutput is a non-mutating action with a bucket of 100, refilled 20 a second; the
 * rest is left to others on the same account.
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
const READS_A_SECOND = 16;
/** Up to so many machines EC2 has tokens enough for a look at each at every tick. */
const SMALL = 20;

/** Whether a launch is small enough for its consoles to be read all the time; in larger ones, looks are chosen. */
export const isSmall = (fleet: number): boolean => fleet <= SMALL;

/** DescribeInstances grows with the machines it describes (1,000 a page), so its pauses do too. */
const DESCRIBE_MS_A_MACHINE = 20;
const DESCRIBE_MOST_MS = 10_000;
const DESCRIBE_MS_A_PAGE = 5_000;
const PAGE = 1_000;
/** The first machines of a large launch are few, and need no closer look for it. */
const DESCRIBE_LEAST_MS = 2_000;
/** Where all run, it only tells of those that end: for this, it may come later. */
const RUNNING_MS_A_MACHINE = 150;
const RUNNING_LEAST_MS = 5_000;
const RUNNING_MOST_MS = 15_000;
/** What hangs in `pending` is asked for less and less: in pauses of this part of its age. */
const PENDING_STEP = 0.05;
/** How long verdicts of a large launch are collected for one CreateTags. */
const TAG_EVERY_MS = 15_000;

const SLOWEST = 32;

export class Pace {
  /** How many times slower than usual; doubles with each tick that was throttled, halves with each that was not. */
  #slowdown = 1;
  readonly #tickMs: number;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** The pause between two ticks, milliseconds. */
  get pauseMs(): number {
    return this.#tickMs * this.#slowdown;
  }

  /** How many console readings one tick may make; with more machines than that they take turns (turns.ts). */
  get reads(): number {
    return Math.max(1, Math.floor((READS_A_SECOND * this.#tickMs) / 1000));
  }

  /**
   * The pause between two DescribeInstances, milliseconds.
   * @param sizes `described`: all machines, judged ones too, for EC2 describes them all; `fleet`: with those to come
   * @param pendingMs the age of the youngest that does not run yet, undefined where all do
   */
  describeMs(
    { described, fleet }: { readonly described: number; readonly fleet: number },
    pendingMs: number | undefined,
  ): number {
    if (isSmall(fleet)) return described * DESCRIBE_MS_A_MACHINE * this.#slowdown;
    const pages = Math.floor(described / PAGE) * DESCRIBE_MS_A_PAGE;
    return Math.max(describeLeastMs(described, pendingMs), pages) * this.#slowdown;
  }

  /** How long verdicts are collected before their machines are tagged, milliseconds. */
  tagMs(fleet: number): number {
    return isSmall(fleet) ? 0 : TAG_EVERY_MS;
  }

  /** Ends a tick. @returns whether this is the beginning of a time of throttling */
  ticked(throttled: boolean): boolean {
    const before = this.#slowdown;
    this.#slowdown = throttled ? Math.min(SLOWEST, before * 2) : Math.max(1, before / 2);
    return throttled && before === 1;
  }
}

function describeLeastMs(described: number, pendingMs: number | undefined): number {
  if (pendingMs === undefined)
    return Math.min(Math.max(described * RUNNING_MS_A_MACHINE, RUNNING_LEAST_MS), RUNNING_MOST_MS);
  const byNumber = Math.min(Math.max(described * DESCRIBE_MS_A_MACHINE, DESCRIBE_LEAST_MS), DESCRIBE_MOST_MS);
  return Math.max(byNumber, pendingMs * PENDING_STEP);
}
