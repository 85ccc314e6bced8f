/** How often AWS is asked: below EC2's request buckets, and slower while it throttles. */

/**
 * Console readings a second: GetConsoleOutput is a non-mutating action with a bucket of 100, refilled 20 a second; the
 * rest is left to others on the same account.
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
const READS_A_SECOND = 16;
/** DescribeInstances grows with the machines it describes (1,000 a page), so its pauses do too. */
const DESCRIBE_MS_A_MACHINE = 20;
const DESCRIBE_MOST_MS = 10_000;
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

  /** How many console readings one tick may make; with more machines than that they take turns. */
  get reads(): number {
    return Math.max(1, Math.floor((READS_A_SECOND * this.#tickMs) / 1000));
  }

  /** The pause between two DescribeInstances, milliseconds. */
  describeMs(machines: number): number {
    return Math.min(machines * DESCRIBE_MS_A_MACHINE, DESCRIBE_MOST_MS) * this.#slowdown;
  }

  /** Ends a tick. @returns whether this is the beginning of a time of throttling */
  ticked(throttled: boolean): boolean {
    const before = this.#slowdown;
    this.#slowdown = throttled ? Math.min(SLOWEST, before * 2) : Math.max(1, before / 2);
    return throttled && before === 1;
  }
}
