/** The second channel: what machines tell through the launch's bucket, where one LIST shows a thousand of them. */
import type { Bucket } from '../aws/ports.ts';
import type { Clock } from '../clock.ts';
import { RolecallError } from '../errors.ts';
import type { InstanceId, LaunchId } from '../model.ts';
import type { WatchEvent } from './events.ts';
import { type Entry, type Facts, withMarker } from './facts.ts';
import { readVerdictKey, verdictsPrefix } from './keys.ts';
import { isTrue, type Marker, type Trust } from './markers.ts';
import type { Notices } from './notices.ts';

/** As much of a bucket as beacons and boot logs need; one that doesn't wait trouble out. */
export type BeaconStore = Pick<Bucket, 'list' | 'readText' | 'read'>;

/** A machine's verdict marker as the key of its beacon holds it; whether it is true is another question. */
export interface Beacon {
  readonly marker: Marker;
  readonly key: string;
  /** When S3 took it, epoch milliseconds, cut to the second. */
  readonly at: number;
  /** When it was first listed, milliseconds by the watcher's monotonic clock. */
  readonly seenAt: number;
}

/** A machine sends one a run; whoever has its form could send more. */
const MOST_A_MACHINE = 64;
/** After trouble with the bucket it is asked again so much later. */
const TROUBLED_MS = 10_000;

export class Beacons {
  readonly #store: BeaconStore;
  readonly #launch: LaunchId;
  readonly #clock: Clock;
  readonly #notices: Notices;
  /** By machine and key. */
  readonly #told = new Map<InstanceId, Map<string, Beacon>>();
  #strange = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #listing = false;
  #listedAt = Number.NEGATIVE_INFINITY;
  #trouble = false;
  readonly #news: WatchEvent[] = [];
  #defect: unknown;

  constructor(store: BeaconStore, launch: LaunchId, clock: Clock, notices: Notices) {
    this.#store = store;
    this.#launch = launch;
    this.#clock = clock;
    this.#notices = notices;
  }

  /** The bucket could not be read when it was last asked: the consoles are all there is. */
  get troubled(): boolean {
    return this.#trouble;
  }

  /** How many machines have told a verdict. */
  get count(): number {
    return this.#told.size;
  }

  /** When the newest listing that was answered was asked for, milliseconds by the monotonic clock. */
  get listedAt(): number {
    return this.#listedAt;
  }

  /** Objects where verdicts lie whose keys are none: those of a script of another version, perhaps. */
  get strange(): number {
    return this.#strange;
  }

