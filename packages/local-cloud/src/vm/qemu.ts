import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type ConsoleReader, followConsole } from '../box/console.ts';
import { SYSTEM_ENV } from '../box/kernel.ts';
import { CloudError } from '../errors.ts';
import { DESCRIPTORS } from './command.ts';
import { Qmp, type QmpEvent } from './qmp.ts';

/** A QEMU that stands; its machine does nothing until `cont`. */
export interface Qemu {
  readonly pid: number;
  readonly qmp: Qmp;
  /** The other ends of the machine's exec ports. */
  readonly ports: readonly Duplex[];
  /** Resolves when the process is gone and its console was read to the end. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends the process at once: the machine loses its power. */
  kill(): void;
}

/** What QEMU is started with. */
export interface QemuStart {
  readonly command: readonly string[];
  /** Its working folder. */
  readonly folder: string;
  /** The descriptor of the machine's disk. */
  readonly disk: number;
  readonly onConsole: (chunk: Buffer) => void;
  readonly onEvent: (event: QmpEvent) => void;
}

/**
 * Starts QEMU and waits until it takes commands.
 * @throws CloudError with QEMU's own words when it doesn't come up
 */
export async function startQemu({ command, folder, disk, onConsole, onEvent }: QemuStart): Promise<Qemu> {
  const [program = '', ...args] = command;
  const line = await serialLine(folder, onConsole);
  const ports = DESCRIPTORS.exec.map(() => 'pipe' as const);
  // A session of its own: Ctrl-C is for the cloud, which then ends its machines in order.
  const child = spawn(program, args, {
    stdio: ['ignore', line.fd, 'pipe', 'pipe', disk, ...ports],
    detached: true,
    cwd: folder,
    env: SYSTEM_ENV,
  });
  let said = '';
  closeSync(line.fd);
  const [, , stderr, qmpStream, , ...streams] = child.stdio as unknown as [
    null,
    null,
    Readable,
    Duplex,
    null,
    ...Duplex[],
  ];
  const ended = once(child, 'close').then(
    () => line.reader.finish(),
    (error: Error) => {
      said = error.message;
      line.reader.finish();
    },
  );
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  for (const stream of streams) stream.on('error', () => undefined);
  try {
    const qmp = await Qmp.open(qmpStream, onEvent);
    return { pid: child.pid ?? 0, qmp, ports: streams, ended, kill: () => void child.kill('SIGKILL') };
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw new CloudError('usage', `QEMU could not start the machine: ${said.trim() || 'it said nothing'}`, {
      hint: 'make memory free, or set ROLECALL_VM_MEMORY_MIB to less',
      cause: error,
    });
  }
}

/**
 * Makes the machine's serial line, of which nothing is left in the folder. A pipe, which joins the single bytes that QEMU
 * writes: a socket holds a few hundred of them, and QEMU's serial port loses what finds no room.
 */
async function serialLine(
  folder: string,
  onChunk: (chunk: Buffer) => void,
): Promise<{ readonly fd: number; readonly reader: ConsoleReader }> {
  const fifo = join(folder, 'console');
  await promisify(execFile)('mkfifo', ['-m', '600', fifo], { env: SYSTEM_ENV });
  const fd = openSync(fifo, 'r+');
  const reader = followConsole(fifo, onChunk, (chunk) => chunk);
  rmSync(fifo);
  return { fd, reader };
}
