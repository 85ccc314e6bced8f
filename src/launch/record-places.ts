import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bucket } from '../aws/ports.ts';
import { type Clock, systemClock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import { stateFolder } from '../files/state-folder.ts';
import { fileRecords } from './file-records.ts';
import type { LaunchRecords } from './records.ts';

/** A local cloud, as its records are told apart. */
interface OwnCloud {
  /** It ends with its command. */
  readonly ephemeral: boolean;
  readonly accessKeyId: string;
}

/**
 * The records of the launches of one cloud: in the catalogue's bucket where it names one, else on this computer. Every
 * local cloud has its own: the machines that another one's records name are not here, and taking them for launched would
 * launch nothing.
 * @param bucketBelow the catalogue's bucket below a further prefix; undefined where it names none
 */
export function recordsOf(
  local: OwnCloud | undefined,
  bucketBelow: ((prefix: string) => Bucket) | undefined,
  env: Readonly<Record<string, string | undefined>>,
): LaunchRecords {
  if (local?.ephemeral) return memoryRecords();
  // The key id is random for each cloud, and a state folder has one lasting cloud at a time: others are gone.
  const cloud = local && createHash('sha256').update(local.accessKeyId).digest('hex').slice(0, 16);
  if (bucketBelow !== undefined)
    return bucketRecords(bucketBelow(cloud === undefined ? '' : `local/${cloud}/`));
  const state = stateFolder(env);
  if (cloud === undefined) return fileRecords(state);
  const clouds = join(state, 'local-launches');
  for (const other of namesIn(clouds)) {
    // Nothing but what recordsOf makes goes.
    if (other !== cloud && /^[0-9a-f]{16}$/.test(other))
      rmSync(join(clouds, other), { recursive: true, force: true });
  }
  return fileRecords(join(clouds, cloud));
}

/** Nothing for a folder that can't be read: writing there will say why. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Records as objects of the bucket, where every runner of CI and every operator finds them. */
export const bucketRecords = (bucket: Bucket): LaunchRecords => ({
  create: (key, text) => goingOn(key, bucket.createText(key, text)),
  read: (key) => goingOn(key, bucket.readText(key)).then((stored) => stored?.text),
  version: async (key) => {
    const stored = await bucket.readText(key);
    return stored && { text: stored.text, etag: stored.etag, ageMs: stored.readAt - stored.modifiedAt };
  },
  replace: async (key, text, etag) => {
    if (etag !== undefined) return await bucket.replaceText(key, text, etag);
    await bucket.createText(key, text);
    return undefined;
  },
  list: async (prefix) => (await goingOn(prefix, bucket.list(prefix))).map(({ key }) => key),
  locate: (key) => bucket.locate(key),
});

/** Where S3 fails once batches are recorded, machines may be there already: the error says how to go on. */
async function goingOn<T>(key: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const [, launch] = /^launches\/([^/]+)\/batches\//.exec(key) ?? [];
    if (!(error instanceof AwsError) || launch === undefined) throw error;
    const next = `the same command with --launch-id ${launch} goes on where this one ended, and launches nothing twice`;
    const hint = error.hint === undefined ? next : `${error.hint}\n${next}`;
    throw new AwsError(error.message, { kind: error.kind, code: error.code, hint, cause: error });
  }
}

/** Records that end with this process: for machines that end with it, too. */
export function memoryRecords(clock: Pick<Clock, 'monotonic'> = systemClock): LaunchRecords {
  const records = new Map<string, string>();
  const moved = new Map<string, { readonly text: string; readonly at: number; readonly number: number }>();
  return {
    create: async (key, text) => {
      if (records.has(key)) return false;
      records.set(key, text);
      return true;
    },
    read: async (key) => records.get(key),
    list: async (prefix) => [...records.keys()].filter((key) => key.startsWith(prefix)),
    version: async (key) => {
      const found = moved.get(key);
      return found && { text: found.text, etag: String(found.number), ageMs: clock.monotonic() - found.at };
    },
    replace: async (key, text, etag) => {
      const number = moved.get(key)?.number;
      if ((number === undefined ? undefined : String(number)) !== etag) return undefined;
      const next = (number ?? 0) + 1;
      moved.set(key, { text, at: clock.monotonic(), number: next });
      return String(next);
    },
    locate: (key) => key,
  };
}
