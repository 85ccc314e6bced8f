import { localFolder } from '../../../packages/local-cloud/src/cloud-file.ts';
import { type RunningCloud, runningCloud } from '../../../packages/local-cloud/src/control/client.ts';
import { UsageError } from '../../errors.ts';
import { stateFolder } from '../../files/state-folder.ts';
import type { Runtime } from '../runtime.ts';

/** The cloud that is up. @throws UsageError where none is */
export async function needCloud(runtime: Runtime): Promise<RunningCloud> {
  const up = await runningCloud(localFolder(stateFolder(runtime.env)));
  if (up === undefined) throw new UsageError('no local cloud is up', { hint: 'rolecall local up' });
  return up;
}
