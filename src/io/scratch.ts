import { tmpdir } from 'node:os';
import { pathError } from '../errno.ts';
import { systemClock } from './clock.ts';
import { makeOwnFolder, othersFolders, removeOwnFolder } from './own-folder.ts';

const PURPOSE = 'rolecall-scratch';

/**
 * Makes a folder for temporary files, and removes those that killed processes left: they may hold gigabytes. The caller
 * removes the folder with `removeOwnFolder`.
 * @throws UsageError where the folder for temporary files can't be used
 */
export async function scratchFolder(base = tmpdir()): Promise<string> {
  try {
    const { abandoned } = await othersFolders(base, PURPOSE, systemClock.now());
    await Promise.all(abandoned.map(removeOwnFolder));
    return await makeOwnFolder(base, PURPOSE);
  } catch (error) {
    throw pathError(
      base,
      'used for temporary files',
      error,
      'set TMPDIR to a folder that exists, that you can write to, and that has room',
    );
  }
}
