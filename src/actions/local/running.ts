import { localFolder } from '../../../packages/local-cloud/src/cloud-file.ts';
import { type RunningCloud, runningCloud } from '../../../packages/local-cloud/src/control/client.ts';
import type { Host } from '../../cli/context.ts';
import { UsageError } from '../../errors.ts';
import { stateFolder } from '../../files/state-folder.ts';

/** The cloud that is up. @throws UsageError where none is */
export async function needCloud(host: Host): Promise<RunningCloud> {
  const up = await runningCloud(localFolder(stateFolder(host.env)));
  if (up === undefined) throw new UsageError('no local cloud is up', { hint: 'rolecall local up' });
  return up;
}
