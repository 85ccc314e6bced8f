import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { CloudError } from '../errors.ts';

/**
 * Longest path of a socket, in bytes: `sun_path` of unix(7) has 108 with its end, 104 on macOS.
 */
const LONGEST = 103;

/**
 * Calls `use` with a path of the socket that a socket's address has room for. Linux reaches any folder by a descriptor.
 * @throws CloudError where the path is too long and there is no such way
 */
export async function withSocketPath<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= LONGEST) return await use(path);
  if (process.platform !== 'linux')
    throw new CloudError('usage', `${path} is too long for a socket (${LONGEST} bytes)`, {
      hint: 'set XDG_STATE_HOME to a shorter path',
    });
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}
