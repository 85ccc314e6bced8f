/** The boot log that a machine sent to the bucket: believed when its key's MAC and its content's hash are right. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Bucket } from '../../../aws/ports.ts';
import type { Trust } from '../../markers.ts';
import { isTrueLog, type LogKey, logsPrefix, readLogKey } from './keys.ts';

export type LogStore = Pick<Bucket, 'list' | 'read'>;

export interface BootLog {
  readonly text: string;
  /** Whether the machine itself has named it; never without a nonce. */
  readonly proved: boolean;
}

export interface FoundLogs {
  /** The newest that is proved; without a nonce, the newest whose content is what its key says. */
  readonly log: BootLog | undefined;
  /** Newer ones that were not believed: another MAC, or another content. */
  readonly disbelieved: number;
}

/** Logs of one machine that are looked at: it sends one a run. */
const LOOKED_AT = 8;
/** What a machine's form lets it send, bytes. */
const MOST_BYTES = 10 * 1024 * 1024;

/**
 * Finds a machine's newest boot log.
 * @param run of this run alone
 * @throws RolecallError where the bucket can't be read
 */
export async function findLog(store: LogStore, trust: Trust, run?: string): Promise<FoundLogs> {
  const { launch, instanceId, nonce } = trust;
  const objects = await store.list(logsPrefix(launch, instanceId));
  const newest = objects
    .filter(({ size }) => size <= MOST_BYTES)
    .sort((one, other) => other.modifiedAt - one.modifiedAt)
    .flatMap(({ key }) => readLogKey(key, launch, instanceId) ?? [])
    .filter((key) => run === undefined || key.run === run);
  const believed = newest.filter((key) => nonce === undefined || isTrueLog(key, trust)).slice(0, LOOKED_AT);
  for (const key of believed) {
    const text = await read(store, key);
    if (text === undefined) continue;
    return { log: { text, proved: nonce !== undefined }, disbelieved: newest.indexOf(key) };
  }
  return { log: undefined, disbelieved: newest.length };
}

/** @returns undefined where its content is not what its key says, or where it is gone */
async function read(store: LogStore, { key, sha256 }: LogKey): Promise<string | undefined> {
  const body = await store.read(key);
  if (body === undefined) return undefined;
  const bytes = await buffer(body);
  return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes.toString('utf8') : undefined;
}

/** What stands in front of the steps' own logs: what the machine printed to its console too. */
export function consolePart(log: string): string {
  const next = log.indexOf('\n==> /');
  return next < 0 ? log : log.slice(0, next);
}
