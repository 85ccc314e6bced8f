/** Requests to EC2 wait here for their turn, so that EC2 need not refuse them. One of these a connection. */

import { type Clock, unlessAborted } from '../clock.ts';
import { AwsError } from '../errors.ts';
import {
  admitted,
  type Bucket,
  doubted,
  fullBucket,
  type Limit,
  limitOf,
  type Rate,
  taken,
  throttled,
  untilMs,
  waitMs,
} from './token-bucket.ts';

/** A request's permission to be sent. Tell it how EC2 took it; a lost answer is told to nobody. */
export interface Turn {
  /** How long it was waited for, milliseconds. */
  readonly waitedMs: number;
  /** EC2 let the request in, whatever it answered. */
  admitted(): void;
  throttled(): void;
}

export interface Pacing {
  /**
   * Waits until the operation may be sent, first come, first served.
   * @param machines how many machines it launches or ends
   * @throws AwsError of kind `interrupted` when `signal` aborts: then nothing was sent
   */
  turn(operation: string, machines: number, signal?: AbortSignal): Promise<Turn>;
  /** How long until so many more machines can have been asked for in so many requests, milliseconds. */
  etaMs(machines: number, requests: number): number;
}

/** @param clock decides how fast the buckets fill */
export function openPacing(clock: Clock): Pacing {
  const lanes = new Map<string, Lane>();
  const laneOf = (operation: string): Lane => {
    const lane = lanes.get(operation) ?? new Lane(operation, clock);
    lanes.set(operation, lane);
    return lane;
  };
  return {
    turn: (operation, machines, signal) => laneOf(operation).turn(machines, signal),
    etaMs: (machines, requests) => laneOf('RunInstances').etaMs(machines, requests),
  };
}

/**
 * Requests arrive at EC2 a little sooner or later after one another than they were sent. So a token in twenty (and at
 * least one) is left in EC2's bucket, and the refill is taken as 2 % slower than documented.
 */
const slower = ({ capacity, perSecond }: Rate): Rate => ({ capacity, perSecond: perSecond * 0.98 });
const cautious = (rate: Rate): Rate => ({
  ...slower(rate),
  capacity: rate.capacity - Math.max(1, Math.floor(rate.capacity / 20)),
});

/** The queue of one operation. */
class Lane {
  readonly #operation: string;
  readonly #clock: Clock;
  #requests: Bucket;
  #machines: Bucket | undefined;
  /** Resolves when whoever came last has had its turn. */
  #last: Promise<void> = Promise.resolve();
  readonly #waiting = { requests: 0, machines: 0 };

  constructor(operation: string, clock: Clock) {
    const limit: Limit = limitOf(operation);
    this.#operation = operation;
    this.#clock = clock;
    this.#requests = fullBucket(cautious(limit.requests), clock.monotonic());
    // Not a machine less at once than EC2 has: a whole batch would have to wait for the one that is missing.
    if (limit.machines !== undefined) this.#machines = fullBucket(slower(limit.machines), clock.monotonic());
  }

  async turn(machines: number, signal: AbortSignal | undefined): Promise<Turn> {
    const came = this.#clock.monotonic();
    const before = this.#last;
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last = before.then(() => left);
    this.#count(1, machines);
    try {
      await unlessAborted(before, signal);
      await this.#untilFree(machines, signal);
      if (signal?.aborted) throw notSent(this.#operation);
      const sentAt = this.#clock.monotonic();
      this.#take(sentAt, machines);
      return {
        waitedMs: sentAt - came,
        admitted: () => this.#admitted(),
        throttled: () => this.#throttled(sentAt),
      };
    } finally {
      this.#count(-1, -machines);
      leave();
    }
  }

  etaMs(machines: number, requests: number): number {
    const now = this.#clock.monotonic();
    const forRequests = untilMs(this.#requests, now, this.#waiting.requests + requests);
    if (this.#machines === undefined) return forRequests;
    return Math.max(forRequests, untilMs(this.#machines, now, this.#waiting.machines + machines));
  }

  /** Asks again after each wait: an answer that came meanwhile may have made it longer. */
  async #untilFree(machines: number, signal: AbortSignal | undefined): Promise<void> {
    while (!signal?.aborted) {
      const now = this.#clock.monotonic();
      const forMachines = this.#machines === undefined ? 0 : waitMs(this.#machines, now, machines);
      const ms = Math.max(forMachines, waitMs(this.#requests, now, 1));
      if (ms === 0) return;
      await this.#clock.sleep(ms, signal);
    }
  }

  #take(now: number, machines: number): void {
    this.#requests = taken(this.#requests, now, 1);
    if (this.#machines !== undefined) this.#machines = taken(this.#machines, now, machines);
  }

  #admitted(): void {
    this.#requests = admitted(this.#requests, this.#clock.monotonic());
  }

  #throttled(sentAt: number): void {
    const now = this.#clock.monotonic();
    if (this.#machines !== undefined && sentAt > this.#requests.slowedAt)
      this.#machines = doubted(this.#machines, now);
    this.#requests = throttled(this.#requests, now, sentAt);
  }

  #count(requests: number, machines: number): void {
    this.#waiting.requests += requests;
    this.#waiting.machines += machines;
  }
}

const notSent = (operation: string): AwsError =>
  new AwsError(`${operation} was not sent: the command was stopped while the request waited for its turn`, {
    kind: 'interrupted',
    neverSent: true,
  });
