import { lstat } from 'node:fs/promises';
import { UsageError } from '../errors.ts';

/**
 * Makes sure that a file may take the place of what is at a path: of nothing, or of a file. Folders are left to whoever
 * writes there. Root could replace a device of the machine (`/dev/null`) or a link (`/dev/stdout`) for good.
 * @throws UsageError
 */
export async function requireReplaceable(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined || there.isFile() || there.isDirectory()) return;
  throw new UsageError(`${path} is no regular file`, {
    hint: 'name another file: a device, a pipe or a link is never replaced',
  });
}
