import type { Writable } from 'node:stream';

/**
 * Writes and waits until it is handed over, so that a process that ends right after cuts nothing off a pipe.
 * A reader that has gone away (`rolecall ... | head -1`) is no error.
 */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed || stream.writableEnded) return resolve();
    const failed = (error: NodeJS.ErrnoException) => (isGone(error) ? resolve() : reject(error));
    // Without a listener of its own an EPIPE would end the process as an uncaught exception.
    stream.once('error', failed);
    stream.write(text, (error) => {
      if (error) return failed(error);
      stream.off('error', failed);
      resolve();
    });
  });
}

const isGone = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
