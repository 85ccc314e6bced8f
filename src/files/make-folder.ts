import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../errno.ts';

/** Somebody else may remove a folder above as soon as it is made; where none can be, it must end nevertheless. */
const ATTEMPTS = 20;

/**
 * Makes a folder with those above it, as mkdir's `recursive` does. Node's own never ends where a folder exists that takes
 * none: in /proc mkdir says ENOENT, as if that folder weren't there.
 * @returns the topmost folder that was made, undefined where all were there
 * @throws the error of mkdir, with its `code`
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<string | undefined> {
  let first: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(folder, { mode });
      return first ?? folder;
    } catch (error) {
      if (codeOf(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return first;
      if (isFinal(error, folder, attempt)) throw error;
      first = (await makeFolder(dirname(folder), mode)) ?? first;
    }
  }
}

const isFinal = (error: unknown, folder: string, attempt: number): boolean =>
  codeOf(error) !== 'ENOENT' || dirname(folder) === folder || attempt === ATTEMPTS;
