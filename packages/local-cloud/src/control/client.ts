import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ImageRequest } from '../box.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type CloudFile, type Owner, readCloudFile, removeCloudFile } from '../cloud-file.ts';
import { codeOf } from '../errno.ts';
import { CloudError } from '../errors.ts';
import type { RequestTally } from '../request-counts.ts';
import { sameSecret } from '../signature/keyring.ts';
import { CONTROL_PREFIX, clientProof, cloudProof, newChallenge, type ProvedCall } from './proof.ts';
import { withSocketPath } from './socket.ts';
import { requireOwn } from './trust.ts';

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

/** A cloud that exists but doesn't answer in time. */
class SilentCloud extends CloudError {
  constructor(pid: number) {
    super('silent', `the local cloud (process ${pid}) doesn't answer`, {
      hint: `try again; \`kill -9 ${pid}\` (under sudo, if it runs as root) ends it with all its machines`,
    });
  }
}

type Reach = Pick<CloudFile, 'endpoint' | 'control' | 'pid' | 'secret_access_key'>;

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

/** Attempts to connect to a socket whose queue is full, and the time between two of them: five seconds in all. */
const BUSY_TRIES = 100;
const BUSY_MS = 50;

interface CallOptions {
  readonly json?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly owner?: Owner | undefined;
}

/**
 * Calls a cloud's control API.
 * @throws CloudError with the cloud's own words when it refuses
 * @throws SilentCloud where its socket takes no connection
 * @throws GoneCloud where it is not there, or somebody else is
 */
export async function call(
  cloud: Reach,
  method: 'GET' | 'POST',
  path: string,
  options: CallOptions = {},
): Promise<unknown> {
  const answer = await converse(cloud, method, path, options);
  if (answer.status < 300) return answer.json;
  throw refused(answer);
}

function refused({ status, json }: Answer): CloudError {
  const { error, hint } = (json ?? {}) as Partial<Refusal>;
  if (error === undefined) return new CloudError('refused', `the local cloud answered with status ${status}`);
  return new CloudError('usage', error, { hint });
}

/**
 * The same, with whatever the answer is. Both sides prove first that they have the cloud's key; it itself is not sent.
 * @throws SilentCloud, GoneCloud
 */
export async function converse(
  cloud: Reach,
  method: string,
  path: string,
  { json, ...how }: CallOptions = {},
): Promise<Answer> {
  const body = json === undefined ? '' : JSON.stringify(json);
  const called = { method, path: CONTROL_PREFIX + path, body };
  return await ask(cloud, called, { authorization: await proofOf(cloud, called, how) }, how);
}

/** What a call is authorized by, once the cloud has shown that it has the key. */
async function proofOf(
  cloud: Reach,
  called: ProvedCall,
  how: Pick<CallOptions, 'signal' | 'owner'>,
): Promise<string> {
  const key = cloud.secret_access_key;
  const client = newChallenge();
  const asking = { method: 'GET', path: `${CONTROL_PREFIX}challenge`, body: '' };
  const first = await ask(cloud, asking, { 'rolecall-challenge': client }, how);
  const { challenge, proof } = (first.json ?? {}) as {
    readonly challenge?: unknown;
    readonly proof?: unknown;
  };
  const handshake = { client, cloud: String(challenge) };
  if (!sameSecret(String(proof), cloudProof(key, handshake)))
    throw new GoneCloud(cloud, new Error('who answers there has not its key'));
  return `Rolecall ${handshake.cloud} ${clientProof(key, handshake, called)}`;
}

/**
 * Opens a connection into a machine, for the frames of `vm/exec-frames.ts`.
 * @throws CloudError with the cloud's own words when it refuses; GoneCloud
 */
export async function enterMachine(cloud: Reach, instanceId: string): Promise<Duplex> {
  const called = { method: 'GET', path: `${CONTROL_PREFIX}exec/${encodeURIComponent(instanceId)}`, body: '' };
  const authorization = await proofOf(cloud, called, {});
  const headers = { authorization, connection: 'Upgrade', upgrade: 'rolecall-exec' };
  return await withSocketPath(cloud.control, (socketPath) => {
    const request = httpRequest({ socketPath, path: called.path, headers, agent: false });
    return new Promise<Duplex>((resolve, reject) => {
      request.once('upgrade', (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      request.once('response', (response) => {
        text(response)
          .then((said) => reject(refused({ status: response.statusCode ?? 0, json: JSON.parse(said) })))
          .catch(reject);
      });
      request.once('error', (error) => reject(new GoneCloud(cloud, error)));
      request.end();
    });
  });
}

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** Sends one request to a cloud's socket, if that is the user's own; again where the socket's queue is full. */
async function ask(
  cloud: Reach,
  request: ProvedCall,
  headers: Readonly<Record<string, string>>,
  { signal, owner }: Pick<CallOptions, 'signal' | 'owner'>,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      requireOwn(cloud.control, owner);
      return await withSocketPath(cloud.control, (path) => sent(path, request, headers, signal));
    } catch (error) {
      if (error instanceof CloudError) throw error;
      if (codeOf(error) !== 'EAGAIN') throw new GoneCloud(cloud, error);
      if (tries === BUSY_TRIES || signal?.aborted) throw new SilentCloud(cloud.pid);
    }
    await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
  }
}

const sent = (
  socketPath: string,
  { method, path, body }: ProvedCall,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { socketPath, method, path, headers, agent: false, ...(signal && { signal }) };
    const request = httpRequest(options, (response) => {
      text(response)
        .then((said) => resolve({ status: response.statusCode ?? 0, json: JSON.parse(said) }))
        .catch(reject);
    });
    request.once('error', reject);
    request.end(body);
  });

/** It ended, or was killed, before it answered. */
class GoneCloud extends CloudError {
  constructor({ pid, endpoint }: Reach, cause: unknown) {
    super('gone', `the local cloud (process ${pid}) at ${endpoint} is gone`, {
      hint: 'start one with `rolecall local up`, then run the same command again',
      cause,
    });
  }
}

/** What the control API says when it refuses. */
interface Refusal {
  readonly error: string;
  readonly hint: string;
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
