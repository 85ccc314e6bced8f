import type { FleetName, Role } from '../catalogue/role.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, InterruptedError } from '../errors.ts';
import type { LaunchRecords, Version } from '../launch/records.ts';
import { type FleetRecord, type Holder, readFleetRecord, toText } from './record.ts';

/** Where the record of a fleet lies: the same names in another region are another fleet. */
export const fleetKey = ({
  region,
  catalogue,
  role,
  environment,
  context,
}: FleetName & Pick<Role, 'region'>): string =>
  `fleets/${[region, catalogue, role, environment, context].join('/')}.json`;

/** A holder that has not moved its record for so long, by the store's own clock, is taken for gone. */
export const LEASE_MS = 60_000;
const POLL_MS = 2_000;

export interface LeaseOptions {
  readonly records: LaunchRecords;
  /** The record's key. */
  readonly key: string;
  readonly holder: Holder;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for another holder, milliseconds. */
  readonly waitMs: number;
  /** Whether a process of this machine is alive. */
  readonly isAlive: (pid: number) => boolean;
  /** Told once, when there is somebody to wait for. */
  readonly onWait?: (holder: Holder) => void;
}

/** The fleet's record as this process holds it. */
export interface Held {
  readonly record: FleetRecord;
  readonly etag: string;
}

/**
 * Becomes the fleet's holder. The lease only makes others wait: what keeps a holder that slept from doing harm is that each
 * thing enters the record before it is sent, and that the record can't be moved from a version that it has left.
 * @throws ConflictError where another holder is at work for longer than `waitMs`
 * @throws InterruptedError when the signal aborts
 */
export async function takeLease(options: LeaseOptions): Promise<Held> {
  const { clock, signal, waitMs, onWait } = options;
  const began = clock.monotonic();
  for (let told = false; ; told = true) {
    const taken = await tryToTake(options);
    if ('record' in taken) return taken;
    if (clock.monotonic() - began >= waitMs) throw waitedInVain(taken.other, waitMs);
    if (!told) onWait?.(taken.other);
    await clock.sleep(Math.min(POLL_MS, waitMs), signal);
    if (signal?.aborted) throw new InterruptedError(`stopped waiting for ${whoIs(taken.other)}`);
  }
}

/** @returns the lease, or who has it */
async function tryToTake(options: LeaseOptions): Promise<Held | { readonly other: Holder }> {
  const { records, key, holder } = options;
  for (;;) {
    const { found, record: before } = await readFleetRecord(records, key);
    const other = before.holder;
    if (found && other && !isOver(other, found, options)) return { other };
    const held = await move(records, key, found, { ...before, move: before.move + 1, holder });
    if (held !== undefined) return held;
  }
}

/**
 * Moves the record on. A move that was refused is looked at again: an answer may be lost, and a repeat is then refused.
 * @returns undefined where it is at another version than `from`
 */
export async function move(
  records: LaunchRecords,
  key: string,
  from: Pick<Version, 'etag'> | undefined,
  to: FleetRecord,
): Promise<Held | undefined> {
  const text = toText(to);
  const etag = await records.replace(key, text, from?.etag);
  if (etag) return { record: to, etag };
  const found = await records.version(key);
  return found?.text === text ? { record: to, etag: found.etag } : undefined;
}

/** Its process is gone from this machine, or it has not moved its record for too long. */
function isOver(holder: Holder, { ageMs }: Version, { holder: self, isAlive }: LeaseOptions): boolean {
  if (holder.host === self.host && !isAlive(holder.pid)) return true;
  return ageMs >= LEASE_MS;
}

export const whoIs = ({ verb, launch, by, since }: Holder): string =>
  `${verb} by ${by} since ${since} (launch ${launch})`;

const waitedInVain = (holder: Holder, waitMs: number): ConflictError =>
  new ConflictError(`another run is at work on this fleet: ${whoIs(holder)}`, {
    hint: `waited ${Math.round(waitMs / 1000)} s (--lock-wait): run the same command again when it is done`,
  });
