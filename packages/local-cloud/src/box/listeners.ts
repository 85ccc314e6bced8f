import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CloudError } from '../errors.ts';
import { SYSTEM_ENV } from './kernel.ts';

/** An HTTP service that a box reaches at an address of its own network namespace. */
export interface BoxListener {
  readonly address: string;
  readonly port: number;
  readonly handler: RequestListener;
  /** Answers CONNECT, which any other service refuses. */
  readonly tunnel?: (request: IncomingMessage, client: Duplex, head: Buffer) => void;
}

/** Runs inside the box's network namespace for a moment: binds the sockets and hands them out, listening. */
const BINDER = `
const net = require('node:net');
const todo = JSON.parse(process.argv[1]);
const next = (index) => {
  if (index === todo.length) return process.disconnect();
  const server = net.createServer();
  server.on('error', (error) => { process.stderr.write(error.message); process.exit(1); });
  server.listen({ host: todo[index].address, port: todo[index].port, backlog: 128 }, () =>
    process.send({ index }, server, () => next(index + 1)));
};
process.on('disconnect', () => process.exit());
next(0);
`;

/**
 * Makes the listeners answer inside the box of `pid`. The sockets belong to this process; no relay runs.
 * @returns what closes them, with every connection
 * @throws CloudError when an address can't be bound
 */
export async function listenInside(
  kind: 'complete' | 'limited',
  pid: number,
  listeners: readonly BoxListener[],
): Promise<() => void> {
  const closers: Array<() => void> = [];
  const close = () => {
    for (const closer of closers) closer();
  };
  const user = kind === 'limited' ? ['--user', '--preserve-credentials'] : [];
  const todo = JSON.stringify(listeners.map(({ address, port }) => ({ address, port })));
  const args = ['--target', String(pid), ...user, '--net', '--', process.execPath, '-e', BINDER, todo];
  await new Promise<void>((resolve, reject) => {
    const child = spawn('nsenter', args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      cwd: '/',
      env: SYSTEM_ENV,
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    child.on('message', (message, handle) => {
      const listener = listeners[indexOf(message)];
      if (listener !== undefined && handle instanceof Server) closers.push(serve(handle, listener));
    });
    child.once('error', reject);
    child.once('close', () => {
      if (closers.length === listeners.length) return resolve();
      close();
      reject(
        new CloudError(
          'internal',
          `a service of the box could not be bound to its address: ${said.trim().split('\n').at(-1)}`,
        ),
      );
    });
  });
  return close;
}

const indexOf = (message: unknown): number =>
  typeof message === 'object' && message !== null && 'index' in message ? Number(message.index) : -1;

/** Answers at a socket that listens, or is about to. @returns what closes it, with every connection */
export function serve(
  socket: Server,
  { handler, tunnel }: Pick<BoxListener, 'handler' | 'tunnel'>,
): () => void {
  const http = createServer(handler);
  if (tunnel !== undefined) http.on('connect', tunnel);
  // Tunnels too, which an HTTP server forgets.
  const open = new Set<Socket>();
  socket.on('connection', (connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    // As with an HTTP server's own socket: a tunnel's client may end before its server does.
    connection.allowHalfOpen = true;
    http.emit('connection', connection);
  });
  return () => {
    socket.close();
    for (const connection of open) connection.destroy();
  };
}
