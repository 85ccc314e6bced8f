import { chmod, lstat, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbandoned, MARK, ownMark } from './holder.ts';

/** How the folders of one purpose are used now. */
export interface OthersFolders {
  /** Of processes that still run, or may. Absolute paths. */
  readonly used: readonly string[];
  /** Of processes that were killed. Absolute paths. */
  readonly abandoned: readonly string[];
}

/**
 * Makes a new folder for this user alone, named so that a later process can tell whether this one still runs.
 * @param base an existing folder
 * @param purpose how the name begins
 * @throws the error of mkdtemp, with its `code`
 */
export const makeOwnFolder = (base: string, purpose: string): Promise<string> =>
  mkdtemp(join(base, `${purpose}-${ownMark()}-`));

/**
 * Removes a folder that `makeOwnFolder` made. Never throws: a folder that stays is removed by a later call for the same
 * purpose.
 */
export async function removeOwnFolder(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true });
  await remove().catch(async () => {
    // An archive may hold folders that nobody may write to.
    await unlocked(folder).catch(() => undefined);
    await remove().catch(() => undefined);
  });
}

async function unlocked(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await unlocked(join(folder, entry.name));
}

/**
 * Finds the folders that other calls made for the same purpose. Only folders that this user owns and nobody else may enter
 * count: in a shared folder, somebody else could swap a part of a folder for a link while it is removed.
 * @param now epoch milliseconds
 * @throws the error of readdir, with its `code`
 */
export async function othersFolders(base: string, purpose: string, now: number): Promise<OthersFolders> {
  const used: string[] = [];
  const abandoned: string[] = [];
  for (const name of await readdir(base)) {
    if (!name.startsWith(`${purpose}-`)) continue;
    const [, mark] = NAME.exec(name.slice(purpose.length)) ?? [];
    if (mark === undefined) continue;
    const path = join(base, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory() || found.uid !== process.geteuid?.() || (found.mode & 0o077) !== 0) continue;
    (isAbandoned(mark, found.mtimeMs, now) ? abandoned : used).push(path);
  }
  return { used, abandoned };
}

/**
 * Removes the folders that killed calls for the same purpose left. Where somebody else may rename what lies in `base`, they
 * stay: he could put another folder of this user in the place of one while it is removed.
 * @throws the error of readdir, with its `code`
 */
export async function sweepFolders(base: string, purpose: string, now: number): Promise<void> {
  const { abandoned } = await othersFolders(base, purpose, now);
  if (abandoned.length > 0 && (await isOurs(base))) await Promise.all(abandoned.map(removeOwnFolder));
}

/** Whether only this user and root can rename what this user has in a folder. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await stat(folder);
  return (found.uid === 0 || found.uid === process.geteuid?.()) && !isOpenToAll(found);
}

/** Whether everybody may rename what others have in a folder: it isn't sticky as /tmp is. */
export const isOpenToAll = ({ mode }: { readonly mode: number }): boolean =>
  (mode & 0o002) !== 0 && (mode & 0o1000) === 0;

const NAME = new RegExp(`^-(${MARK})-[A-Za-z0-9]{6}$`);
