import { UsageError } from '../errors.ts';
import { stateFolder } from '../io/state-folder.ts';
import { localFolder } from '../local/cloud-file.ts';
import { type RunningCloud, runningCloud } from '../local/control/client.ts';
import type { Host } from './host.ts';

/** The cloud that is up. @throws UsageError where none is */
export async function needCloud(host: Host): Promise<RunningCloud> {
  const up = await runningCloud(localFolder(stateFolder(host.env)));
  if (up === undefined) throw new UsageError('no local cloud is up', { hint: 'rolecall local up' });
  return up;
}
