import { stateFolder } from '../../files/state-folder.ts';
import type { Runtime } from '../runtime.ts';
import { endCloud, localFolder, runningCloud } from './gateway.ts';

/**
 * Ends the local cloud that is up, with all its machines.
 * @returns how many machines ended with it; undefined where none is up
 */
export async function endLocalCloud(runtime: Pick<Runtime, 'env' | 'clock'>): Promise<number | undefined> {
  const up = await runningCloud(localFolder(stateFolder(runtime.env)));
  return up === undefined ? undefined : await endCloud(up.file, runtime.clock);
}
