import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { RolecallError } from '../../errors.ts';
import { SYSTEM_ENV } from '../box/kernel.ts';
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
 * @throws RolecallError with QEMU's own words when it doesn't come up
 */
export async function startQemu({ command, folder, disk, onConsole, onEvent }: QemuStart): Promise<Qemu> {
  const [program = '', ...args] = command;
  const ports = DESCRIPTORS.exec.map(() => 'pipe' as const);
  // A session of its own: Ctrl-C is for the cloud, which then ends its machines in order.
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', disk, ...ports],
    detached: true,
    cwd: folder,
    env: SYSTEM_ENV,
  });
  let said = '';
  const [, stdout, stderr, qmpStream, , ...streams] = child.stdio as unknown as [
    null,
    Readable,
    Readable,
    Duplex,
    null,
    ...Duplex[],
  ];
  const ended = once(child, 'close').then(
    () => undefined,
    (error: Error) => {
      said = error.message;
    },
  );
  stdout.on('data', onConsole).on('error', () => undefined);
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
    throw new RolecallError(
      'usage',
      `QEMU could not start the machine: ${said.trim() || 'it said nothing'}`,
      {
        hint: 'make memory free, or set ROLECALL_VM_MEMORY_MIB to less',
        cause: error,
      },
    );
  }
}
