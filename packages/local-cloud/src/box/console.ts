import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

/** Bytes of console taken in one `WINDOW_MS`; a box that writes faster waits, as it would at a serial line. */
const WINDOW_BYTES = 1024 * 1024;
const WINDOW_MS = 100;

/** The reading end of a box's console. */
export interface ConsoleReader {
  /** Reads what is left, to the last byte, and closes. Call it when nobody can write any more. */
  finish(): void;
}

/**
 * Follows the FIFO that a box's console is written to.
 * Opened for reading and writing, so that it neither blocks nor ends while the box opens and closes it; read by
 * libuv's poller, not by its thread pool, of which a few dozen silent consoles would take every thread.
 * @param onChunk gets the bytes as a terminal line sends them
 * @param asLine makes a terminal line's bytes of what was written: each LF comes as CR LF, unless a terminal has done so already
 * @throws an Error of node:fs when the FIFO can't be opened
 */
export function followConsole(
  fifo: string,
  onChunk: (chunk: Buffer) => void,
  asLine: (chunk: Buffer) => Buffer = lineEnds,
): ConsoleReader {
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  // The socket closes its descriptor by itself; the second one is for the rest, read at the end.
  const rest = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  const deliver = (chunk: Buffer) => onChunk(asLine(chunk));
  let taken = 0;
  let timer: NodeJS.Timeout | undefined;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    taken += chunk.length;
    timer ??= setTimeout(() => {
      timer = undefined;
      taken = 0;
      socket.resume();
    }, WINDOW_MS);
    if (taken >= WINDOW_BYTES) socket.pause();
    deliver(chunk);
  });
  return {
    finish: () => {
      clearTimeout(timer);
      // read() would tell the listener as well.
      socket.removeAllListeners('data');
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) deliver(chunk);
      socket.destroy();
      drain(rest, deliver);
      closeSync(rest);
    },
  };
}

function drain(fd: number, deliver: (chunk: Buffer) => void): void {
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readOrZero(fd, chunk);
    if (length === 0) return;
    deliver(chunk.subarray(0, length));
  }
}

function readOrZero(fd: number, chunk: Buffer): number {
  try {
    return readSync(fd, chunk);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}

/** What a terminal's output processing does (termios ONLCR). */
export function lineEnds(chunk: Buffer): Buffer {
  if (!chunk.includes(0x0a)) return chunk;
  return Buffer.from(chunk.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
}
