import { constants, write } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { codeOf } from '../errno.ts';

/** How long a pipe may be without a reader, or without room, in milliseconds. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

const writeTo = promisify(write);

/**
 * Writes through a device, a pipe or a descriptor. No call blocks a thread: that would keep the process from ending.
 * @throws the error of open or write, with its `code`
 */
export async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const own = ownDescriptor(path);
  if (own !== undefined) return await writeAll(own, bytes);
  const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
  const handle = await patiently('ENXIO', () => open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY));
  try {
    await writeAll(handle.fd, bytes);
  } finally {
    await handle.close();
  }
}

/** stdout and stderr: opened anew, a regular file behind them would have a second position to write at. */
function ownDescriptor(path: string): 1 | 2 | undefined {
  if (/^\/(dev\/stdout|(dev|proc\/self)\/fd\/1)$/.test(path)) return 1;
  return /^\/(dev\/stderr|(dev|proc\/self)\/fd\/2)$/.test(path) ? 2 : undefined;
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const from = at;
    const { bytesWritten } = await patiently('EAGAIN', () =>
      writeTo(descriptor, bytes, from, bytes.length - from, null),
    );
    at += bytesWritten;
  }
}

/** Repeats a call that fails with `code` for as long as somebody may still come and read. */
async function patiently<T>(code: string, call: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      return await call();
    } catch (error) {
      if (waitedMs >= PATIENCE_MS || codeOf(error) !== code) throw error;
      await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    }
  }
}
