import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { CloudError } from '../errors.ts';

/** An event of QEMU's, as QMP sends it. */
export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A client of the QEMU Machine Protocol.
 * @see https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
export class Qmp {
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: (event: QmpEvent) => void;
  #next = 1;
  #closed = false;

  private constructor(stream: Duplex, onEvent: (event: QmpEvent) => void) {
    this.#stream = stream;
    this.#onEvent = onEvent;
  }

  /**
   * Waits for QEMU's greeting and enters command mode.
   * @param onEvent called with each event, in order
   * @throws CloudError when the stream ends before
   */
  static async open(stream: Duplex, onEvent: (event: QmpEvent) => void): Promise<Qmp> {
    const qmp = new Qmp(stream, onEvent);
    const greeting = new Promise<void>((resolve, reject) => {
      qmp.#waiting.set(0, { resolve: () => resolve(), reject });
    });
    stream.on('error', () => undefined);
    const lines = createInterface({ input: stream });
    // A QEMU that is killed resets the connection, which readline tells too.
    lines.on('error', () => undefined);
    lines.on('line', (line) => qmp.#take(line));
    // readline doesn't tell of a connection that breaks.
    stream.once('close', () => qmp.#end());
    lines.once('close', () => qmp.#end());
    await greeting;
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /**
   * Runs a command.
   * @returns what QEMU returns for it
   * @throws CloudError when QEMU refuses it, or ends before it answers
   */
  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#closed) return Promise.reject(gone());
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#stream.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  #take(line: string): void {
    const message = parsed(line);
    if ('QMP' in message) return void this.#settle(0, ({ resolve }) => resolve(undefined));
    if (typeof message['event'] === 'string') return void this.#onEvent(message as unknown as QmpEvent);
    const { id, error, return: value } = message;
    this.#settle(Number(id), ({ resolve, reject }) => {
      if (error === undefined) resolve(value);
      else reject(new CloudError('internal', `QEMU refused a command: ${descriptionOf(error)}`));
    });
  }

  #settle(id: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) how(waiting);
  }

  #end(): void {
    this.#closed = true;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, ({ reject }) => reject(gone()));
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const descriptionOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'desc' in error ? String(error.desc) : JSON.stringify(error);

const gone = (): CloudError => new CloudError('internal', 'QEMU ended before it answered');
