import type { Clock } from '../clock.ts';
import { AwsError, ConflictError } from '../errors.ts';
import type { BatchRecord } from '../launch/book.ts';
import { SETTLED_AFTER_MS } from '../launch/living.ts';
import type { Ledger } from '../launch/plan.ts';
import type { LaunchRecords } from '../launch/records.ts';
import type { InstanceId, LaunchId } from '../model.ts';
import { type Recent, recentOf } from './glimpse.ts';
import { type Held, LEASE_MS, type LeaseOptions, move, takeLease, whoIs } from './lease.ts';
import {
  type EndEntry,
  type EndHow,
  entered,
  type FleetRecord,
  type Holder,
  left,
  type OpenEntry,
  type Replacing,
  readFleetRecord,
  withdrawn,
  withEnds,
  withoutOld,
} from './record.ts';

/** The fleet's record in the hand of its holder: everything enters it before it is sent. */
export class FleetBook implements Ledger, Recent {
  readonly #records: LaunchRecords;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  #held: Held;
  /** Milliseconds by the monotonic clock. */
  #movedAt: number;
  /** Moves go one after another. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Moves that wait or are under way. */
  #moves = 0;
  /** Whether the last move did not get through, though it was tried again and again. */
  #isOutOfReach = false;
  /** Why the record can't be moved any more. */
  #lost: unknown;

  private constructor({ records, key, clock }: LeaseOptions, held: Held) {
    this.#records = records;
    this.#key = key;
    this.#clock = clock;
    this.#held = held;
    this.#movedAt = clock.monotonic();
  }

  /** Waits for the lease, and keeps it until `close`. @throws see takeLease */
  static async open(options: LeaseOptions): Promise<FleetBook> {
    const held = await takeLease(options).catch(async (error: unknown) => {
      await giveBack(options);
      throw error;
    });
    const book = new FleetBook(options, held);
    void book.#beat();
    return book;
  }

  /** How people find the record. */
  get where(): string {
    return this.#records.locate(this.#key);
  }

  /** What an earlier holder left open, and this one's own open entries. */
  get open(): readonly OpenEntry[] {
    return this.#held.record.open;
  }

  get target(): FleetRecord['target'] {
    return this.#held.record.target;
  }

  get replacing(): FleetRecord['replacing'] {
    return this.#held.record.replacing;
  }

