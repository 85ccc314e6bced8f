import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { dial } from './dial.ts';
import { type Outward, Refusal, unreachable } from './ways.ts';

/** Answers CONNECT, as an HTTP server's event of that name. */
export type Tunnel = (request: IncomingMessage, client: Duplex, head: Buffer) => void;

/** Tunnels to wherever `ways` lead. */
export function tunnelTo(ways: Outward): Tunnel {
  return (request, client, head) => {
    const gone = new AbortController();
    client.on('error', () => undefined).once('close', () => gone.abort());
    open(request.url ?? '', ways, gone.signal).then(
      (server) => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        server.write(head);
        // Each side may end before the other; one that breaks breaks the other.
        server.setTimeout(ways.idleMs).once('error', () => client.destroy());
        client.pipe(server).pipe(client);
        if (server.destroyed) client.destroy();
      },
      (error: unknown) => client.end(refused(error)),
    );
  };
}

/** A connection to the target, by the operator's proxy where there is one. */
async function open(authority: string, ways: Outward, signal: AbortSignal): Promise<Socket> {
  const target = targetOf(authority);
  const { socket, via } = await dial(target, ways, signal);
  if (via === undefined) return socket;
  const headers = { host: authority, ...basic(via) };
  const asked = httpRequest({ createConnection: () => socket, method: 'CONNECT', path: authority, headers });
  asked.on('error', () => undefined).end();
  const [answer, , rest] = (await once(asked, 'connect').catch((error: unknown) => {
    throw unreachable(target, error);
  })) as [IncomingMessage, Socket, Buffer];
  if (answer.statusCode !== 200) {
    socket.destroy();
    const said = `${answer.statusCode} ${answer.statusMessage}`;
    throw new Refusal(
      502,
      `this machine's own proxy ${via.host} refuses ${authority}: ${said}; ask whoever runs it`,
    );
  }
  if (rest.length > 0) socket.unshift(rest);
  return socket;
}

function targetOf(authority: string): URL {
  // As a URL, so that an address in any other spelling (2130706433) is the address.
  const url = `https://${authority}`;
  if (/^(\[[\da-f:.]+\]|[^\s:/?#@\\[\]]+):\d{1,5}$/i.test(authority) && URL.canParse(url))
    return new URL(url);
  throw new Refusal(400, 'CONNECT needs a HOST:PORT');
}

/** What a proxy wants to know of us, where its URL holds a user. */
export function basic(via: URL | undefined): { 'proxy-authorization'?: string } {
  if (!via?.username) return {};
  const user = [via.username, via.password].map(decodeURIComponent).join(':');
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}

function refused(error: unknown): string {
  const { status, message } = error instanceof Refusal ? error : new Refusal(502, String(error));
  const length = Buffer.byteLength(message) + 1;
  const headers = `Content-Type: text/plain\r\nContent-Length: ${length}\r\nConnection: close`;
  // In the status line too: wget shows nothing else.
  return `HTTP/1.1 ${status} ${message}\r\n${headers}\r\n\r\n${message}\n`;
}
