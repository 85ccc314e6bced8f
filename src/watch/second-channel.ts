/** What beacons mean for the verdicts: which machines' consoles are still needed, and what a beacon decides. */
import type { Clock } from '../io/clock.ts';
import type { InstanceId, LaunchId } from '../nouns.ts';
import { type BeaconStore, Beacons, textOf } from './beacons.ts';
import type { WatchEvent } from './events.ts';
import { type Facts, NO_FACTS, type Reading, readLine } from './facts.ts';
import { currentRun, firstError, judge, stepsOf } from './judge.ts';
import type { Notices } from './notices.ts';
import { factsNow, isOver, type Limits, type Tracked } from './tracked.ts';
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
  readonly #launch: LaunchId;
  readonly #clock: Clock;
  readonly #notices: Notices;
  readonly #tickMs: number;
  readonly #logAskedAt = new Map<InstanceId, number>();
  #sizes = { present: 0, fleet: 0 };
  /** From running to its beacon, of the slowest machine that sent one, milliseconds. */
  #slowestMs = 0;
  /** When a console first told a verdict of which no beacon had come. */
  #missedSince: number | undefined;
  #mute = false;

  constructor(
    store: BeaconStore,
    launch: LaunchId,
    tools: { readonly clock: Clock; readonly notices: Notices; readonly tickMs: number },
  ) {
    this.#store = store;
    this.#launch = launch;
    this.#clock = tools.clock;
    this.#notices = tools.notices;
    this.#tickMs = tools.tickMs;
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

  /** Those whose consoles are needed: few machines', failed and late ones', and all where beacons don't come. */
  needing(undecided: readonly Tracked[], limits: Limits): Tracked[] {
    if (this.#isFew || this.#mute || this.#beacons.troubled) return [...undecided];
    const now = this.#clock.monotonic();
    return undecided.filter((tracked, index) => {
      if (tracked.finalSince !== undefined || isOver(tracked, now, limits) !== undefined) return true;
      const beacon = this.#beacons.of(tracked.machine.instanceId);
      if (beacon !== undefined) return !beacon.ok;
      if (now - tracked.readAt < SAMPLE_EVERY_MS) return false;
      if (this.#beacons.count === 0) return index < SAMPLES;
      const ranMs = now - (tracked.runningSince ?? now);
      return this.#beacons.count * 2 > this.#sizes.present && ranMs > 2 * this.#slowestMs + SAMPLE_EVERY_MS;
    });
  }

  /**
   * Weighs what the console alone would decide.
   * @returns undefined where the beacons know better, or have to be asked first
   */
  weigh(tracked: Tracked, verdict: Verdict | undefined): Verdict | undefined {
    if (verdict === undefined) return undefined;
    const now = this.#clock.monotonic();
    const beacon = this.#beacons.of(tracked.machine.instanceId);
    if (verdict.outcome === 'failed') return verdict;
    if (verdict.outcome === 'succeeded') {
      if (this.#beacons.count === 0) this.#missedSince ??= now;
      return beacon?.ok === false ? undefined : verdict;
    }
    if (beacon !== undefined) return undefined;
    const { finalSince = now } = tracked;
    const asked = this.#beacons.troubled || this.#beacons.listedAt >= finalSince;
    return asked || now - finalSince >= LAST_LISTING_MS ? verdict : undefined;
  }

  /** What people should know of the channel. */
  news(): WatchEvent[] {
    const events = this.#beacons.news();
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

  /** The verdict that a machine's beacon decides by now, if it does. */
  async verdict(tracked: Tracked, reading: Reading): Promise<Verdict | undefined> {
    const { machine, runningSince } = tracked;
    const beacon = this.#beacons.of(machine.instanceId);
    if (beacon === undefined) return undefined;
    const now = this.#clock.monotonic();
    const waitedMs = now - beacon.seenAt;
    this.#slowestMs = Math.max(this.#slowestMs, beacon.seenAt - (runningSince ?? beacon.seenAt));
    const facts = factsNow(tracked, reading, now);
    const bootMs = Math.max(0, beacon.at - machine.launchedAt);
    if (beacon.ok) {
      // A step that the console calls failed beats it, once it is told.
      const heard = !this.#isFew || tracked.readAt > beacon.seenAt || waitedMs >= STEPS_MS;
      if (!heard || tracked.leaningSince !== undefined) return undefined;
      return { outcome: 'succeeded', bootMs, steps: stepsOf(currentRun(facts.markers)) };
    }
    const logged = failedIn(await this.#log(machine.instanceId, now), tracked, reading, this.#clock.now());
    if (logged !== undefined) return logged;
    if (waitedMs < REASON_MS) return undefined;
    return this.#fromKey(tracked, facts, reading, bootMs);
  }

  /** The part of a machine's boot log that was on its console too. */
  async #log(id: InstanceId, now: number): Promise<string> {
    if (now - (this.#logAskedAt.get(id) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return '';
    this.#logAskedAt.set(id, now);
    const text = (await textOf(this.#store, `logs/${this.#launch}/${id}`)) ?? '';
    const next = text.indexOf('\n==> /');
    return next < 0 ? text : text.slice(0, next);
  }

  /** Neither console nor boot log have told why: the beacon's own markers have at least the status. */
  async #fromKey(tracked: Tracked, facts: Facts, reading: Reading, bootMs: number): Promise<Verdict> {
    const beacon = this.#beacons.of(tracked.machine.instanceId);
    const inside = linesOf((await textOf(this.#store, beacon?.key ?? '')) ?? '', reading);
    const run = currentRun(inside.markers.length > 0 ? inside.markers : facts.markers);
    const last = run.find(({ event }) => event.type === 'verdict' && !event.ok)?.event;
    const error = firstError(facts.tail);
    return {
      outcome: 'failed',
      bootMs,
      steps: stepsOf(run),
      failure: {
        step: beacon?.step ?? '',
        status: last?.type === 'verdict' ? last.status : 1,
        ...(error !== undefined && { firstError: error }),
        excerpt: facts.tail,
        reason: 'its beacon says so; neither its console nor a boot log has told why',
      },
    };
  }
}

const linesOf = (text: string, reading: Reading): Facts =>
  text
    .split(/[\r\n]/)
    .reduce((facts, line) => readLine(facts, line, { cut: false, older: false }, reading), NO_FACTS);

/** The failure that a boot log tells, proved as on a console. */
function failedIn(log: string, { machine }: Tracked, reading: Reading, now: number): Verdict | undefined {
  if (log === '') return undefined;
  const judgement = judge(linesOf(log, reading), { launchedAt: machine.launchedAt, now });
  return judgement.kind === 'decided' && judgement.verdict.outcome === 'failed'
    ? judgement.verdict
    : undefined;
}
