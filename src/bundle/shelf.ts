import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { codeOf, pathError } from '../errno.ts';
import { ConflictError, UsageError } from '../errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { makeOwnFolder, othersFolders, removeOwnFolder } from '../files/own-folder.ts';
import { MODULE_NAME } from '../model.ts';
import { type LockEntry, lockEntryOf, readLock, writeLock } from './lock.ts';

/** How the folders begin in which modules are prepared; hidden, so that no role sees them. */
const PURPOSE = '.adding';

/** The prepared module, the one that it replaces, and the decision to replace, in a folder of `PURPOSE`. */
const NEW = 'new';
const OLD = 'old';
const DECISION = 'decision.json';

/** A module that is being prepared beside the catalogue's own. */
export interface Preparation {
  /** The folder to fill: empty, named as the module. */
  readonly draft: string;
  /** Makes the draft the module of the shelf, and pins it. */
  place(decision: Pick<Decision, 'entry' | 'replace'>): Promise<void>;
  /** Removes what is left of the preparation. Never throws. */
  close(): Promise<void>;
}

/** @throws UsageError for a name that could lead out of the shelf, or that no bundle can hold */
export function requireModuleName(name: string): void {
  if (MODULE_NAME.test(name)) return;
  throw new UsageError(`"${name}" can't be the name of a module`, {
    hint: 'a lower-case letter, then a-z 0-9 and -, at most 32 in all; not files',
  });
}

/**
 * Prepares a module in a folder of this call's own, which is all that this call ever removes. Killed at any moment, the shelf
 * holds the old module or the new one, with its pin: `recoverShelf` ends what a killed call began.
 * @throws UsageError; ConflictError while another process adds a module
 */
export async function prepareModule(shelf: string, name: string): Promise<Preparation> {
  requireModuleName(name);
  await makeFolder(shelf).catch((error: unknown) => {
    throw pathError(shelf, 'made', error, 'set modules_folder in the catalogue to another folder');
  });
  await recoverShelf(shelf);
  const work = await makeOwnFolder(shelf, PURPOSE).catch((error: unknown) => {
    throw pathError(shelf, 'written to', error);
  });
  try {
    await requireAlone(shelf, work);
    const draft = join(work, NEW, name);
    await mkdir(join(work, OLD));
    await mkdir(draft, { recursive: true });
    return {
      draft,
      place: (decision) => place(shelf, work, { name, ...decision }),
      close: async () => {
        if (!existsSync(join(work, OLD, name)) || existsSync(join(shelf, name))) await removeOwnFolder(work);
      },
    };
  } catch (error) {
    await removeOwnFolder(work);
    throw error;
  }
}

/** What a call decided, written down before it changes the shelf. */
interface Decision {
  readonly name: string;
  /** The pin of the module; absent: it has none. */
  readonly entry: LockEntry | undefined;
  /** A module of that name is there and goes; else a module that turns up meanwhile is left alone. */
  readonly replace: boolean;
}

async function place(shelf: string, work: string, decision: Decision): Promise<void> {
  await writeFile(join(work, `.${DECISION}`), JSON.stringify(decision), { flag: 'wx', mode: 0o600 });
  // From here on the new module stands: whoever comes next ends this, if we can't.
  await rename(join(work, `.${DECISION}`), join(work, DECISION));
  try {
    await complete(shelf, work, decision);
  } catch (error) {
    await undo(shelf, work, decision.name);
    throw error;
  }
}

/** Puts back what a failed call moved. Where even that fails, the folder stays for `recoverShelf`. */
async function undo(shelf: string, work: string, name: string): Promise<void> {
  const draft = join(work, NEW, name);
  if (!existsSync(draft)) await rename(join(shelf, name), draft);
  if (existsSync(join(work, OLD, name))) await rename(join(work, OLD, name), join(shelf, name));
  await rename(join(work, DECISION), join(work, `.${DECISION}`));
}

/** Does what was decided, from whatever state a killed call left. */
async function complete(shelf: string, work: string, { name, entry, replace }: Decision): Promise<void> {
  const target = join(shelf, name);
  const draft = join(work, NEW, name);
  if (existsSync(draft)) {
    if (replace)
      await rename(target, join(work, OLD, name)).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    await rename(draft, target);
  }
  if (entry !== undefined) await writeLock(shelf, { ...(await readLock(shelf)), [name]: entry });
}

/**
 * Ends what killed calls began in a shelf: a module that was decided on is placed, and their folders are removed.
 * @throws UsageError where the shelf can't be written to
 */
export async function recoverShelf(shelf: string): Promise<void> {
  const { abandoned } = await foldersIn(shelf);
  for (const work of abandoned) {
    const decision = await readDecision(work);
    if (decision !== undefined)
      await complete(shelf, work, decision).catch((error: unknown) => {
        throw pathError(join(shelf, decision.name), 'put in place', error);
      });
    await removeOwnFolder(work);
  }
}

/** Two calls at once would lose one another's pins. */
async function requireAlone(shelf: string, own: string): Promise<void> {
  const other = (await foldersIn(shelf)).used.find((path) => path !== own);
  if (other === undefined) return;
  throw new ConflictError(`another process adds a module to ${shelf}`, {
    hint: `wait until it has ended; if there is none, remove ${other}`,
  });
}

async function foldersIn(shelf: string) {
  try {
    return await othersFolders(shelf, PURPOSE, systemClock.now());
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { used: [], abandoned: [] };
    throw pathError(
      `the folder of modules ${shelf}`,
      'read',
      error,
      'check modules_folder in the catalogue, and the rights of that folder',
    );
  }
}

async function readDecision(work: string): Promise<Decision | undefined> {
  const names = await readdir(work);
  if (!names.includes(DECISION)) return undefined;
  const read = JSON.parse(await readFile(join(work, DECISION), 'utf8')) as Record<string, unknown>;
  const name = String(read['name']);
  requireModuleName(name);
  return { name, entry: lockEntryOf(read['entry']), replace: read['replace'] === true };
}
