import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Version } from './records.ts';

/**
 * A record that is moved, as files: `PATH.1`, `PATH.2`, ... of which the last counts. A move creates the next number, which
 * only one process can; the last few are kept, so that a process that slept through many moves finds its number gone.
 */
const KEPT = 20;

/** @returns undefined when there is none */
export async function newestVersion(path: string, clock: Pick<Clock, 'now'>): Promise<Version | undefined> {
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
export async function nextVersion(
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
