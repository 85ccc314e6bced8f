import { rename, rm, writeFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { requireReplaceable } from './replaceable.ts';

/**
 * Writes a file that only its owner reads, whatever was there before; whole or not at all.
 * @throws UsageError where it can't be written
 */
export async function writePrivate(path: string, text: string): Promise<void> {
  await requireReplaceable(path);
  const draft = `${path}.${process.pid}.part`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new UsageError(`${path} can't be written: ${(error as Error).message}`, {
      hint: 'name another file',
      cause: error,
    });
  }
}
