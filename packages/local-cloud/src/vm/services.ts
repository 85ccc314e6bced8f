import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type BoxListener, serve } from '../box/listeners.ts';
import { withSocketPath } from '../control/socket.ts';
import type { VmService } from './command.ts';

/** The services of one machine, each at a Unix socket in a folder of the machine's own. */
export interface VmServices {
  /** QEMU's working folder. */
  readonly folder: string;
  readonly services: readonly VmService[];
  /** Breaks every connection and removes the folder. */
  close(): void;
}

/** @param folder doesn't exist yet; only its user may enter the one that holds it */
export async function serveMachine(folder: string, listeners: readonly BoxListener[]): Promise<VmServices> {
  mkdirSync(folder, { mode: 0o700 });
  const closers: (() => void)[] = [];
  const close = () => {
    for (const closer of closers) closer();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const services: VmService[] = [];
    for (const [index, listener] of listeners.entries()) {
      const socket = `service${index}`;
      const server = createServer();
      closers.push(serve(server, listener));
      await withSocketPath(
        join(folder, socket),
        (path) =>
          new Promise<void>((resolve, reject) => {
            server.once('error', reject).listen(path, resolve);
          }),
      );
      services.push({ address: listener.address, port: listener.port, socket });
    }
    return { folder, services, close };
  } catch (error) {
    close();
    throw error;
  }
}
