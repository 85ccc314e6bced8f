import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../errno.ts';
import { lives, thisProcess } from '../holder.ts';
import { type Files, namesIn } from './files.ts';

/** Who holds the token renames it; there is exactly one in the folder of each object, from its first moment on. */
const TOKEN = 'token';
const PAUSE_MS = 3;
/** A write under the token takes milliseconds; this is a disk that hangs. */
const PATIENCE_MS = 30_000;

/**
 * Works on an object while nobody else does, among processes too. The token's name tells who holds it, so that of a holder
 * that has died exactly one takes over, and a stalled one can't come back.
 * @throws Error where the holder doesn't let go
 */
export async function holding<T>(folder: string, files: Files, work: () => Promise<T>): Promise<T> {
  const mine = join(folder, `${TOKEN}.${thisProcess()}`);
  await take(folder, mine, files);
  try {
    return await work();
  } finally {
    await rename(mine, join(folder, TOKEN));
  }
}

async function take(folder: string, mine: string, files: Files): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
    if (await renamed(join(folder, TOKEN), mine)) return;
    const holder = (await namesIn(folder)).find((name) => name.startsWith(`${TOKEN}.`));
    if (holder === undefined) await makeFolder(folder, files);
    else if (!lives(holder.slice(TOKEN.length + 1)) && (await renamed(join(folder, holder), mine))) return;
    else await delay(PAUSE_MS);
  }
  throw new Error(`the object in ${folder} is held for ${PATIENCE_MS} ms`);
}

/** @returns false where the name is gone: somebody else was first */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes the folder with its token in it, at once: a folder without one would be held for ever. */
async function makeFolder(folder: string, files: Files): Promise<void> {
  await files.folder(dirname(folder));
  const beside = join(
    dirname(folder),
    `.${basename(folder).slice(0, 100)}-${randomBytes(6).toString('hex')}`,
  );
  try {
    await mkdir(beside, { mode: 0o700 });
    await writeFile(join(beside, TOKEN), '', { mode: 0o600 });
    await files.own(beside);
    await files.own(join(beside, TOKEN));
    await files.sync(beside);
    await files.move(beside, folder);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes(String(codeOf(error)))) throw error;
  }
}
