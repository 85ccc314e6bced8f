import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './errno.ts';

/** Another process may remove a parent folder as soon as it is made: the loop must end nevertheless. */
const ATTEMPTS = 20;

/**
 * Makes a folder with its parents, as mkdir's `recursive` does. Node's own never ends where a folder takes no new entries: in
 * /proc mkdir says ENOENT, as if that folder weren't there.
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
      const code = codeOf(error);
      if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return first;
      if (code !== 'ENOENT' || dirname(folder) === folder || attempt === ATTEMPTS) throw error;
      first = (await makeFolder(dirname(folder), mode)) ?? first;
    }
  }
}
