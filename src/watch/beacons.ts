/** The second channel: what machines tell through the launch's bucket, where one LIST shows a thousand of them. */
import type { Bucket } from '../aws/ports.ts';
import { RolecallError } from '../errors.ts';
import type { Clock } from '../io/clock.ts';
import { type InstanceId, isInstanceId, type LaunchId } from '../nouns.ts';
import type { WatchEvent } from './events.ts';
import type { Notices } from './notices.ts';

/** As much of a bucket as beacons need; one that doesn't wait trouble out. */
export type BeaconStore = Pick<Bucket, 'list' | 'readText'>;

/** A machine's verdict as the key of its beacon tells it. */
export interface Beacon {
  readonly ok: boolean;
  /** The last step, or the one that failed. */
  readonly step: string;
  readonly key: string;
  /** When S3 took it, epoch milliseconds. */
  readonly at: number;
  /** When it was first listed, milliseconds by the watcher's monotonic clock. */
  readonly seenAt: number;
}

/** After trouble with the bucket it is asked again so much later. */
const TROUBLED_MS = 10_000;

export class Beacons {
  readonly #store: BeaconStore;
  readonly #launch: LaunchId;
  readonly #clock: Clock;
  readonly #notices: Notices;
  readonly #told = new Map<InstanceId, Beacon>();
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

  of(id: InstanceId): Beacon | undefined {
    return this.#told.get(id);
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
    const prefix = `beacons/${this.#launch}/v/`;
    try {
      for (const { key, modifiedAt } of await this.#store.list(prefix)) this.#hear(prefix, key, modifiedAt);
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

  /** Failed wins, whichever came first. */
  #hear(prefix: string, key: string, at: number): void {
    const [, id = '', verdict, step = ''] =
      /^([^/]+)\/(ok|failed)\.([A-Za-z0-9_.:-]{1,48})$/.exec(key.slice(prefix.length)) ?? [];
    if (verdict === undefined || !isInstanceId(id)) return;
    const known = this.#told.get(id);
    const ok = verdict === 'ok';
    if (known !== undefined && (known.ok === ok || ok)) return;
    this.#told.set(id, { ok, step, key, at, seenAt: this.#clock.monotonic() });
  }
}

/** The text of an object of the channel; undefined where it isn't there, or can't be had. @throws what is a defect */
export async function textOf(store: BeaconStore, key: string): Promise<string | undefined> {
  try {
    return (await store.readText(key))?.text;
  } catch (error) {
    if (error instanceof RolecallError) return undefined;
    throw error;
  }
}
