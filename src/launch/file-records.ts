import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { codeOf, isNoRoom, pathError } from '../errno.ts';
import type { UsageError } from '../errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { LaunchRecords, Version } from './records.ts';

/**
 * Records as files under `folder`, which is made when the first is created; for this user only.
 * A record appears whole or not at all, also when the machine loses power in the middle.
 * @throws UsageError when the folder can't be read or written
 */
export function fileRecords(folder: string, clock: Pick<Clock, 'now'> = systemClock): LaunchRecords {
  const path = (key: string) => join(folder, ...key.split('/'));
  const guarded = async <T>(doing: string, key: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw unusable(doing, path(key), error);
    }
  };
  return {
    create: (key, text) => guarded('written', key, () => createWhole(path(key), text)),
    read: (key) =>
      guarded('read', key, async () => {
        try {
          return await readFile(path(key), 'utf8');
        } catch (error) {
          if (codeOf(error) === 'ENOENT') return undefined;
          throw error;
        }
      }),
    version: (key) => guarded('read', key, () => newestVersion(path(key), clock)),
    replace: (key, text, etag) =>
      guarded('written', key, () => nextVersion(path(key), etag, (file) => createWhole(file, text))),
    list: (prefix) => guarded('read', prefix, () => listFiles(folder, path(prefix))),
    locate: path,
  };
}

/** Written beside under another name, synced, then linked: `link` fails where the name exists, `rename` would replace. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const folder = dirname(path);
  await makeFolder(folder, 0o700);
  const beside = join(folder, `.new-${randomBytes(8).toString('hex')}`);
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(beside, path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  } finally {
    await rm(beside, { force: true });
  }
  await syncFolder(folder);
  return true;
}

/** Makes the new name survive a loss of power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.new-'));
    return files.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function unusable(doing: string, path: string, cause: unknown): UsageError {
  return pathError(
    `the record ${path}`,
    doing,
    cause,
    // Elsewhere nobody would know of this fleet's lease, nor of what it was about to do.
    isNoRoom(cause)
      ? 'make room on that disk and run the same command again: the records prevent double launches'
      : 'set XDG_STATE_HOME to a folder that this user can write to: the records prevent double launches',
  );
}

/**
 * A record that is moved, as files: `PATH.1`, `PATH.2`, ... of which the last counts. A move creates the next number, which
 * only one process can; the last few are kept, so that a process that slept through many moves finds its number gone.
 */
const KEPT = 20;

/** @returns undefined when there is none */
async function newestVersion(path: string, clock: Pick<Clock, 'now'>): Promise<Version | undefined> {
  for (;;) {
    const last = (await numbersOf(path)).at(-1);
    if (last === undefined) return undefined;
    try {
      const [text, { mtimeMs }] = await Promise.all([
        readFile(file(path, last), 'utf8'),
        stat(file(path, last)),
      ]);
      return { text, etag: String(last), ageMs: clock.now() - mtimeMs };
    } catch (error) {
      // Moved on, and removed, between the two looks.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/**
 * Creates the version after `etag`.
 * @param create creates a file whole; false when it is there already
 * @returns the etag of the new version; undefined when the record is at another one, or was
 */
async function nextVersion(
  path: string,
  etag: string | undefined,
  create: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  const from = etag === undefined ? 0 : Number(etag);
  // Gone: cleared away after many moves, or somebody has removed the record. Creating a number would bring it back.
  if (from > 0 && !(await numbersOf(path)).includes(from)) return undefined;
  if (!(await create(file(path, from + 1)))) return undefined;
  const numbers = await numbersOf(path);
  const last = numbers.at(-1) ?? 0;
  // Was the number free because all of its time are gone? Then the record has long moved on.
  if (from === 0 ? last > 1 : !numbers.includes(from)) return undefined;
  // In order, so that a number is never gone before those below it.
  for (const number of numbers.filter((each) => each <= last - KEPT))
    await rm(file(path, number), { force: true });
  return String(from + 1);
}

const file = (path: string, number: number): string => `${path}.${number}`;

async function numbersOf(path: string): Promise<number[]> {
  const pattern = new RegExp(`^${basename(path).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\.([1-9][0-9]*)$`);
  try {
    const names = await readdir(dirname(path));
    return names
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
