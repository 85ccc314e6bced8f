import { randomBytes } from 'node:crypto';
import { chown, link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Owner } from '../cloud-file.ts';
import { codeOf } from '../errno.ts';
import { makeFolder } from '../make-folder.ts';

/** The few ways in which the store touches the disk: files for their owner alone, that appear whole or not at all. */
export class Files {
  readonly #owner: Owner | undefined;
  readonly #lasting: boolean;

  /** @param lasting whether what is written has to survive a loss of power: that takes most of a write's time */
  constructor(owner: Owner | undefined, lasting = true) {
    this.#owner = owner;
    this.#lasting = lasting;
  }

  /** Makes a folder, with those above it, for good. */
  async folder(path: string): Promise<void> {
    const first = await makeFolder(path, 0o700);
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) {
      await this.own(made);
      await this.sync(dirname(made));
    }
  }

  /** Gives a file to whom the store belongs, where root serves for somebody else. */
  async own(path: string): Promise<void> {
    if (this.#owner !== undefined) await chown(path, this.#owner.uid, this.#owner.gid);
  }

  /** Writes a file that isn't there yet, whole and lasting. @returns false where there is one */
  async create(path: string, text: string): Promise<boolean> {
    return await this.#beside(path, text, async (beside) => {
      try {
        await link(beside, path);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(beside, { force: true });
      }
    });
  }

  /** Writes a file, whole and lasting, in place of one that may be there. */
  async replace(path: string, text: string): Promise<void> {
    await this.#beside(path, text, (beside) => rename(beside, path));
  }

  /** Gives a file or a folder another name, for good. @throws the error of rename, with its `code` */
  async move(from: string, to: string): Promise<void> {
    await rename(from, to);
    await this.sync(dirname(to));
    if (dirname(from) !== dirname(to)) await this.sync(dirname(from));
  }

  /** Makes the names in a folder survive a loss of power, where they have to. */
  async sync(folder: string): Promise<void> {
    if (this.#lasting) await syncFolder(folder);
  }

  /** Removes a file for good. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await this.sync(dirname(path));
  }

  async #beside<T>(path: string, text: string, place: (beside: string) => Promise<T>): Promise<T> {
    const beside = join(dirname(path), `.new-${randomBytes(8).toString('hex')}`);
    let placed: T;
    try {
      await this.#write(beside, text);
      placed = await place(beside);
    } catch (error) {
      // On a full disk it would take the room of the next one.
      await rm(beside, { force: true });
      throw error;
    }
    await this.sync(dirname(path));
    return placed;
  }

  async #write(path: string, text: string): Promise<void> {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      if (this.#lasting) await file.sync();
    } finally {
      await file.close();
    }
    await this.own(path);
  }
}

/** Makes the names in a folder survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A file's text; undefined where there is none. */
export const textOrNothing = (path: string): Promise<string | undefined> => orNothing(readFile(path, 'utf8'));

/** The names in a folder; none where there is no folder. */
export const namesIn = async (path: string): Promise<string[]> => (await orNothing(readdir(path))) ?? [];

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