  get recentLaunches(): readonly LaunchId[] {
    return recentOf(this.#held.record, this.#clock.now()).recentLaunches;
  }

  get recentEnds(): ReadonlySet<InstanceId> {
    return recentOf(this.#held.record, this.#clock.now()).recentEnds;
  }

  get latestEnds(): ReadonlySet<InstanceId> {
    return recentOf(this.#held.record, this.#clock.now()).latestEnds;
  }

  async enter(launch: LaunchId, { batch, count }: Pick<BatchRecord, 'batch' | 'count'>): Promise<void> {
    await this.#enter({ kind: 'batch', launch, batch, count });
  }

  async leave(launch: LaunchId, batch: number): Promise<void> {
    await this.#move((record) => left(record, { kind: 'batch', launch, batch, count: 0 }));
  }

  /** Notes machines that are about to be ended; the result takes the note back, and notes those that EC2 has taken. */
  async enterEnd(
    ids: readonly InstanceId[],
    how: EndHow,
  ): Promise<(ended: readonly InstanceId[]) => Promise<void>> {
    const entry: EndEntry = { kind: 'end', how, instance_ids: ids };
    await this.#enter(entry);
    return (ended) => this.leaveEnd(entry, ended);
  }

  /** Takes the note back. @param ended those of its machines that EC2 has taken */
  async leaveEnd(entry: EndEntry, ended: readonly InstanceId[]): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString();
    // A stopped machine is still there, whatever is described.
    const gone = entry.how === 'stop' ? [] : ended;
    await this.#move((record) => withEnds(left(record, entry), gone, at));
  }

  /** Notes the size that the fleet is to have. A replacement that was cut off kept to another size: it is over. */
  async setTarget(size: number): Promise<void> {
    const target = size === 0 ? null : size;
    if (this.target === target && this.replacing === null) return;
    await this.#move((record) => ({ ...record, target, replacing: null }));
  }

  /** Notes that a replacement is under way, and the fleet's size where none was noted. */
  async beginReplacing(replacing: Replacing, size: number): Promise<void> {
    await this.#move((record) => ({ ...record, target: record.target ?? size, replacing }));
  }

  async endReplacing(): Promise<void> {
    if (this.replacing !== null) await this.#move((record) => ({ ...record, replacing: null }));
  }

  /** Notes machines that are ended and not to come again. @param running machines that are left and run */
  async withdraw(ids: readonly InstanceId[], running: number): Promise<void> {
    if (this.target === null && this.replacing === null) return;
    await this.#move((record) => withdrawn(record, ids, running));
  }

  /** Gives the lease back where the store is in reach. Never throws: whoever comes next waits a minute, and that is all. */
  async close(): Promise<void> {
    this.#closed.abort();
    if (this.#isOutOfReach) return;
    try {
      await this.#move((record) => ({ ...record, holder: null }));
    } catch {
      // Lost already, or S3 is out of reach.
    }
  }

  #enter(entry: OpenEntry): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString();
    return this.#move((record) => entered(record, entry, at));
  }

  /** Moves the record a third of the lease after it was moved last, for as long as this holder is at work. */
  async #beat(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted && this.#lost === undefined) {
      await this.#clock.sleep(LEASE_MS / 3, signal);
      const isYoung = this.#clock.monotonic() - this.#movedAt < LEASE_MS / 3;
      if (signal.aborted || isYoung || this.#moves > 0) continue;
      // What is wrong is told when something is to be entered.
      await this.#move((record) => record).catch(() => undefined);
    }
  }

  #move(change: (record: FleetRecord) => FleetRecord): Promise<void> {
    this.#moves += 1;
    const moving = this.#queue.then(() => this.#moveNow(change));
    this.#queue = moving.then(
      () => this.#moved(undefined),
      (error: unknown) => this.#moved(error),
    );
    return moving;
  }

  /** @param error why the move did not get through */
  #moved(error: unknown): void {
    this.#moves -= 1;
    this.#isOutOfReach = error instanceof AwsError && (error.kind === 'server' || error.kind === 'endpoint');
  }

  async #moveNow(change: (record: FleetRecord) => FleetRecord): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    for (;;) {
      const { record } = this.#held;
      const next = withoutOld(change(record), this.#clock.now(), SETTLED_AFTER_MS);
      const held = await move(this.#records, this.#key, this.#held, { ...next, move: record.move + 1 });
      if (held !== undefined) {
        this.#held = held;
        this.#movedAt = this.#clock.monotonic();
        return;
      }
      await this.#findAgain();
    }
  }

  /** A move whose answer was lost may have been made after all: the record is still ours then, one version further. */
  async #findAgain(): Promise<void> {
    const { found, record } = await readFleetRecord(this.#records, this.#key);
    const isOurs = record.holder?.id === this.#held.record.holder?.id;
    if (found && isOurs && record.move > this.#held.record.move) {
      this.#held = { record, etag: found.etag };
      return;
    }
    this.#lost = takenBy(record.holder ?? undefined);
    throw this.#lost;
  }
}

/** A lease whose taking was broken off, at Ctrl-C say, may have been taken all the same: others would wait for it. */
async function giveBack({ records, key, holder }: LeaseOptions): Promise<void> {
  try {
    const { found, record } = await readFleetRecord(records, key);
    if (found === undefined || record.holder?.id !== holder.id) return;
    await move(records, key, found, { ...record, move: record.move + 1, holder: null });
  } catch {
    // Out of reach: it is over after a minute.
  }
}

const takenBy = (holder: Holder | undefined): ConflictError => {
  const by = holder === undefined ? '' : `: ${whoIs(holder)}`;
  return new ConflictError(
    `another run has taken the fleet over, since this one did not move for a minute${by}`,
    {
      hint: 'nothing more was sent; run the same command again: it goes on from where the fleet stands then',
    },
  );
};
