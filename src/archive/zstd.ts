import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { UsageError } from '../errors.ts';

/** Node 20 has no zstd built in: the command does it. One thread, since the bytes must not depend on how many there are. */
export const compressZstd = (): Duplex => through(['--quiet', '--single-thread', '-3', '--stdout']);

export const decompressZstd = (): Duplex => through(['--quiet', '--decompress', '--stdout']);

/** The command as a stream, which fails as the command does, and takes it along when it is destroyed. */
function through(args: readonly string[]): Duplex {
  const child = spawn('zstd', args, { stdio: ['pipe', 'pipe', 'ignore'], env: process.env });
  const stream = new Duplex({
    // A broken pipe is no reason: how the command ends is.
    write: (chunk: Buffer, _encoding, done) => child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(() => done()),
    read: () => child.stdout.resume(),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.once('error', (error) => stream.destroy(notStarted(error)));
  child.once('close', (code) => {
    if (code === 0) stream.push(null);
    else stream.destroy(badEnd(code));
  });
  return stream;
}

const notStarted = (error: NodeJS.ErrnoException): Error =>
  error.code === 'ENOENT'
    ? new UsageError('zstd is not installed', {
        hint: 'install it (apt-get install zstd), or choose gzip as the compression',
        cause: error,
      })
    : error;

const badEnd = (code: number | null): UsageError =>
  new UsageError(`zstd ended with status ${code}`, { hint: 'choose gzip as the compression' });
