import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CloudFile, Owner } from '../cloud-file.ts';
import { codeOf } from '../errno.ts';
import { CloudError } from '../errors.ts';
import { sameSecret } from '../signature/keyring.ts';
import { CONTROL_PREFIX, clientProof, cloudProof, newChallenge, type ProvedCall } from './proof.ts';
import { withSocketPath } from './socket.ts';
import { requireOwn } from './trust.ts';

/** What a call needs to know of a cloud. */
export type Reach = Pick<CloudFile, 'endpoint' | 'control' | 'pid' | 'secret_access_key'>;

/** A cloud that exists but doesn't answer in time. */
export class SilentCloud extends CloudError {
  constructor(pid: number) {
    super('silent', `the local cloud (process ${pid}) doesn't answer`, {
      hint: `try again; \`kill -9 ${pid}\` (under sudo, if it runs as root) ends it with all its machines`,
    });
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
export class GoneCloud extends CloudError {
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
