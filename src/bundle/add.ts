import { chmod, lstat, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesOfFolder, escapeOf } from '../archive/entries.ts';
import { ConflictError, UsageError } from '../errors.ts';
import { moduleHash, readLock, writeLock } from './lock.ts';
import { readModule } from './read-module.ts';
import { prepareModule, requireModuleName } from './shelf.ts';
import type { Fetched } from './source.ts';

/** Parts of a source that are none of the module's. */
const NOT_TAKEN = new Set(['.git', 'node_modules']);

/** What to take of a source, and where it goes. */
export interface AddPlan {
  /** The folder of the catalogue's own modules. */
  readonly shelf: string;
  /** As the user gave it. */
  readonly source: string;
  /** Modules to take; empty: the only one that there is. */
  readonly names: readonly string[];
  /** Replace what is there. */
  readonly force: boolean;
  /** Names of the standard collection. */
  readonly standard: readonly string[];
}

export interface AddedModule {
  readonly name: string;
  readonly folder: string;
  readonly sha256: string;
  /** False where the very same was there already. */
  readonly changed: boolean;
}

/**
 * Copies modules from a source to the catalogue's own, and pins them in its lock.
 * @throws UsageError for a source without such modules; ConflictError where another module has the name
 */
export async function addModules(fetched: Fetched, plan: AddPlan): Promise<AddedModule[]> {
  const found = await modulesIn(fetched);
  const wanted = chosen([...found.keys()], plan);
  const added: AddedModule[] = [];
  for (const name of wanted) added.push(await addOne(name, found.get(name) ?? '', fetched, plan));
  return added;
}

/** Names to folders: the source itself, or what lies in it or in its `modules/`. */
async function modulesIn({ folder, name }: Fetched): Promise<ReadonlyMap<string, string>> {
  const isModule = async (path: string) =>
    (await stat(join(path, 'module.yaml')).catch(() => undefined))?.isFile() === true;
  if (await isModule(folder)) return new Map([[name, folder]]);
  const found = new Map<string, string>();
  for (const shelf of [join(folder, 'modules'), folder]) {
    for (const entry of await readdir(shelf, { withFileTypes: true }).catch(() => [])) {
      const path = join(shelf, entry.name);
      if (entry.isDirectory() && !found.has(entry.name) && (await isModule(path)))
        found.set(entry.name, path);
    }
  }
  return found;
}

function chosen(there: readonly string[], { source, names }: AddPlan): readonly string[] {
  if (there.length === 0)
    throw new UsageError(
      `${source} has no modules: no module.yaml in it, in its folders, or in its modules/`,
      { hint: 'docs/modules.md tells what a module is' },
    );
  const missing = names.find((name) => !there.includes(name));
  if (missing !== undefined)
    throw new UsageError(`${source} has no module ${missing}`, { hint: `it has ${there.join(', ')}` });
  if (names.length > 0) return names;
  if (there.length === 1) return there;
  throw new UsageError(`${source} has ${there.length} modules: ${there.join(', ')}`, {
    hint: `say which: --module ${there[0]} (again for more)`,
  });
}

async function addOne(
  name: string,
  from: string,
  { resolved }: Fetched,
  plan: AddPlan,
): Promise<AddedModule> {
  const { shelf, source, force, standard } = plan;
  requireModuleName(name);
  if (standard.includes(name))
    throw new ConflictError(`the standard collection has a module ${name} already`, {
      hint: 'a catalogue has one module of a name: copy it under another one',
    });
  const preparation = await prepareModule(shelf, name);
  const { draft } = preparation;
  try {
    await copyModule(from, draft);
    await readModule(draft, `${source} (${name})`, 'own');
    const sha256 = await moduleHash(draft);
    const target = join(shelf, name);
    const there = await lstat(target).catch(() => undefined);
    const same = there?.isDirectory() === true && (await moduleHash(target)) === sha256;
    if (there !== undefined && !same && !force)
      throw new ConflictError(`there is another module ${name} already: ${target}`, {
        hint: 'add --force to replace it; rolecall keeps no copy of what is there',
      });
    const entry = { source, sha256, ...(resolved !== undefined && { resolved }) };
    if (same) await writeLock(shelf, { ...(await readLock(shelf)), [name]: entry });
    else await preparation.place({ entry, replace: there !== undefined });
    return { name, folder: target, sha256, changed: !same };
  } finally {
    await preparation.close();
  }
}

async function copyModule(from: string, to: string): Promise<void> {
  for await (const entry of entriesOfFolder(from)) {
    const target = join(to, entry.path);
    if (NOT_TAKEN.has(entry.path.split('/')[0] ?? '')) continue;
    const reason = escapeOf(entry);
    if (reason !== undefined)
      throw new UsageError(`${entry.path} ${reason}`, { hint: 'a module is a folder that stands alone' });
    if (entry.kind === 'folder') await mkdir(target, { recursive: true });
    if (entry.kind === 'link') await symlink(entry.target, target);
    if (entry.kind !== 'file') continue;
    await writeFile(target, entry.content);
    await chmod(target, entry.executable ? 0o755 : 0o644);
  }
}
