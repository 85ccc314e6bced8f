import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { UsageError } from '../errors.ts';

/** The first error of each stream that `outliveErrors` listens to. */
const broken = new WeakMap<object, NodeJS.ErrnoException>();

interface Streams {
  readonly stdin: NodeJS.EventEmitter;
  readonly stdout: NodeJS.EventEmitter;
  readonly stderr: NodeJS.EventEmitter;
}

/**
 * Keeps the process alive when one of its streams breaks: a reader that goes away, a full disk, a terminal that is hung up.
 * Node would end the process at an error event without a listener, whatever its machines are doing.
 */
export function outliveErrors({ stdin, stdout, stderr }: Streams): void {
  for (const stream of [stdin, stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!broken.has(stream)) broken.set(stream, error);
    });
}

/** The first error of a stream; undefined as long as it works. */
export const breakOf = (stream: object): NodeJS.ErrnoException | undefined => broken.get(stream);

/**
 * Writes data to stdout and waits until it is handed over, so that a process that ends right after cuts nothing off a pipe.
 * A reader that has gone away (`rolecall ... | head -1`) is no error.
 * @throws UsageError where the data can't be written
 */
export async function write(stdout: Writable, text: string): Promise<void> {
  const error = await handOver(stdout, text);
  if (error === undefined || isGone(error)) return;
  throw new UsageError(`stdout can't be written: ${error.message}`, {
    hint: 'send the output to where there is room: rolecall ... > FILE',
    cause: error,
  });
}

/** Writes text for people to stderr and waits until it is handed over. Whether anybody reads it changes nothing. */
export const say = async (stderr: Writable, text: string): Promise<void> =>
  void (await handOver(stderr, text));

/** Whether a stream of this process ends in a file that stays, as `2>FILE` makes it. */
export function goesToFile(stream: object): boolean {
  const fd: unknown = 'fd' in stream ? stream.fd : undefined;
  try {
    return typeof fd === 'number' && fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/** Writes text, and waits. @returns the error that lost it, or that broke the stream before */
export function handOver(stream: Writable, text: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const before = breakOf(stream);
    if (before !== undefined || stream.destroyed || stream.writableEnded) return resolve(before);
    // Without a listener of its own an EPIPE would end the process as an uncaught exception.
    stream.once('error', resolve);
    stream.write(text, (error) => {
      if (error) return resolve(error);
      stream.off('error', resolve);
      resolve(undefined);
    });
  });
}

const isGone = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
