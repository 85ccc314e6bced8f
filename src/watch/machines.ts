/** The machines of the launch that is watched, as the launch stage and EC2 tell of them. */
import type { AwsError } from '../errors.ts';
import type { InstanceId, Machine } from '../model.ts';
import type { WatchEvent } from './events.ts';
import type { Pace } from './pace.ts';
import type { Plan } from './plan.ts';
import type { Readings } from './readings.ts';
import type { Requests } from './requests.ts';
import { describe, type Moment, type Tracked, track } from './tracked.ts';

interface Tools extends Plan {
  readonly pace: Pace;
  readonly requests: Requests;
  readonly readings: Readings;
}

export class Machines {
  readonly #tools: Tools;
  readonly #all = new Map<InstanceId, Tracked>();
  #describedAt = Number.NEGATIVE_INFINITY;
  #trouble: AwsError | undefined;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many machines there are, or will be. */
  get fleet(): number {
    return Math.max(this.#all.size, this.#tools.sent().toCome ?? 0);
  }

  get undecided(): Tracked[] {
    return [...this.#all.values()].filter(({ verdict }) => verdict === undefined);
  }

  /** Why the newest DescribeInstances failed, if it did. */
  get trouble(): AwsError | undefined {
    return this.#trouble;
  }

  /** Whether EC2 has described the machine, and its newest answer does not. */
  hasVanished({ described, present }: Tracked): boolean {
    return described && !present && this.#trouble === undefined;
  }

  get moment(): Moment {
    const { clock } = this.#tools;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }

  /** Takes what the launch stage has told of, and asks EC2 where that is due. */
  async look(): Promise<WatchEvent[]> {
    return [...this.#sent(), ...(await this.#describe())];
  }

  #sent(): WatchEvent[] {
    return this.#tools.sent().machines.flatMap((machine) => {
      if (this.#all.has(machine.instanceId)) return [];
      return [this.#event(this.#track(machine))];
    });
  }

  #track(machine: Machine): Tracked {
    const { nonce, readings } = this.#tools;
    const tracked = track(machine, this.moment, nonce !== undefined, this.#all.size);
    if (nonce !== undefined) tracked.reading = readings.with(machine, nonce);
    this.#all.set(machine.instanceId, tracked);
    return tracked;
  }

  async #describe(): Promise<WatchEvent[]> {
    const { clock, ec2, launch, pace, requests } = this.#tools;
    const now = clock.monotonic();
    const sizes = { described: this.#all.size, fleet: this.fleet };
    if (now - this.#describedAt < pace.describeMs(sizes, this.#youngestPendingMs(now))) return [];
    const answer = await requests.attempt(() => ec2.machinesOfLaunch(launch));
    this.#trouble = 'failed' in answer ? answer.error : undefined;
    if ('failed' in answer) return answer.failed;
    this.#describedAt = now;
    for (const tracked of this.#all.values()) tracked.present = false;
    return answer.value.flatMap((machine) => this.#described(machine, now));
  }

  #youngestPendingMs(now: number): number | undefined {
    const pending = this.undecided.filter(({ runningSince }) => runningSince === undefined);
    const ages = pending.map(({ knownSince }) => now - knownSince);
    return ages.length === 0 ? undefined : Math.min(...ages);
  }

  #described(machine: Machine, now: number): WatchEvent[] {
    const known = this.#all.get(machine.instanceId);
    if (known === undefined && this.#tools.sent().only) return [];
    const tracked = known ?? this.#track(machine);
    const changed = describe(tracked, machine, now);
    const isNews = known === undefined || (changed && tracked.verdict === undefined);
    return isNews ? [this.#event(tracked)] : [];
  }

  #event({ machine }: Tracked): WatchEvent {
    return { type: 'machine', at: this.#tools.clock.now(), machine };
  }
}
