import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../io/state-folder.ts';
import { fileRecords } from '../launch/file-records.ts';
import { memoryRecords } from '../launch/memory-records.ts';
import type { LaunchRecords } from '../launch/records.ts';
import type { Host } from './host.ts';
import type { LocalCloud } from './local-connect.ts';

/**
 * The records of the launches of one cloud. Every local cloud has its own: the machines that another one's records
 * name are not here, and taking them for launched would launch nothing.
 */
export function recordsOf(local: LocalCloud | undefined, { env }: Pick<Host, 'env'>): LaunchRecords {
  const state = stateFolder(env);
  if (local === undefined) return fileRecords(state);
  if (local.ephemeral) return memoryRecords();
  const clouds = join(state, 'local-launches');
  // The key id is random for each cloud, and a state folder has one lasting cloud at a time: others are gone.
  const cloud = createHash('sha256').update(local.accessKeyId).digest('hex').slice(0, 16);
  for (const other of namesIn(clouds)) {
    if (other !== cloud) rmSync(join(clouds, other), { recursive: true, force: true });
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
