/** The watch loop's state: one `tick` looks at EC2 and at each channel once, and returns what is new. */

import { heldToBudget } from './budget.ts';
import type { Channel, OpenChannel, Round } from './channels/channel.ts';
import { provedOf, sayingsOf, unprovedOf } from './claims.ts';
import type { WatchEvent } from './events.ts';
import { Machines } from './machines.ts';
import { Notices } from './notices.ts';
import { Pace } from './pace.ts';
import type { Plan } from './plan.ts';
import { callOf, Readings } from './readings.ts';
import { Requests } from './requests.ts';
import { SideBySide } from './side-by-side.ts';
import type { Tracked } from './tracked.ts';
import type { Verdict } from './verdict.ts';
import { VerdictTags } from './verdict-tags.ts';

/** A channel with its readings of single machines. */
interface Driven {
  readonly channel: Channel;
  readonly looks: SideBySide;
}

export class Watcher {
  readonly #plan: Plan;
  readonly #channels: readonly Driven[];
  readonly #machines: Machines;
  readonly #pace: Pace;
  readonly #readings: Readings;
  readonly #notices: Notices;
  readonly #requests: Requests;
  readonly tags: VerdictTags;
  readonly #since: number;
  /** Channels of which it was told that claims came which nothing proves. */
  readonly #doubted = new Set<Channel>();
  #finished = false;
  #failure: unknown;

  constructor(plan: Plan, channels: readonly OpenChannel[]) {
    const { clock, tickMs } = plan;
    this.#plan = plan;
    this.#readings = new Readings(plan);
    this.#notices = new Notices(clock);
    this.#pace = new Pace(tickMs);
    this.#requests = new Requests({ ...plan, notices: this.#notices });
    this.tags = new VerdictTags({ ...plan, notices: this.#notices });
    const tools = { ...plan, pace: this.#pace, requests: this.#requests, readings: this.#readings };
    this.#machines = new Machines(tools);
    this.#channels = channels.flatMap((open) => {
      const looks = new SideBySide(clock);
      const channel = open({
        ...tools,
        machines: this.#machines,
        notices: this.#notices,
        looks,
        unproved: (tracked) =>
          this.#channels.flatMap(({ channel }) =>
            unprovedOf(channel.noun, claimsOf(channel, tracked), tracked.reading),
          ),
        decide: (tracked, verdict) => this.#decide(tracked, verdict, looks),
      });
      return channel === undefined ? [] : [{ channel, looks }];
    });
    this.#since = clock.monotonic();
  }

  /** Every machine has its verdict, and no more are to come. */
  get finished(): boolean {
    return this.#finished;
  }

  get pauseMs(): number {
    return this.#pace.pauseMs;
  }

  /** How long verdicts wait for others to be tagged with, milliseconds. */
  get tagMs(): number {
    return this.#pace.tagMs(this.#machines.fleet);
  }

  /** What ended the watch early: an error that came with the last tick, beside the events that it still had to tell. */
  get failure(): unknown {
    return this.#failure ?? this.#requests.unreachable;
  }

  /** @throws AwsError where trying again is of no use, and there is nothing to tell before */
  async tick(): Promise<WatchEvent[]> {
    for (const driven of this.#channels) driven.channel.begin?.(this.#machines.undecided);
    const events = await this.#machines.look();
    this.#prove();
    for (const driven of this.#channels) events.push(...(await this.#read(driven)));
    events.push(...this.#end());
    if (this.#pace.ticked(this.#requests.wasThrottled()))
      events.push(this.#notices.say('AWS throttles our requests: asking less often until it stops'));
    return events;
  }

  #roundOf(driven: Driven): Round {
    const { undecided, fleet } = this.#machines;
    const others = this.#channels.filter(
      (other) => other !== driven && other.channel.uncovered !== undefined,
    );
    const uncovered = others.reduce<readonly Tracked[]>(
      (left, { channel }) => channel.uncovered?.(left) ?? left,
      undecided,
    );
    return { undecided, uncovered, fleet: others.length === 0 ? fleet : uncovered.length };
  }

  async #read(driven: Driven): Promise<WatchEvent[]> {
    const { channel, looks } = driven;
    const events = [...(await channel.read(this.#roundOf(driven)))];
    const looked = await looks.settle(this.#plan.tickMs);
    this.#failure ??= looks.failure;
    return [...events, ...(channel.news?.() ?? []), ...this.#doubts(channel), ...looked];
  }

  /** Proves the claims that have come; a machine's nonce is recovered for it where that is needed. */
  #prove(): void {
    const asked = new Set<string>();
    for (const tracked of this.#machines.undecided) {
      const { machine } = tracked;
      const bringing = this.#channels.filter(({ channel }) => claimsOf(channel, tracked).length > 0);
      const [first] = bringing;
      if (first === undefined) continue;
      const reading = this.#readings.known(tracked);
      if (reading !== undefined) {
        tracked.claims = bringing.flatMap(({ channel }) => provedOf(claimsOf(channel, tracked), reading));
        continue;
      }
      const call = callOf(machine);
      if (asked.has(call) || asked.size >= this.#pace.reads) continue;
      asked.add(call);
      first.looks.start(machine.instanceId, () => this.#recover(tracked));
    }
  }

  async #recover(tracked: Tracked): Promise<WatchEvent[]> {
    const answer = await this.#requests.attempt(() => this.#readings.settled(tracked));
    return 'failed' in answer ? answer.failed : [];
  }

  /** Tells once a channel that claims came which don't count. */
  #doubts(channel: Channel): WatchEvent[] {
    if (this.#doubted.has(channel)) return [];
    for (const tracked of this.#machines.undecided) {
      const { reading, machine } = tracked;
      // Claims that came since `#prove` may be true ones.
      const [says] = reading === undefined ? [] : sayingsOf(claimsOf(channel, tracked), reading);
      if (says === undefined) continue;
      this.#doubted.add(channel);
      const text = `A ${channel.noun} of ${machine.instanceId} (${says}) has a wrong MAC: ignored, as are others like it`;
      return [this.#notices.say(text)];
    }
    return [];
  }

  #decide(tracked: Tracked, told: Verdict, from: SideBySide): WatchEvent[] {
    if (tracked.verdict !== undefined) return [];
    const others = this.#channels.filter(({ looks }) => looks !== from);
    if (!others.every(({ channel }) => channel.allows?.(tracked, told) ?? true)) return [];
    const verdict = heldToBudget(told, this.#plan.budget);
    const { machine } = tracked;
    tracked.verdict = verdict;
    this.tags.add(machine, verdict.outcome);
    for (const { channel } of this.#channels) channel.decided?.(tracked, verdict);
    return [{ type: 'verdict', at: this.#plan.clock.now(), machine, verdict }];
  }

  /** Finds out whether it is all over. */
  #end(): WatchEvent[] {
    const { sent, clock, visibleMs, launch } = this.#plan;
    const { done, launched = 1 } = sent();
    const { undecided, size, trouble } = this.#machines;
    if (!done || undecided.length > 0) return [];
    if (launched <= size) {
      this.#finished = true;
      return [];
    }
    if (clock.monotonic() - this.#since < visibleMs) return [];
    if (size === 0 && trouble !== undefined) throw trouble;
    this.#finished = true;
    const text =
      size === 0
        ? `EC2 describes no machine of launch ${launch}`
        : `EC2 describes ${size} of the ${launched} machines of launch ${launch}; no others appeared`;
    return [this.#notices.say(text)];
  }
}

const claimsOf = (channel: Channel, { machine }: Tracked) => channel.claims?.(machine.instanceId) ?? [];
