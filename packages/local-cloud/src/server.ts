import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.ts';
import { signedRegion } from './ec2/credential.ts';
import type { World } from './ec2/operation.ts';
import { answerEc2 } from './ec2/service.ts';
import { CloudError } from './errors.ts';
import type { FaultCounts } from './faults.ts';
import { bodyOf, send, TOO_LONG } from './http.ts';
import type { RequestCounts } from './request-counts.ts';
import { serveS3 } from './s3/endpoint.ts';
import { wireRequest } from './s3/signed.ts';
import type { ObjectStore } from './s3/store.ts';
import type { Keyring } from './signature/keyring.ts';

/** What the endpoint serves. */
export interface Served {
  readonly world: World;
  readonly counts: FaultCounts;
  readonly requests: RequestCounts;
  /** The cloud's own keys, and those that machines were given. */
  readonly keyring: Keyring;
  readonly store: ObjectStore;
  /** What signatures are judged by; `world` may live in a faster time. */
  readonly wall: Pick<Clock, 'now'>;
  readonly port: number;
  readonly log: (line: string) => void;
}

/** An endpoint that listens. */
export interface Endpoint {
  readonly endpoint: string;
  /** Settles when somebody has asked for the end. */
  readonly closing: Promise<void>;
  /** Asks for the end. */
  end(): void;
  /** Breaks the connections that are left, and stops listening. */
  close(): Promise<void>;
}

/** Idle connections are kept so long; AWS's clients drop theirs earlier. */
const KEEP_ALIVE_MS = 65_000;

/** EC2 and S3. Listens on loopback only: whoever can call this endpoint with its key runs commands as root in a box. */
export async function serve(served: Served): Promise<Endpoint> {
  const server = createServer();
  // A client that reuses a connection in the moment in which we close it sees it break: longer than clients keep theirs.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(server, served.port);
  const { port } = server.address() as AddressInfo;
  const { promise: closing, resolve: end } = deferred();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('date', new Date(served.world.clock.now() + served.counts.clockSkewMs).toUTCString());
    answer(request, response, { ...served, port }, end).catch((error: unknown) => {
      served.log(
        `the local cloud failed to answer: ${error instanceof Error ? error.message : String(error)}`,
      );
      response.destroy();
    });
  });
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    // Whoever still waits for an answer gets a moment to receive it.
    setTimeout(() => server.closeAllConnections(), 200).unref();
    await closed;
  };
  return { endpoint: `http://127.0.0.1:${port}`, closing, end, close };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
  end: () => void,
): Promise<void> {
  const host = hostOf(request, served.port);
  if (host.kind === 'unknown')
    return send(response, 403, 'text/plain', 'This is rolecall’s local cloud; call it as 127.0.0.1.\n');
  const base = `http://127.0.0.1:${served.port}`;
  if (!URL.canParse(request.url ?? '/', base)) return send(response, 400, 'text/plain', 'Not a URL.\n');
  const url = new URL(request.url ?? '/', base);
  if (served.counts.diesNow()) {
    request.socket.destroy();
    return end();
  }
  if (host.kind === 'bucket') return await serveS3(request, response, host.name, served);
  if (isForS3(request, url)) return await serveS3(request, response, undefined, served);
  const body = await bodyOf(request);
  if (body === undefined) return send(response, 413, 'text/plain', TOO_LONG);
  sendEc2(request, response, url, body, served);
}

type HostName =
  | { readonly kind: 'plain' }
  /** S3's virtual-host style: `BUCKET.localhost`, also with `s3.` between. */
  | { readonly kind: 'bucket'; readonly name: string }
  | { readonly kind: 'unknown' };

/** A page in the operator's browser can reach this port under a name of its own (DNS rebinding): only known names count. */
function hostOf({ headers: { host = '' } }: IncomingMessage, port: number): HostName {
  if (!host.endsWith(`:${port}`)) return { kind: 'unknown' };
  const name = host.slice(0, -`:${port}`.length);
  if (/^(?:127\.0\.0\.1|localhost|s3\.localhost)$/.test(name)) return { kind: 'plain' };
  const [, bucket] = /^([a-z0-9][a-z0-9.-]*?)(?:\.s3)?\.localhost$/.exec(name) ?? [];
  return bucket === undefined ? { kind: 'unknown' } : { kind: 'bucket', name: bucket };
}

/** Told by the service that the request is signed for; what isn't signed is S3's where it can't be EC2's. */
function isForS3({ method, headers }: IncomingMessage, url: URL): boolean {
  const credential = headers.authorization ?? url.searchParams.get('X-Amz-Credential');
  if (credential) return /\/s3\/aws4_request/.test(credential);
  if (method === 'POST') return /^multipart\/form-data/i.test(headers['content-type'] ?? '');
  return url.pathname !== '/' || (method !== 'GET' && method !== 'POST');
}

/** S3 alone, for listeners inside of boxes: EC2 is not for machines. */
export function s3Listener(
  served: Pick<Served, 'store' | 'keyring' | 'counts' | 'requests' | 'wall' | 'log'>,
): RequestListener {
  return (request, response) => {
    serveS3(request, response, undefined, served).catch((error: unknown) => {
      served.log(
        `the local cloud failed to answer: ${error instanceof Error ? error.message : String(error)}`,
      );
      response.destroy();
    });
  };
}

function sendEc2(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: Buffer,
  served: Served,
): void {
  const query = request.method === 'GET' ? url.search : body.toString('utf8');
  const { world, wall, counts, requests } = served;
  const times = {
    now: wall.now() + counts.clockSkewMs,
    aheadMs: Math.max(0, world.clock.now() - wall.now()),
  };
  const region = () => signedRegion(wireRequest(request), body, served.keyring, times);
  const { status, requestId, xml, lost } = answerEc2(query, region, world, counts, requests, served.log);
  if (lost) return void request.socket.destroy();
  response.setHeader('x-amzn-requestid', requestId);
  send(response, status, 'text/xml;charset=UTF-8', xml);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new CloudError('usage', `port ${port} is taken`, {
              hint: 'leave --port out for a free one',
              cause: error,
            })
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let settle: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: () => settle() };
}
