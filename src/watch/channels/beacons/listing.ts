/** What machines put into the launch's bucket, where one LIST shows a thousand of them. */
import { RolecallError } from '../../../errors.ts';
import type { InstanceId, LaunchId } from '../../../model.ts';
import { type Claim, unprovedOf } from '../../claims.ts';
import type { WatchEvent } from '../../events.ts';
import type { BeaconStore } from '../../options.ts';
import type { Tools } from '../channel.ts';
import { readVerdictKey, type VerdictKey, verdictsPrefix } from './keys.ts';

/** A machine's verdict marker as the key of its beacon holds it; `at`: when S3 took it. */
export interface Beacon extends Claim {
  readonly key: string;
}

/** A machine sends one a run; whoever has its form could send more. */
const MOST_A_MACHINE = 64;
/** After trouble with the bucket it is asked again so much later. */
const TROUBLED_MS = 10_000;

export class Listing {
  readonly #store: BeaconStore;
  readonly #tools: Pick<Tools, 'launch' | 'clock' | 'notices'>;
  /** By machine and key. */
  readonly #told = new Map<InstanceId, Map<string, Beacon>>();
  #strangeTold = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #listing = false;
  #listedAt = Number.NEGATIVE_INFINITY;
  #trouble = false;
  readonly #news: WatchEvent[] = [];
  #defect: unknown;

  constructor(store: BeaconStore, tools: Pick<Tools, 'launch' | 'clock' | 'notices'>) {
    this.#store = store;
    this.#tools = tools;
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

  /** What has come for a machine, proved or not. */
  of(id: InstanceId): readonly Beacon[] {
    return [...(this.#told.get(id)?.values() ?? [])];
  }

  /** Lists the verdicts, unless that is under way or was done less than `everyMs` ago. Nobody waits for the answer. */
  ask(everyMs: number): void {
    const now = this.#tools.clock.monotonic();
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
      const objects = await this.#store.list(verdictsPrefix(this.#tools.launch));
      this.#tellStrange(objects.filter(({ key, modifiedAt }) => !this.#hear(key, modifiedAt)).length);
      this.#listedAt = askedAt;
      if (this.#trouble) this.#news.push(this.#tools.notices.say('The beacons can be read again'));
      this.#trouble = false;
    } catch (error) {
      if (!(error instanceof RolecallError)) this.#defect = error;
      else if (!this.#trouble)
        this.#news.push(
          this.#tools.notices.say(`The beacons can't be read, only the consoles are: ${error.message}`),
        );
      this.#trouble = true;
    } finally {
      this.#listing = false;
    }
  }

  /** Tells once of objects where verdicts lie whose keys are none. */
  #tellStrange(count: number): void {
    if (count === 0 || this.#strangeTold) return;
    this.#strangeTold = true;
    const text = `${count === 1 ? '1 object' : `${count} objects`} among the beacons with a key of another shape: ignored (an AMI with the bootstrapper of another rolecall?)`;
    this.#news.push(this.#tools.notices.say(text));
  }

  /** @returns whether the key is a verdict's */
  #hear(key: string, at: number): boolean {
    const told = readVerdictKey(key, this.#tools.launch);
    if (told === undefined) return false;
    const known = this.#told.get(told.instanceId) ?? new Map<string, Beacon>();
    this.#told.set(told.instanceId, known);
    if (!known.has(key) && known.size < MOST_A_MACHINE)
      known.set(key, { marker: told.marker, key, at, seenAt: this.#tools.clock.monotonic() });
    return true;
  }
}

/**
 * Lists what the beacons of a launch say, by machine, as sentences. Nothing proves them.
 * @throws RolecallError where the bucket can't be read
 */
export async function unprovedBeacons(
  store: BeaconStore | undefined,
  launch: LaunchId,
): Promise<ReadonlyMap<InstanceId, readonly string[]>> {
  const told = new Map<InstanceId, VerdictKey[]>();
  for (const { key } of (await store?.list(verdictsPrefix(launch))) ?? []) {
    const read = readVerdictKey(key, launch);
    if (read !== undefined) told.set(read.instanceId, [...(told.get(read.instanceId) ?? []), read]);
  }
  return new Map([...told].map(([id, claims]) => [id, unprovedOf('beacon', claims, undefined)]));
}
