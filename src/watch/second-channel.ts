/** What beacons mean for the verdicts: which machines' consoles are still needed, and what a beacon decides. */

import type { Clock } from '../clock.ts';
import { RolecallError } from '../errors.ts';
import type { InstanceId, LaunchId } from '../model.ts';
import {
  type Beacon,
  type BeaconStore,
  Beacons,
  MOST_SHOWN,
  provedOf,
  sayingOf,
  textOf,
  withBeacons,
} from './beacons.ts';
import { consolePart, findLog } from './boot-log.ts';
import type { WatchEvent } from './events.ts';
import { type Facts, NO_FACTS, type Reading, readLine } from './facts.ts';
import { judge } from './judge.ts';
import { isTrue, type Marker } from './markers.ts';
import type { Notices } from './notices.ts';
import { sceneOf } from './scene.ts';
import { factsAtEnd, factsNow, isOver, type Limits, type Tracked } from './tracked.ts';
import type { Verdict } from './verdict.ts';

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
const LOG_EVERY_MS = 1_000;
/** A listing may fail at the end; then what the console tells must do. */
const LAST_LISTING_MS = 30_000;

export class SecondChannel {
  readonly #beacons: Beacons;
  readonly #store: BeaconStore;
  readonly #clock: Clock;
  readonly #notices: Notices;
  readonly #tickMs: number;
  readonly #everyStep: boolean;
  readonly #logAskedAt = new Map<InstanceId, number>();
  #sizes = { present: 0, fleet: 0 };
  /** From running to its beacon, of the slowest machine that sent one, milliseconds. */
  #slowestMs = 0;
  /** When a console first told a verdict of which no beacon had come. */
  #missedSince: number | undefined;
  #mute = false;
  /** What was told of beacons that don't count. */
  readonly #shown = new Set<'unproved' | 'strange'>();

  constructor(
    store: BeaconStore,
    launch: LaunchId,
    tools: {
      readonly clock: Clock;
      readonly notices: Notices;
      readonly tickMs: number;
      readonly everyStep: boolean;
    },
  ) {
    this.#store = store;
    this.#clock = tools.clock;
    this.#notices = tools.notices;
    this.#tickMs = tools.tickMs;
    this.#everyStep = tools.everyStep;
    this.#beacons = new Beacons(store, launch, tools.clock, tools.notices);
  }

  /**
   * Begins a tick: lists the beacons where that is due.
   * @param sizes `present`: machines that there are; `fleet`: with those to come
   */
  ask(sizes: { readonly present: number; readonly fleet: number }, undecided: readonly Tracked[]): void {
    this.#sizes = sizes;
    if (undecided.every(({ machine }) => machine.state === 'pending')) return;
    const pages = Math.floor(this.#beacons.count / PAGE) + 1;
    this.#beacons.ask(this.#tickMs * (this.#isFew ? 1 : TICKS_A_LISTING * pages));
  }

  get #isFew(): boolean {
    return this.#sizes.fleet <= FEW;
  }

