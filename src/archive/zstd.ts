import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { UsageError } from '../errors.ts';

/** Node 20 has no zstd built in: the command does it. One thread, since the bytes must not depend on how many there are. */
export const compressZstd = (): Duplex => through(['--quiet', '--single-thread', '-3', '--stdout']);

export const decompressZstd = (): Duplex => through(['--quiet', '--decompress', '--stdout']);

function through(args: readonly string[]): Duplex {
  const child = spawn('zstd', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.once('error', (error: NodeJS.ErrnoException) =>
    stream.destroy(
      error.code === 'ENOENT'
        ? new UsageError('zstd is not installed', {
            hint: 'install it (apt-get install zstd), or choose gzip as the compression',
          })
        : error,
    ),
  );
  child.once('close', (code) => {
    if (code !== 0)
      stream.destroy(
        new UsageError(`zstd ended with status ${code}`, { hint: 'choose gzip as the compression' }),
      );
  });
  return stream;
}
