/** Beacons: which machines' consoles are still needed beside them, and what a machine's beacons decide. */
import type { InstanceId } from '../../../model.ts';
import { withClaims } from '../../claims.ts';
import type { WatchEvent } from '../../events.ts';
import { judge } from '../../judge.ts';
import type { BeaconStore } from '../../options.ts';
import { sceneOf } from '../../scene.ts';
import { factsAtEnd, factsNow, isOver, type Tracked } from '../../tracked.ts';
import type { Verdict } from '../../verdict.ts';
import type { Channel, OpenChannel, Round, Tools } from '../channel.ts';
import { type Beacon, Listing } from './listing.ts';
import { Story } from './story.ts';

/** Consoles of so many machines cost little, and tell step by step how they boot: they are read beside the beacons. */
const FEW = 20;
/** With more machines, beacons are listed once in so many ticks for each page that the listing has. */
const TICKS_A_LISTING = 2;
const PAGE = 1_000;
/** Until a first beacon comes, the consoles of so many show whether it should have. */
const SAMPLES = 5;
const SAMPLE_EVERY_MS = 10_000;
/** So long after a machine's console told its verdict, its beacon should be there. */
const MUTE_MS = 10_000;
/** After an ok the console is given so long to tell the steps, or to contradict. */
const STEPS_MS = 2_000;
/** After a failed so long to tell why, as is the boot log. */
const REASON_MS = 10_000;
/** A listing may fail at the end; then what the console tells must do. */
const LAST_LISTING_MS = 30_000;

/** Patterns judge consoles, so beside them beacons are not looked at. */
export const openBeacons: OpenChannel = (tools) => {
  const { beacons, success, failure } = tools;
  if (beacons === undefined || success !== undefined || failure !== undefined) return undefined;
  return new Beacons(beacons, tools);
};

class Beacons implements Channel {
  readonly noun = 'beacon';
  readonly #tools: Tools;
  readonly #listing: Listing;
  readonly #story: Story;
  /** At the beginning of the round. `present`: machines that there are; `fleet`: with those to come. */
  #sizes = { present: 0, fleet: 0 };
  /** From running to its beacon, of the slowest machine that sent one, milliseconds. */
  #slowestMs = 0;
  /** When a console first told a verdict of which no beacon had come. */
  #missedSince: number | undefined;
  #mute = false;

  constructor(store: BeaconStore, tools: Tools) {
    this.#tools = tools;
    this.#listing = new Listing(store, tools);
    this.#story = new Story(store, tools.clock);
  }

