import { AwsError, RolecallError, UsageError } from '../errors.ts';
import { type Clock, systemClock } from '../io/clock.ts';
import type { ImageRequest } from './box.ts';
import { type CloudFile, readCloudFile, removeCloudFile } from './cloud-file.ts';

/** What a cloud says of itself. */
export interface About {
  readonly endpoint: string;
  readonly pid: number;
  readonly kind: string;
  /** One sentence each on what can't work. */
  readonly limits: readonly string[];
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
 * @throws AwsError where a cloud exists and doesn't answer within a minute of the clock
 */
export async function runningCloud(
  folder: string,
  clock: Pick<Clock, 'sleep'> = systemClock,
): Promise<RunningCloud | undefined> {
  const file = readCloudFile(folder);
  if (file === undefined) return undefined;
  try {
    const about = (await patiently(PROBE_MS, clock, file, (signal) =>
      call(file, 'GET', '', undefined, signal),
    )) as About;
    return { file, about };
  } catch (error) {
    // Refused, or somebody else's port by now: the cloud of this file is gone. A slow one is not.
    if (error instanceof SilentCloud) throw error;
    // Only that file: another cloud may have come up meanwhile.
    removeCloudFile(folder, file.endpoint);
    return undefined;
  }
}

/** A cloud that exists but doesn't answer in time. */
class SilentCloud extends RolecallError {
  constructor(pid: number) {
    super('aws', `the local cloud (process ${pid}) doesn't answer`, {
      hint: `try again; \`kill -9 ${pid}\` (under sudo, if it runs as root) ends it with all its machines`,
    });
  }
}

type Reach = Pick<CloudFile, 'endpoint' | 'pid' | 'secret_access_key'>;

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

/** Asks until a connection is made: each attempt that makes none takes fetch ten seconds. */
async function connected<T>(ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask(signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof SilentCloud)) throw error;
    }
  }
}

/**
 * Calls a cloud's control API.
 * @throws UsageError with the cloud's own words when it refuses
 * @throws SilentCloud where no connection is made within ten seconds
 */
export async function call(
  cloud: Reach,
  method: 'GET' | 'POST',
  path: string,
  json?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await fetch(`${cloud.endpoint}/_rolecall/${path}`, {
    method,
    headers: { authorization: `Bearer ${cloud.secret_access_key}` },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    throw isUnconnected(error) ? new SilentCloud(cloud.pid) : gone(cloud, error);
  });
  const answer: unknown = await response.json().catch((error: unknown) => {
    throw gone(cloud, error);
  });
  if (response.ok) return answer;
  const { error, hint } = (answer ?? {}) as Partial<Refusal>;
  if (error === undefined) throw new AwsError(`the local cloud answered with status ${response.status}`);
  throw new UsageError(error, { hint });
}

/** Fetch has a limit of its own for connections: on a busy machine it says nothing about who listens there. */
const isUnconnected = (error: unknown): boolean =>
  (error as { readonly cause?: { readonly code?: unknown } } | null)?.cause?.code ===
  'UND_ERR_CONNECT_TIMEOUT';

/** It ended, or was killed, before it answered. */
const gone = ({ pid, endpoint }: Reach, cause: unknown): AwsError =>
  new AwsError(`the local cloud (process ${pid}) at ${endpoint} is gone`, {
    hint: 'start one with `rolecall local up`, then run the same command again',
    cause,
  });

/** What the control API says when it refuses. */
interface Refusal {
  readonly error: string;
  readonly hint: string;
}

/** Makes an AMI known to a cloud, building it where needed. @throws UsageError with the builder's message */
export const registerImage = async (
  cloud: Reach,
  image: ImageRequest,
): Promise<{ readonly id: string; readonly root?: string; readonly built: boolean }> =>
  (await call(cloud, 'POST', 'images', image)) as { id: string; root?: string; built: boolean };

/** Makes a bucket where there is none. @throws UsageError where its name can't be one, or it is in another region */
export async function registerBucket(
  cloud: Reach,
  bucket: { readonly name: string; readonly region: string },
): Promise<void> {
  await call(cloud, 'POST', 'buckets', bucket);
}

/** Ends a cloud and its boxes; resolves when its port is free again. @returns how many machines were up */
export async function endCloud(cloud: Reach, clock: Pick<Clock, 'monotonic' | 'sleep'>): Promise<number> {
  const { boxes } = (await call(cloud, 'POST', 'down')) as { boxes: number };
  const deadline = clock.monotonic() + END_MS;
  while (clock.monotonic() < deadline && (await answers(cloud, clock))) await clock.sleep(20);
  return boxes;
}

const answers = (cloud: Reach, clock: Pick<Clock, 'sleep'>): Promise<boolean> =>
  patiently(END_MS, clock, cloud, (signal) => call(cloud, 'GET', '', undefined, signal)).then(
    () => true,
    () => false,
  );

/** Where `local exec` finds a machine. */
export const boxOf = async (
  cloud: Reach,
  instanceId: string,
): Promise<{ readonly pid: number; readonly kind: 'complete' | 'limited' }> =>
  (await call(cloud, 'GET', `boxes/${encodeURIComponent(instanceId)}`)) as {
    pid: number;
    kind: 'complete' | 'limited';
  };
