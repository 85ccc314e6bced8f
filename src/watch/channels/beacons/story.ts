/** What a machine put into the bucket beside its verdict: its boot log, and the markers inside its beacon. */
import type { Clock } from '../../../clock.ts';
import { RolecallError } from '../../../errors.ts';
import type { InstanceId, Machine } from '../../../model.ts';
import { withClaims } from '../../claims.ts';
import { type Facts, NO_FACTS, type Reading } from '../../facts.ts';
import { type Judgement, judge } from '../../judge.ts';
import type { BeaconStore } from '../../options.ts';
import { readLine } from '../../read-line.ts';
import { sceneOf } from '../../scene.ts';
import type { Verdict } from '../../verdict.ts';
import { consolePart, findLog } from './boot-log.ts';
import type { Beacon } from './listing.ts';

const LOG_EVERY_MS = 1_000;

/** What is known of a machine whose story is asked for. */
interface Told {
  readonly machine: Machine;
  readonly reading: Reading;
  readonly facts: Facts;
  /** Proved. */
  readonly beacons: readonly Beacon[];
}

export class Story {
  readonly #store: BeaconStore;
  readonly #clock: Clock;
  readonly #logAskedAt = new Map<InstanceId, number>();

  constructor(store: BeaconStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The failure that the run's boot log tells, its markers proved as on a console. */
  async logged({ machine, reading, facts }: Told): Promise<Verdict | undefined> {
    const { instanceId } = machine;
    const run = runOf(facts);
    const now = this.#clock.monotonic();
    const askedAt = this.#logAskedAt.get(instanceId) ?? Number.NEGATIVE_INFINITY;
    if (run === undefined || now - askedAt < LOG_EVERY_MS) return undefined;
    this.#logAskedAt.set(instanceId, now);
    const log = await unlessRefused(async () => (await findLog(this.#store, reading, run)).log?.text);
    if (log === undefined) return undefined;
    const judgement = this.#judge(linesOf(consolePart(log), reading), machine);
    const failed = judgement.kind === 'decided' && judgement.verdict.outcome === 'failed';
    return failed ? judgement.verdict : undefined;
  }

  /** The failure where neither console nor boot log have told why. */
  async failure(told: Told): Promise<Verdict | undefined> {
    const verdict = await this.inside(told);
    if (verdict?.outcome !== 'failed') return undefined;
    const reason = 'its beacon says so; neither its console nor a boot log has told why';
    return { ...verdict, failure: { ...verdict.failure, reason } };
  }

  /** Judges with the markers inside the beacon, which tell the steps. */
  async inside({ machine, reading, facts, beacons }: Told): Promise<Verdict | undefined> {
    const run = runOf(facts);
    const beacon = beacons.find(({ marker }) => marker.run === run);
    const text = beacon && (await unlessRefused(async () => (await this.#store.readText(beacon.key))?.text));
    const more = beacon === undefined ? [] : insideOf(beacon, text ?? '', reading);
    const judgement = this.#judge(withClaims(facts, more), machine);
    return judgement.kind === 'open' ? undefined : judgement.verdict;
  }

  #judge(facts: Facts, { launchedAt }: Machine): Judgement {
    return judge(facts, { launchedAt, now: this.#clock.now() });
  }
}

const runOf = ({ entries }: Facts): string | undefined => sceneOf(entries).run.at(-1)?.run;

/** @returns undefined where the bucket doesn't give it. @throws what is a defect */
async function unlessRefused<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RolecallError) return undefined;
    throw error;
  }
}

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
