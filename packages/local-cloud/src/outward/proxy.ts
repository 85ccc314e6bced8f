import { once } from 'node:events';
import {
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import { dial } from './dial.ts';
import { basic, type Tunnel, tunnelTo } from './tunnel.ts';
import { type Outward, outward, Refusal, unreachable } from './ways.ts';

/** Where a machine finds its proxy: a port that no service is known to want, above those that Linux gives to clients. */
export const PROXY_ADDRESS = { address: '127.0.0.1', port: 63_128 } as const;

/** The two sides of an HTTP proxy: requests with absolute URLs, and tunnels. */
export interface OutwardProxy {
  readonly handler: RequestListener;
  readonly tunnel: Tunnel;
}

/** A machine's way to the outside. Whatever it opens ends with the connection that asked for it. */
export function outwardProxy(ways: Outward = outward()): OutwardProxy {
  return {
    handler: (request, response) => {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      forward(request, response, ways, gone.signal).catch((error: unknown) => refuse(response, error));
    },
    tunnel: tunnelTo(ways),
  };
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  ways: Outward,
  signal: AbortSignal,
): Promise<void> {
  const target = targetOf(request.url ?? '');
  const { socket, via } = await dial(target, ways, signal);
  socket.setTimeout(ways.idleMs);
  const onward = httpRequest({
    createConnection: () => socket,
    method: request.method ?? 'GET',
    path: `${via === undefined ? '' : target.origin}${pathOf(request.url ?? '')}`,
    headers: { ...onwards(request), host: target.host, ...basic(via) },
  });
  // Of what breaks before the answer `once` tells; after it, the answer itself.
  onward.on('error', () => undefined);
  // What a server did not want to read is read here, or the client would never come to its answer.
  onward.once('close', () => request.resume());
  request.pipe(onward);
  const [answer] = (await once(onward, 'response').catch((error: unknown) => {
    throw unreachable(target, error);
  })) as [IncomingMessage];
  // Whether the body comes in chunks is told anew: a client of HTTP/1.0 knows none.
  const { 'transfer-encoding': _chunks, ...headers } = onwards(answer);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  // Cut off there, it is cut off here.
  await pipeline(answer, response).catch(() => response.destroy());
}

function targetOf(url: string): URL {
  if (/^http:\/\//i.test(url) && URL.canParse(url)) return new URL(url);
  throw new Refusal(
    400,
    "this is the proxy of rolecall's local machines: ask it for http://HOST/PATH, or for https by CONNECT",
  );
}

/** As the client wrote it: of a URL that was parsed it may be another. */
const pathOf = (url: string): string => url.replace(/^http:\/\/[^/?#]*/i, '').replace(/^(?!\/)/, '/');

/** Of this connection alone (RFC 9110, 7.6.1), and `expect`, which has been answered here. */
const HOP = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'upgrade',
  'expect',
];

function onwards({ headersDistinct }: IncomingMessage): OutgoingHttpHeaders {
  const named = (headersDistinct['connection'] ?? []).flatMap((list) => list.toLowerCase().split(/[\s,]+/));
  const dropped = new Set([...HOP, ...named]);
  return Object.fromEntries(Object.entries(headersDistinct).filter(([name]) => !dropped.has(name)));
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { status, message } = error instanceof Refusal ? error : new Refusal(502, String(error));
  // In the status line too: apt shows nothing else.
  response.writeHead(status, message, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${message}\n`);
}
