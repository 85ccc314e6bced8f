import type { ImageRequest } from '../box.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type CloudFile, type Owner, readCloudFile, removeCloudFile } from '../cloud-file.ts';
import type { RequestTally } from '../request-counts.ts';
import { call, GoneCloud, type Reach, SilentCloud } from './connection.ts';

/** What a cloud says of itself. */
export interface About {
  readonly endpoint: string;
  readonly pid: number;
  readonly kind: string;
  /** One sentence each on what can't work. */
  readonly limits: readonly string[];
  /** How many machines it has room for, in a sentence; absent where nothing limits them. */
  readonly capacity?: string;
  readonly images: readonly string[];
  /** Machines that are up. */
  readonly boxes: number;
}

/** A cloud that answers. */
export interface RunningCloud {
  readonly file: CloudFile;
  readonly about: About;
}

/** Fifty commands at once on two cores are slow to ask and to be answered: a cloud that stands still is rare, and can wait. */
const PROBE_MS = 60_000;
/** How long a cloud that is to end may take. */
const END_MS = 5_000;

/**
 * The cloud that is up, or undefined. What a cloud that died has left behind is taken away; one that is only slow keeps it.
 * @param owner whom the cloud belongs to, where root acts for somebody else
 * @throws CloudError `silent` where a cloud exists and doesn't answer within a minute of the clock; `usage` where somebody else
 * could pass for it
 */
export async function runningCloud(
  folder: string,
  clock: Pick<Clock, 'sleep'> = systemClock,
  owner?: Owner,
): Promise<RunningCloud | undefined> {
  const file = readCloudFile(folder, owner);
  if (file === undefined) return undefined;
  try {
    const about = (await patiently(PROBE_MS, clock, file, (signal) =>
      call(file, 'GET', '', { signal, owner }),
    )) as About;
    return { file, about };
  } catch (error) {
    // Where nobody answers who has its key, the cloud of this file is gone. A slow one is not.
    if (!(error instanceof GoneCloud)) throw error;
    // Only that file: another cloud may have come up meanwhile.
    removeCloudFile(folder, file.endpoint, owner);
    return undefined;
  }
}

/** Waits for a cloud's answer, the whole of it; asks again where no connection is made. @throws SilentCloud where it takes longer than `timeoutMs` */
async function patiently<T>(
  timeoutMs: number,
  clock: Pick<Clock, 'sleep'>,
  { pid }: Reach,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const request = new AbortController();
  const wait = new AbortController();
  const tooLate = clock.sleep(timeoutMs, wait.signal).then(() => {
    request.abort();
    throw new SilentCloud(pid);
  });
  try {
    return await Promise.race([connected(ask, request.signal), tooLate]);
  } finally {
    wait.abort();
  }
}

/** Asks until a connection is made: a socket whose queue is full takes none. */
async function connected<T>(ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask(signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof SilentCloud)) throw error;
    }
  }
}

/** What a cloud says of itself. @throws CloudError */
export const about = async (cloud: Reach): Promise<About> => (await call(cloud, 'GET', '')) as About;

/** How often each operation was asked for. @throws CloudError */
export const requestsOf = async (cloud: Reach): Promise<RequestTally> =>
  (await call(cloud, 'GET', 'requests')) as RequestTally;

/** Makes an AMI known to a cloud, building it where needed. @throws CloudError with the builder's message */
export const registerImage = async (
  cloud: Reach,
  image: ImageRequest,
): Promise<{ readonly id: string; readonly root?: string; readonly built: boolean }> =>
  (await call(cloud, 'POST', 'images', { json: image })) as { id: string; root?: string; built: boolean };

/** Makes a bucket where there is none. @throws CloudError where its name can't be one, or it is in another region */
export async function registerBucket(
  cloud: Reach,
  bucket: { readonly name: string; readonly region: string },
): Promise<void> {
  await call(cloud, 'POST', 'buckets', { json: bucket });
}

/** Ends a cloud and its boxes; resolves when its port is free again. @returns how many machines were up */
export async function endCloud(cloud: Reach, clock: Pick<Clock, 'monotonic' | 'sleep'>): Promise<number> {
  const { boxes } = (await call(cloud, 'POST', 'down')) as { boxes: number };
  const deadline = clock.monotonic() + END_MS;
  while (clock.monotonic() < deadline && (await answers(cloud, clock))) await clock.sleep(20);
  return boxes;
}

const answers = (cloud: Reach, clock: Pick<Clock, 'sleep'>): Promise<boolean> =>
  patiently(END_MS, clock, cloud, (signal) => call(cloud, 'GET', '', { signal })).then(
    () => true,
    () => false,
  );

/** Where `local exec` finds a machine. */
export const boxOf = async (
  cloud: Reach,
  instanceId: string,
): Promise<{ readonly pid: number; readonly kind: 'complete' | 'limited' | 'vm' }> =>
  (await call(cloud, 'GET', `boxes/${encodeURIComponent(instanceId)}`)) as {
    pid: number;
    kind: 'complete' | 'limited' | 'vm';
  };
