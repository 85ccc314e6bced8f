import { once } from 'node:events';
import { createServer, type RequestListener, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Server as NetServer, type Socket } from 'node:net';
import { outwardProxy } from '../../src/outward/proxy.ts';
import { type Outward, outward } from '../../src/outward/ways.ts';

/** A server on loopback (of which there is more than one address); `await using` ends it and its connections. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** How many connections it has now. */
  readonly connections: () => Promise<number>;
}

export async function listening(server: NetServer, address = '127.0.0.1'): Promise<Listening> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
  });
  server.listen(0, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: async () => open.size,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Tests' ways: all of loopback is outside but 127.0.0.9, and nobody's environment counts. */
export const WAYS: Outward = {
  ...outward(),
  refusal: (address) => (address === '127.0.0.9' ? 'a refused address' : undefined),
  env: {},
  connectMs: 2_000,
};

/** A proxy with the given ways. */
export function proxying(ways: Partial<Outward> = {}): Promise<Listening> {
  const { handler, tunnel } = outwardProxy({ ...WAYS, ...ways });
  return listening(createServer(handler).on('connect', tunnel));
}

export const web = (handler: RequestListener): Promise<Listening> => listening(createServer(handler));

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Asks a proxy for a URL, as a client that has one does. */
export async function ask(
  proxy: Listening,
  url: string,
  { method = 'GET', headers = {}, body = '' } = {},
): Promise<Answer> {
  const sent = request({ port: proxy.port, host: '127.0.0.1', method, path: url, headers, agent: false });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, reason: response.statusMessage, headers: response.headers, text };
}

/** A client that has asked a proxy for a tunnel. */
export interface Client {
  readonly socket: Socket;
  /** What came back first. */
  readonly said: string;
  /** All that came back, without the head, as soon as the other side has ended. */
  readonly heard: Promise<string>;
}

export async function connectTo(proxy: Listening, authority: string, more = ''): Promise<Client> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.on('error', () => undefined).setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  const heard = once(socket, 'end').then(() => text.slice(text.indexOf('\r\n\r\n') + 4));
  heard.catch(() => undefined);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${more}`);
  const [said] = (await once(socket, 'data')) as [string];
  return { socket, said, heard };
}

/** A chain's next proxy: answers requests itself, tells what it was asked, and connects tunnels to `port`. */
export async function upstreamProxy(port: number): Promise<Listening & { readonly asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization'] ?? '-'}`);
    response.end('from the upstream');
  });
  server.on('connect', (incoming, client) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization'] ?? '-'}`);
    if (incoming.url === 'forbidden.example:443') return client.end('HTTP/1.1 407 Who are you\r\n\r\n');
    const socket = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    socket.on('error', () => client.destroy());
    return client
      .on('error', () => socket.destroy())
      .pipe(socket)
      .pipe(client);
  });
  return { ...(await listening(server)), asked };
}
