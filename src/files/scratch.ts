import { access, constants, lstat, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../clock.ts';
import { pathError } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { shellWord } from '../text.ts';
import { makeFolder } from './make-folder.ts';
import { isOpenToAll, makeOwnFolder, sweepFolders } from './own-folder.ts';
import { stateFolder } from './state-folder.ts';

const PURPOSE = 'rolecall-scratch';
const HINT = 'set TMPDIR to a folder that exists, that you can write to, and that has room';
const NO_ROOM = /no space left on device|disk quota exceeded|ENOSPC|EDQUOT|unable to write new index file/i;

/**
 * Where temporary files go: to TMPDIR where the user names one, else to a folder of his own below the state folder, into which
 * nobody else can put anything. Where that can't be used, to the system's.
 */
async function scratchBase(env: NodeJS.ProcessEnv): Promise<string> {
  const named = env['TMPDIR'];
  if (named) return named.replace(/(?<=.)\/+$/, '');
  try {
    const own = join(stateFolder(env), 'scratch');
    await makeFolder(own, 0o700);
    await access(own, constants.W_OK | constants.X_OK);
    const { uid, mode } = await lstat(own);
    return uid === process.geteuid?.() && (mode & 0o077) === 0 ? own : tmpdir();
  } catch {
    return tmpdir();
  }
}

/**
 * Makes a folder for temporary files, and removes those that killed processes left: they may hold gigabytes. The caller
 * removes the folder with `removeOwnFolder`.
 * @throws UsageError where the folder for temporary files can't be used
 */
export async function scratchFolder(given?: string): Promise<string> {
  const base = given ?? (await scratchBase(process.env));
  try {
    if (isOpenToAll(await stat(base)))
      throw new UsageError(`${base} can't be used for temporary files: everybody may rename what is in it`, {
        hint: `make it sticky as /tmp is (chmod +t ${shellWord(base)}), or set TMPDIR to another folder`,
      });
    await sweepFolders(base, PURPOSE, systemClock.now());
    return await makeOwnFolder(base, PURPOSE);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw pathError(base, 'used for temporary files', error, HINT);
  }
}

/**
 * The error for a program that found no room in a scratch folder; undefined where what it said tells nothing of the kind.
 * @param said by the program: the C library's messages of ENOSPC and EDQUOT (errno(3)), npm's and git's codes
 */
export function noRoomIn(folder: string, said: string, cause?: unknown): UsageError | undefined {
  const line = said.split('\n').find((each) => NO_ROOM.test(each));
  if (line === undefined) return undefined;
  const message = `${dirname(folder)} has no room for temporary files: ${line.trim()}`;
  return new UsageError(message, { hint: HINT, cause });
}
