import { constants } from 'node:os';
import type { Duplex, Writable } from 'node:stream';
import type { CloudFile } from '../cloud-file.ts';
import { enterMachine } from '../control/connection.ts';
import { CloudError } from '../errors.ts';
import { ASK, type ExecRequest, FrameReader, frame, INPUT_WINDOW, TELL } from '../vm/exec-frames.ts';

/** How long the machine may take to begin until somebody is told what is waited for. */
const PATIENCE_MS = 5_000;
/** Bytes of input in one frame. */
const CHUNK = 32 * 1024;

/**
 * Runs a command inside a virtual machine, by the agent in its image: where the operator has a terminal, on one of the machine's own.
 * @returns the command's exit code; 128 and the signal's number when a signal ended it
 * @throws CloudError when the machine ends in the middle
 */
export async function runInVm(file: CloudFile, instance: string, argv: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const onTerminal = stdin.isTTY === true && stdout.isTTY === true;
  const machine = await enterMachine(file, instance);
  const request: ExecRequest = {
    argv,
    term: process.env['TERM'] ?? 'dumb',
    ...(onTerminal && { tty: sizeNow() }),
  };
  machine.write(frame(ASK.start, JSON.stringify(request)));
  const input = new InputPump(machine);
  const waiting = setTimeout(
    () => stderr.write(`waiting until ${instance} has booted far enough to run a command\n`),
    PATIENCE_MS,
  );
  const resize = () => machine.write(frame(ASK.resize, JSON.stringify(sizeNow())));
  forwardSignals(machine);
  if (onTerminal) {
    stdin.setRawMode(true);
    stdout.on('resize', resize);
  }
  try {
    return await untilEnd(machine, {
      [TELL.begun]: () => {
        clearTimeout(waiting);
        input.start();
      },
      [TELL.output]: (payload) => pass(payload, stdout, machine),
      [TELL.errors]: (payload) => pass(payload, stderr, machine),
      [TELL.taken]: (payload) => input.taken(Number(payload)),
    });
  } finally {
    clearTimeout(waiting);
    input.stop();
    stdout.off('resize', resize);
    if (onTerminal) stdin.setRawMode(false);
    machine.destroy();
  }
}

/** Hands each frame to its handler. @returns the exit code */
function untilEnd(
  machine: Duplex,
  handlers: Readonly<Record<string, (payload: Buffer) => void>>,
): Promise<number> {
  const frames = new FrameReader();
  return new Promise((resolve, reject) => {
    machine.on('data', (chunk: Buffer) => {
      for (const { kind, payload } of frames.read(chunk)) {
        if (kind === TELL.exit) resolve(Number(payload));
        else if (kind === TELL.lost) reject(lost(payload.toString()));
        else handlers[kind]?.(payload);
      }
    });
    machine.once('error', () => reject(lost('the local cloud has ended')));
    machine.once('close', () => reject(lost('the local cloud has ended')));
  });
}

const lost = (why: string): CloudError =>
  new CloudError('failed', `the command was cut off: ${why}`, { hint: 'rolecall status --local' });

function pass(payload: Buffer, to: Writable, from: Duplex): void {
  if (to.write(payload)) return;
  from.pause();
  to.once('drain', () => from.resume());
}

/** A Ctrl-C is for the command; rolecall stays until the command has ended. */
function forwardSignals(machine: Duplex): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => machine.write(frame(ASK.signal, String(constants.signals[signal]))));
  }
}

const sizeNow = () => ({ rows: process.stdout.rows, columns: process.stdout.columns });

/** Sends stdin, but never more than the machine has room for. */
class InputPump {
  readonly #machine: Duplex;
  #underWay = 0;

  constructor(machine: Duplex) {
    this.#machine = machine;
  }

  start(): void {
    process.stdin.on('data', this.#send).once('end', this.#end);
  }

  stop(): void {
    process.stdin.off('data', this.#send).off('end', this.#end);
    process.stdin.pause();
  }

  /** The command has read this number of bytes. */
  taken(count: number): void {
    this.#underWay -= count;
    if (this.#underWay < INPUT_WINDOW) process.stdin.resume();
  }

  readonly #send = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length; at += CHUNK)
      this.#machine.write(frame(ASK.input, chunk.subarray(at, at + CHUNK)));
    this.#underWay += chunk.length;
    if (this.#underWay >= INPUT_WINDOW) process.stdin.pause();
  };

  readonly #end = (): void => {
    this.#machine.write(frame(ASK.inputEnds));
  };
}
