import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../errors.ts';
import type { BoxDriver } from './box.ts';
import type { Credentials } from './cloud.ts';
import { answerControl, CONTROL_PREFIX } from './control.ts';
import { credentialScope } from './ec2/credential.ts';
import type { World } from './ec2/operation.ts';
import { answerEc2 } from './ec2/service.ts';
import type { FaultCounts } from './faults.ts';

/** What the endpoint serves. */
export interface Served {
  readonly world: World;
  readonly counts: FaultCounts;
  readonly credentials: Credentials;
  readonly port: number;
  readonly driver: Pick<BoxDriver, 'kind' | 'limits'>;
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

/** Requests are far smaller: 16 KB of user data and some tags. */
const MAX_BODY = 1_048_576;

/** Listens on loopback only: whoever can call this endpoint with its key runs commands as root in a box. */
export async function serve(served: Served): Promise<Endpoint> {
  const server = createServer();
  await listen(server, served.port);
  const { port } = server.address() as AddressInfo;
  const { promise: closing, resolve: end } = deferred();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
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
  // A page in the operator's browser can reach this port under a name of its own (DNS rebinding).
  if (![`127.0.0.1:${served.port}`, `localhost:${served.port}`].includes(request.headers.host ?? ''))
    return send(response, 403, 'text/plain', 'This is rolecall’s local cloud; call it as 127.0.0.1.\n');
  const body = await bodyOf(request);
  if (body === undefined) return send(response, 413, 'text/plain', `More than ${MAX_BODY} bytes.\n`);
  const base = `http://127.0.0.1:${served.port}`;
  if (!URL.canParse(request.url ?? '/', base)) return send(response, 400, 'text/plain', 'Not a URL.\n');
  const url = new URL(request.url ?? '/', base);
  if (url.pathname.startsWith(CONTROL_PREFIX)) {
    const { status, json, thenEnd } = await answerControl(
      {
        method: request.method ?? '',
        path: url.pathname,
        authorization: request.headers.authorization,
        body,
      },
      served,
    );
    send(response, status, 'application/json', `${JSON.stringify(json)}\n`);
    if (thenEnd) end();
    return;
  }
  if (served.counts.diesNow()) {
    request.socket.destroy();
    return end();
  }
  sendEc2(request, response, url, body, served);
}

function sendEc2(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
  served: Served,
): void {
  // S3 will answer here too, told apart by the service in the credential scope.
  const query = request.method === 'GET' ? url.search : body;
  const region = () =>
    credentialScope(request.headers, url.searchParams, served.credentials.accessKeyId).region;
  const { status, requestId, xml, lost } = answerEc2(query, region, served.world, served.counts, served.log);
  if (lost) return void request.socket.destroy();
  response.setHeader('x-amzn-requestid', requestId);
  send(response, status, 'text/xml;charset=UTF-8', xml);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The body as text; undefined when it is too long (the rest is read and forgotten, so that the answer arrives). */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY) chunks.push(chunk);
    if (length > 8 * MAX_BODY) request.destroy();
  }
  return length > MAX_BODY ? undefined : Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new UsageError(`port ${port} is taken`, { hint: 'leave --port out for a free one', cause: error })
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