  /** Machines of which something has come, so that their nonces are needed. */
  heardOf(undecided: readonly Tracked[]): Tracked[] {
    return undecided.filter(({ machine }) => this.#beacons.of(machine.instanceId).length > 0);
  }

  /** Notes the beacons of a machine that its nonce proves. */
  hear(tracked: Tracked, reading: Reading): void {
    tracked.beacons = provedOf(this.#beacons.of(tracked.machine.instanceId), reading);
  }

  /** What a machine's beacons say that nothing proves, in the keys' own words: shown, never counted. */
  unproved({ machine, reading }: Tracked): string[] {
    // A listing that was answered since `hear` may have brought true ones.
    const others = this.#beacons
      .of(machine.instanceId)
      .filter(({ marker }) => reading === undefined || !isTrue(marker, reading));
    return [...new Set(others.map(({ marker }) => sayingOf(marker)))].slice(0, MOST_SHOWN);
  }

  /** Those whose consoles are needed: few machines', failed and late ones', and all where beacons don't come. */
  needing(undecided: readonly Tracked[], limits: Limits): Tracked[] {
    if (this.#isFew || this.#mute || this.#beacons.troubled) return [...undecided];
    const now = this.#clock.monotonic();
    return undecided.filter((tracked, index) => {
      if (tracked.finalSince !== undefined || isOver(tracked, now, limits) !== undefined) return true;
      if (tracked.beacons.length > 0) return ofBeacons(tracked)?.outcome !== 'succeeded';
      if (now - tracked.readAt < SAMPLE_EVERY_MS) return false;
      if (this.#beacons.count === 0) return index < SAMPLES;
      const ranMs = now - (tracked.runningSince ?? now);
      return this.#beacons.count * 2 > this.#sizes.present && ranMs > 2 * this.#slowestMs + SAMPLE_EVERY_MS;
    });
  }

  /**
   * Weighs what console and beacons together would decide.
   * @returns undefined where only beacons say so (see `verdict`), or where they have to be asked first
   */
  weigh(tracked: Tracked, verdict: Verdict | undefined, reading: Reading): Verdict | undefined {
    if (verdict === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (verdict.outcome === 'failed' || verdict.outcome === 'succeeded') {
      if (!saysItself(tracked, verdict, reading)) return undefined;
      if (verdict.outcome === 'succeeded' && this.#beacons.count === 0) this.#missedSince ??= now;
      return verdict;
    }
    const { finalSince = now } = tracked;
    const asked = this.#beacons.troubled || this.#beacons.listedAt >= finalSince;
    return asked || now - finalSince >= LAST_LISTING_MS ? verdict : undefined;
  }

  /** What people should know of the channel. */
  news(undecided: readonly Tracked[]): WatchEvent[] {
    const events = [...this.#beacons.news(), ...this.#disbelieved(undecided)];
    if (this.#beacons.count > 0) {
      this.#missedSince = undefined;
      this.#mute = false;
    }
    const missedMs = this.#clock.monotonic() - (this.#missedSince ?? this.#clock.monotonic());
    if (this.#mute || this.#beacons.troubled || missedMs < MUTE_MS) return events;
    this.#mute = true;
    if (this.#isFew) return events;
    const text =
      'No beacons come from machines that have booted (have they a way to S3?): reading all consoles';
    return [...events, this.#notices.say(text)];
  }

  /** Tells once that beacons came which don't count. */
  #disbelieved(undecided: readonly Tracked[]): WatchEvent[] {
    const known = undecided.filter(({ reading }) => reading !== undefined);
    const one = known.find((tracked) => this.unproved(tracked).length > 0);
    const { strange } = this.#beacons;
    return [
      ...(one === undefined ? [] : this.#once('unproved', unprovedText(one, this.unproved(one)))),
      ...(strange === 0 ? [] : this.#once('strange', strangeText(strange))),
    ];
  }

  #once(what: 'unproved' | 'strange', text: string): WatchEvent[] {
    if (this.#shown.has(what)) return [];
    this.#shown.add(what);
    return [this.#notices.say(text)];
  }

  /** The verdict that a machine's beacons decide by now, if they do. */
  async verdict(tracked: Tracked, reading: Reading): Promise<Verdict | undefined> {
    const { runningSince, beacons, machine } = tracked;
    if (beacons.length === 0) return undefined;
    const now = this.#clock.monotonic();
    const seenAt = Math.max(...beacons.map((beacon) => beacon.seenAt));
    this.#slowestMs = Math.max(this.#slowestMs, seenAt - (runningSince ?? seenAt));
    const facts = factsNow(tracked, reading, now);
    const judgement = judge(facts, { launchedAt: machine.launchedAt, now: this.#clock.now() });
    if (judgement.kind !== 'decided') return undefined;
    const { verdict } = judgement;
    if (verdict.outcome === 'succeeded') return await this.#success(tracked, verdict, facts, reading, seenAt);
    const run = sceneOf(facts.entries).run.at(-1)?.run;
    const logged = await this.#logged(tracked, reading, run, now);
    if (logged !== undefined || now - seenAt < REASON_MS) return logged;
    return this.#fromBeacon(tracked, facts, reading);
  }

  /** A success that its beacons tell; undefined while its console may tell more, or has told it. */
  async #success(
    tracked: Tracked,
    verdict: Verdict,
    facts: Facts,
    reading: Reading,
    seenAt: number,
  ): Promise<Verdict | undefined> {
    // Few machines' consoles are read anyhow: they may tell the steps, or a failure.
    if (this.#isFew && saysItself(tracked, verdict, reading)) return undefined;
    const heard = !this.#isFew || tracked.readAt > seenAt || this.#clock.monotonic() - seenAt >= STEPS_MS;
    if (!heard || tracked.leaningSince !== undefined) return undefined;
    if (!this.#everyStep || isWhole(sceneOf(facts.entries).run)) return verdict;
    return (await this.#judgedInside(tracked, facts, reading)) ?? verdict;
  }

  /** The failure that the run's boot log tells, its markers proved as on a console. */
  async #logged(tracked: Tracked, reading: Reading, run: string | undefined, now: number) {
    const { instanceId, launchedAt } = tracked.machine;
    if (
      run === undefined ||
      now - (this.#logAskedAt.get(instanceId) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS
    )
      return undefined;
    this.#logAskedAt.set(instanceId, now);
    const log = await this.#readLog(reading, run);
    if (log === undefined) return undefined;
    const judgement = judge(linesOf(consolePart(log), reading), { launchedAt, now: this.#clock.now() });
    const failed = judgement.kind === 'decided' && judgement.verdict.outcome === 'failed';
    return failed ? judgement.verdict : undefined;
  }

  async #readLog(reading: Reading, run: string): Promise<string | undefined> {
    try {
      return (await findLog(this.#store, reading, run)).log?.text;
    } catch (error) {
      if (error instanceof RolecallError) return undefined;
      throw error;
    }
  }

  /** Neither console nor boot log have told why: the markers inside the beacon tell the steps. */
  async #fromBeacon(tracked: Tracked, facts: Facts, reading: Reading): Promise<Verdict | undefined> {
    const verdict = await this.#judgedInside(tracked, facts, reading);
    if (verdict?.outcome !== 'failed') return undefined;
    const reason = 'its beacon says so; neither its console nor a boot log has told why';
    return { ...verdict, failure: { ...verdict.failure, reason } };
  }

  /** Judges with the markers inside the beacon, which tell the steps. */
  async #judgedInside(tracked: Tracked, facts: Facts, reading: Reading): Promise<Verdict | undefined> {
    const run = sceneOf(facts.entries).run.at(-1)?.run;
    const beacon = tracked.beacons.find(({ marker }) => marker.run === run);
    const inside = beacon === undefined ? undefined : await textOf(this.#store, beacon.key);
    const told = beacon === undefined ? facts : withBeacons(facts, insideOf(beacon, inside ?? '', reading));
    const times = { launchedAt: tracked.machine.launchedAt, now: this.#clock.now() };
    const judgement = judge(told, times);
    return judgement.kind === 'open' ? undefined : judgement.verdict;
  }
}

/** Whether all markers of a run are there, from its first to its newest: SEQ counts them from 1. */
const isWhole = (run: readonly Marker[]): boolean => run.length === run.at(-1)?.seq;

/** The true markers inside a beacon. */
const insideOf = (beacon: Beacon, text: string, reading: Reading): Beacon[] =>
  linesOf(text, reading).entries.flatMap((entry) =>
    entry.type === 'marker' && entry.marker.run === beacon.marker.run
      ? [{ ...beacon, marker: entry.marker }]
      : [],
  );

const linesOf = (text: string, reading: Reading): Facts =>
  text
    .split(/[\r\n]/)
    .reduce((facts, line) => readLine(facts, line, { cut: false, takenAt: 0 }, reading), NO_FACTS);

/** What a machine's beacons and what was read of its console decide together. */
function ofBeacons({ console, beacons, machine }: Tracked): Verdict | undefined {
  const times = { launchedAt: machine.launchedAt, now: machine.launchedAt };
  const judgement = judge(withBeacons(console.facts, beacons), times);
  return judgement.kind === 'decided' ? judgement.verdict : undefined;
}

/** Whether the console alone says so, too. */
function saysItself(tracked: Tracked, { outcome }: Verdict, reading: Reading): boolean {
  if (tracked.beacons.length === 0) return true;
  const { launchedAt } = tracked.machine;
  const judgement = judge(factsAtEnd({ ...tracked, beacons: [] }, reading), { launchedAt, now: launchedAt });
  return judgement.kind !== 'open' && judgement.verdict.outcome === outcome;
}

const unprovedText = ({ machine }: Tracked, says: readonly string[]): string =>
  `A beacon of ${machine.instanceId} (${says[0]}) has a wrong MAC: ignored, as are others like it`;

const strangeText = (count: number): string =>
  `${count === 1 ? '1 object' : `${count} objects`} among the beacons with a key of another shape: ignored (an AMI with the bootstrapper of another rolecall?)`;
