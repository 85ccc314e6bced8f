import { UsageError } from '../../errors.ts';
import { stateFolder } from '../../files/state-folder.ts';
import { type RegionWords, regionFor } from '../region.ts';
import type { Runtime } from '../runtime.ts';
import {
  environmentLines,
  localFolder,
  type RequestTally,
  type RunningCloud,
  requestsOf,
  runningCloud,
} from './gateway.ts';

/** Counts by service and AWS's name of the operation. */
export type LocalTally = RequestTally;

type Environment = Pick<Runtime, 'env'>;

/** The cloud that is up. @throws UsageError where none is */
export async function needCloud({ env }: Environment): Promise<RunningCloud> {
  const up = await runningCloud(localFolder(stateFolder(env)));
  if (up === undefined) throw new UsageError('no local cloud is up', { hint: 'rolecall local up' });
  return up;
}

/** How often each operation of the cloud that is up was asked for. @throws UsageError where none is */
export async function localRequests(runtime: Environment): Promise<LocalTally> {
  const { file } = await needCloud(runtime);
  return await requestsOf(file);
}

/** Lines for a shell that point its AWS clients to the cloud that is up. @throws UsageError where none is */
export async function localEnvironment(
  choice: RegionWords,
  shell: 'sh' | 'fish',
  runtime: Runtime,
): Promise<string> {
  const { file } = await needCloud(runtime);
  return environmentLines(file, await regionFor(choice, runtime, 'us-east-1'), shell);
}
