import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bucket } from '../aws/ports.ts';
import { stateFolder } from '../files/state-folder.ts';
import { bucketRecords } from './bucket-records.ts';
import { fileRecords } from './file-records.ts';
import { memoryRecords } from './memory-records.ts';
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
