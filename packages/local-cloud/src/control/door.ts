import { chmodSync, lchownSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Owner } from '../cloud-file.ts';
import { bodyOf, send, TOO_LONG } from '../http.ts';
import { sameSecret } from '../signature/keyring.ts';
import { answerControl, answerExec, type ControlContext } from './answers.ts';
import {
  CONTROL_PREFIX,
  clientProof,
  cloudProof,
  isChallenge,
  newChallenge,
  type ProvedCall,
} from './proof.ts';
import { withSocketPath } from './socket.ts';

/** The door of the control API: a socket that only the cloud's user can open. */
export interface Door {
  /** Takes the socket away. */
  close(): Promise<void>;
}

/** So many calls may be between challenge and call; the oldest is forgotten for one more. */
const OPEN_CHALLENGES = 1000;

/**
 * Listens at a socket in a folder of the user's own. Each call is two requests: one in which the cloud proves that it has the
 * key, and the call, in which the client does. No secret is sent, and no proof is good twice.
 * @param path absolute; nothing may be there
 * @param end called after the answer to a call that ends the cloud
 */
export async function openDoor(
  path: string,
  owner: Owner | undefined,
  context: ControlContext,
  end: () => void,
): Promise<Door> {
  const challenges = new Map<string, string>();
  const server = createServer((request, response) => {
    answer(request, response, challenges, context, end).catch((error: unknown) => {
      context.log(
        `the control API failed to answer: ${error instanceof Error ? error.message : String(error)}`,
      );
      response.destroy();
    });
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    // The server forgets such a connection, and would wait for its end.
    upgraded.add(client);
    client.once('close', () => upgraded.delete(client));
    if (head.length > 0) client.unshift(head);
    upgrade(request, client, challenges, context);
  });
  await withSocketPath(path, (short) => listen(server, short));
  chmodSync(path, 0o600);
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Whoever still waits for an answer gets a moment to receive it.
      setTimeout(() => {
        server.closeAllConnections();
        for (const client of upgraded) client.destroy();
      }, 200).unref();
      await closed;
      rmSync(path, { force: true });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  challenges: Map<string, string>,
  context: ControlContext,
  end: () => void,
): Promise<void> {
  const { method = '', url: path = '' } = request;
  const { secretAccessKey: key } = context.credentials;
  const body = await bodyOf(request);
  if (body === undefined) return send(response, 413, 'text/plain', TOO_LONG);
  if (path === `${CONTROL_PREFIX}challenge`) {
    const client = String(request.headers['rolecall-challenge'] ?? '');
    if (!isChallenge(client)) return sendJson(response, 400, { error: 'a challenge is 32 hex digits' });
    const cloud = newChallenge();
    for (const oldest of challenges.keys()) if (challenges.size >= OPEN_CHALLENGES) challenges.delete(oldest);
    challenges.set(cloud, client);
    return sendJson(response, 200, { challenge: cloud, proof: cloudProof(key, { client, cloud }) });
  }
  const call = { method, path, body: body.toString('utf8') };
  if (!isProved(request, call, challenges, key)) return sendJson(response, 401, { error: UNPROVED });
  const { status, json, thenEnd } = await answerControl(call, context);
  sendJson(response, status, json);
  if (thenEnd) end();
}

const UNPROVED = 'the control API needs a proof of this cloud’s key';

/** Whether the client has shown that it has the key, for this call. Its challenge is used up. */
function isProved(
  { headers }: IncomingMessage,
  call: ProvedCall,
  challenges: Map<string, string>,
  key: string,
): boolean {
  const [scheme, cloud = '', proof = ''] = (headers.authorization ?? '').split(' ');
  const client = challenges.get(cloud);
  challenges.delete(cloud);
  return (
    scheme === 'Rolecall' &&
    client !== undefined &&
    sameSecret(proof, clientProof(key, { client, cloud }, call))
  );
}

/** A call that asks for the connection itself. */
function upgrade(
  request: IncomingMessage,
  client: Duplex,
  challenges: Map<string, string>,
  context: ControlContext,
): void {
  const { method = '', url: path = '' } = request;
  const accept = () => {
    client.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: rolecall-exec\r\n\r\n');
  };
  const proved = isProved(
    request,
    { method, path, body: '' },
    challenges,
    context.credentials.secretAccessKey,
  );
  const refusal = proved
    ? answerExec(path, context, client, accept)
    : { status: 401, json: { error: UNPROVED } };
  if (refusal === undefined) return;
  const body = JSON.stringify(refusal.json);
  const head = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  client.end(`HTTP/1.1 ${refusal.status} Refused\r\n${head}\r\n\r\n${body}`);
}

const sendJson = (response: ServerResponse, status: number, json: unknown): void =>
  send(response, status, 'application/json', `${JSON.stringify(json)}\n`);

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}