  /** What has come for a machine, proved or not. */
  of(id: InstanceId): readonly Beacon[] {
    return [...(this.#told.get(id)?.values() ?? [])];
  }

  /** Lists the verdicts, unless that is under way or was done less than `everyMs` ago. Nobody waits for the answer. */
  ask(everyMs: number): void {
    const now = this.#clock.monotonic();
    const pause = this.#trouble ? TROUBLED_MS : everyMs;
    if (this.#listing || now - this.#askedAt < pause) return;
    this.#listing = true;
    this.#askedAt = now;
    void this.#list(now);
  }

  /** What people should know of the channel, since this was last asked. */
  news(): WatchEvent[] {
    if (this.#defect !== undefined) throw this.#defect;
    return this.#news.splice(0);
  }

  async #list(askedAt: number): Promise<void> {
    try {
      const objects = await this.#store.list(verdictsPrefix(this.#launch));
      this.#strange = objects.filter(({ key, modifiedAt }) => !this.#hear(key, modifiedAt)).length;
      this.#listedAt = askedAt;
      if (this.#trouble) this.#news.push(this.#notices.say('The beacons can be read again'));
      this.#trouble = false;
    } catch (error) {
      if (!(error instanceof RolecallError)) this.#defect = error;
      else if (!this.#trouble)
        this.#news.push(
          this.#notices.say(`The beacons can't be read, only the consoles are: ${error.message}`),
        );
      this.#trouble = true;
    } finally {
      this.#listing = false;
    }
  }

  /** @returns whether the key is a verdict's */
  #hear(key: string, at: number): boolean {
    const told = readVerdictKey(key, this.#launch);
    if (told === undefined) return false;
    const known = this.#told.get(told.instanceId) ?? new Map<string, Beacon>();
    this.#told.set(told.instanceId, known);
    if (!known.has(key) && known.size < MOST_A_MACHINE)
      known.set(key, { marker: told.marker, key, at, seenAt: this.#clock.monotonic() });
    return true;
  }
}

/** Returns the beacons whose markers are true, proved as a console's. */
export const provedOf = (beacons: readonly Beacon[], trust: Trust): readonly Beacon[] =>
  beacons.filter(({ marker }) => isTrue(marker, trust));

/** S3 tells the second in which it took an object. */
const SECOND_MS = 999;

/**
 * Puts proved beacons among what the console told. A beacon's marker belongs to its run. A run that the console doesn't
 * show is later than those that it shows, if S3 took its beacon after the console first showed the last of them: the
 * machine prints its verdict before it sends it. Otherwise the console has lost it, and it is earlier. Runs that only
 * beacons tell of stand in S3's order, within one second failed behind ok.
 */
export function withBeacons(facts: Facts, beacons: readonly Beacon[]): Facts {
  if (beacons.length === 0) return facts;
  const shown = new Map<string, number>();
  for (const entry of facts.entries)
    if (entry.type === 'marker' && !shown.has(entry.marker.run)) shown.set(entry.marker.run, entry.takenAt);
  const since = [...shown.values()].at(-1) ?? 0;
  const sorted = [...beacons].sort((a, b) => a.at - b.at || badness(a) - badness(b));
  const alone = sorted.filter(({ marker }) => !shown.has(marker.run));
  const isLater = ({ at }: Beacon) => at + SECOND_MS >= since;
  const entries = [
    ...alone.filter((beacon) => !isLater(beacon)).map(entryOf),
    ...sorted.filter(({ marker }) => shown.has(marker.run)).reduce(intoRun, facts.entries),
    ...alone.filter(isLater).map(entryOf),
  ];
  return { ...facts, entries };
}

const badness = ({ marker: { event } }: Beacon): number => (event.type === 'verdict' && event.ok ? 0 : 1);

const entryOf = ({ marker, at }: Beacon): Extract<Entry, { type: 'marker' }> => ({
  type: 'marker',
  marker,
  takenAt: at,
});

/** Behind the last marker of its run that the console shows. */
function intoRun(entries: readonly Entry[], beacon: Beacon): readonly Entry[] {
  const last = entries.findLastIndex(
    (entry) => entry.type === 'marker' && entry.marker.run === beacon.marker.run,
  );
  return [...withMarker(entries.slice(0, last + 1), entryOf(beacon)), ...entries.slice(last + 1)];
}

/**
 * Lists what the beacons of a launch say, by machine, in the keys' own words. Nothing proves them.
 * @throws RolecallError where the bucket can't be read
 */
export async function unprovedBeacons(
  store: BeaconStore | undefined,
  launch: LaunchId,
): Promise<ReadonlyMap<InstanceId, readonly string[]>> {
  const told = new Map<InstanceId, string[]>();
  for (const { key } of (await store?.list(verdictsPrefix(launch))) ?? []) {
    const read = readVerdictKey(key, launch);
    if (read === undefined) continue;
    const says = told.get(read.instanceId) ?? [];
    const text = sayingOf(read.marker);
    if (!says.includes(text) && says.length < MOST_SHOWN) says.push(text);
    told.set(read.instanceId, says);
  }
  return told;
}

/** Beacons shown of one machine that nothing proves. */
export const MOST_SHOWN = 3;

/** What a beacon says: `ok init`, `failed init`. */
export const sayingOf = ({ event }: Marker): string =>
  event.type === 'verdict' ? `${event.ok ? 'ok' : 'failed'} ${event.step}` : event.type;

/** The text of an object of the channel; undefined where it isn't there, or can't be had. @throws what is a defect */
export async function textOf(store: BeaconStore, key: string): Promise<string | undefined> {
  try {
    return (await store.readText(key))?.text;
  } catch (error) {
    if (error instanceof RolecallError) return undefined;
    throw error;
  }
}
