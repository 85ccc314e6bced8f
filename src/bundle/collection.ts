import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathError } from '../errno.ts';
import { UsageError } from '../errors.ts';
import type { Module } from './module.ts';
import { readModule } from './read-module.ts';
import { recoverShelf } from './shelf.ts';

/** Where modules lie. Absolute paths. */
export interface Shelves {
  /** The catalogue's own; it needn't be there. */
  readonly own: string;
  /** rolecall's standard collection. */
  readonly standard: string;
}

/** The modules that roles can name. */
export interface Collection {
  /** Sorted; those of both shelves. */
  readonly names: readonly string[];
  /** The names on rolecall's own shelf. */
  readonly standard: readonly string[];
  /** @throws UsageError or DocumentError for a module that can't be used; undefined for a name that there isn't */
  find(name: string): Promise<Module | undefined>;
}

/**
 * Looks at both shelves.
 * @param label how messages call a path
 * @throws UsageError where one name stands on both: nobody could tell which is meant
 */
export async function openCollection(
  { own, standard }: Shelves,
  label: (path: string) => string,
): Promise<Collection> {
  await recoverShelf(own);
  const [ours, standards] = await Promise.all([foldersIn(own), foldersIn(standard)]);
  const twice = ours.filter((name) => standards.includes(name));
  if (twice.length > 0)
    throw new UsageError(
      `two modules are called ${twice[0]}: ${join(label(own), twice[0] ?? '')} and that of the standard collection`,
      {
        hint: `rename yours, and name it so in the roles: mv ${join(label(own), twice[0] ?? '')} ${join(label(own), `my-${twice[0]}`)}`,
      },
    );
  const read = new Map<string, Promise<Module>>();
  return {
    names: [...ours, ...standards].sort(),
    standard: standards,
    find: async (name) => {
      const origin = ours.includes(name) ? 'own' : standards.includes(name) ? 'standard' : undefined;
      if (origin === undefined) return undefined;
      const folder = join(origin === 'own' ? own : standard, name);
      const shown = origin === 'own' ? label(folder) : join('templates/modules', relative(standard, folder));
      const reading = read.get(name) ?? readModule(folder, shown, origin);
      read.set(name, reading);
      return await reading;
    },
  };
}

async function foldersIn(path: string): Promise<string[]> {
  try {
    const names = (await readdir(path)).filter((name) => !name.startsWith('.'));
    const found = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => undefined)));
    return names.filter((_name, index) => found[index]?.isDirectory());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw pathError(
      `the folder of modules ${path}`,
      'read',
      error,
      'check modules_folder in the catalogue, and the rights of that folder',
    );
  }
}