  get #now(): number {
    return this.#tools.clock.monotonic();
  }

  get #isFew(): boolean {
    return this.#sizes.fleet <= FEW;
  }

  /** Lists the beacons where that is due. */
  begin(undecided: readonly Tracked[]): void {
    const { size, fleet } = this.#tools.machines;
    this.#sizes = { present: size, fleet };
    if (undecided.every(({ machine }) => machine.state === 'pending')) return;
    const pages = Math.floor(this.#listing.count / PAGE) + 1;
    this.#listing.ask(this.#tools.tickMs * (this.#isFew ? 1 : TICKS_A_LISTING * pages));
  }

  claims(id: InstanceId): readonly Beacon[] {
    return this.#listing.of(id);
  }

  /** Few machines, failed and late ones, and all where beacons don't come. */
  uncovered(undecided: readonly Tracked[]): readonly Tracked[] {
    if (this.#isFew || this.#mute || this.#listing.troubled) return undecided;
    const now = this.#now;
    const { count } = this.#listing;
    return undecided.filter((tracked, index) => {
      if (tracked.finalSince !== undefined || isOver(tracked, now, this.#tools.limits) !== undefined)
        return true;
      if (this.#proved(tracked).length > 0) return outcomeOf(tracked) !== 'succeeded';
      if (now - tracked.readAt < SAMPLE_EVERY_MS) return false;
      if (count === 0) return index < SAMPLES;
      const ranMs = now - (tracked.runningSince ?? now);
      return count * 2 > this.#sizes.present && ranMs > 2 * this.#slowestMs + SAMPLE_EVERY_MS;
    });
  }

  /** What beacons alone tell, this channel decides; and silence is none before a listing was made at the end. */
  allows(tracked: Tracked, verdict: Verdict): boolean {
    const now = this.#now;
    if (verdict.outcome === 'failed' || verdict.outcome === 'succeeded') {
      if (!this.#othersSay(tracked, verdict)) return false;
      if (verdict.outcome === 'succeeded' && this.#listing.count === 0) this.#missedSince ??= now;
      return true;
    }
    const { finalSince = now } = tracked;
    const asked = this.#listing.troubled || this.#listing.listedAt >= finalSince;
    return asked || now - finalSince >= LAST_LISTING_MS;
  }

  news(): readonly WatchEvent[] {
    const events = this.#listing.news();
    const now = this.#now;
    if (this.#listing.count > 0) {
      this.#missedSince = undefined;
      this.#mute = false;
    }
    if (this.#mute || this.#listing.troubled || now - (this.#missedSince ?? now) < MUTE_MS) return events;
    this.#mute = true;
    if (this.#isFew) return events;
    const text =
      'No beacons come from machines that have booted (have they a way to S3?): reading all consoles';
    return [...events, this.#tools.notices.say(text)];
  }

  async read({ undecided }: Round): Promise<readonly WatchEvent[]> {
    for (const tracked of undecided) {
      const beacons = this.#proved(tracked);
      if (beacons.length === 0) continue;
      this.#tools.looks.start(tracked.machine.instanceId, async () => {
        const verdict = await this.#verdict(tracked, beacons);
        return verdict === undefined ? [] : this.#tools.decide(tracked, verdict);
      });
    }
    return [];
  }

  #proved({ machine, claims }: Tracked): readonly Beacon[] {
    return claims.length === 0
      ? []
      : this.#listing.of(machine.instanceId).filter((one) => claims.includes(one));
  }

  /** The verdict that a machine's beacons decide by now, if they do. */
  async #verdict(tracked: Tracked, beacons: readonly Beacon[]): Promise<Verdict | undefined> {
    const { runningSince, machine } = tracked;
    const now = this.#now;
    const seenAt = Math.max(...beacons.map((beacon) => beacon.seenAt));
    this.#slowestMs = Math.max(this.#slowestMs, seenAt - (runningSince ?? seenAt));
    const reading = this.#tools.readings.of(tracked);
    const facts = factsNow(tracked, reading, now);
    const judgement = judge(facts, { launchedAt: machine.launchedAt, now: this.#tools.clock.now() });
    if (judgement.kind !== 'decided') return undefined;
    const { verdict } = judgement;
    const told = { machine, reading, facts, beacons };
    if (verdict.outcome !== 'succeeded')
      return (
        (await this.#story.logged(told)) ?? (now - seenAt < REASON_MS ? undefined : this.#story.failure(told))
      );
    // Few machines' consoles are read anyhow: they may tell the steps, or a failure.
    if (this.#isFew && this.#othersSay(tracked, verdict)) return undefined;
    const heard = !this.#isFew || tracked.readAt > seenAt || this.#now - seenAt >= STEPS_MS;
    if (!heard || tracked.leaningSince !== undefined) return undefined;
    const { run } = sceneOf(facts.entries);
    // All markers of a run are there, from its first to its newest: SEQ counts them from 1.
    if (!this.#tools.everyStep || run.length === run.at(-1)?.seq) return verdict;
    return (await this.#story.inside(told)) ?? verdict;
  }

  /** Whether what the other channels tell says so, too. */
  #othersSay(tracked: Tracked, { outcome }: Verdict): boolean {
    const beacons = this.#proved(tracked);
    if (beacons.length === 0) return true;
    const others = tracked.claims.filter((claim) => !beacons.some((beacon) => beacon === claim));
    const { launchedAt } = tracked.machine;
    const facts = factsAtEnd({ ...tracked, claims: others }, this.#tools.readings.of(tracked));
    const judgement = judge(facts, { launchedAt, now: launchedAt });
    return judgement.kind !== 'open' && judgement.verdict.outcome === outcome;
  }
}

/** What is known of a machine by now, without the last line that its console shows unended. */
function outcomeOf({ text, claims, machine }: Tracked): Verdict['outcome'] | undefined {
  const times = { launchedAt: machine.launchedAt, now: machine.launchedAt };
  const judgement = judge(withClaims(text.facts, claims), times);
  return judgement.kind === 'decided' ? judgement.verdict.outcome : undefined;
}
