import { dirname, join, relative, resolve } from 'node:path';
import type { Collection, Shelves } from '../../bundle/collection.ts';
import { openCollection } from '../../bundle/collection.ts';
import type { Module } from '../../bundle/module.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { UsageError } from '../../errors.ts';
import { packageRoot } from '../../files/package-root.ts';
import { nearest } from '../../suggest.ts';
import type { Runtime } from '../runtime.ts';

/** Which catalogue's modules are meant: the nearest, where none is named. */
export interface CatalogueChoice {
  readonly catalogue?: string | undefined;
}

/** Where the catalogue's own modules and the standard ones lie. */
export const shelvesOf = ({ path, modulesFolder }: Pick<Catalogue, 'path' | 'modulesFolder'>): Shelves => ({
  own: resolve(dirname(path), modulesFolder),
  standard: join(packageRoot(), 'templates/modules'),
});

/** The modules that a catalogue's roles can name. @throws UsageError */
export const collectionOf = (catalogue: Catalogue, cwd: string): Promise<Collection> =>
  openCollection(shelvesOf(catalogue), labelIn(cwd));

/**
 * The modules near a command that needs no catalogue: those of the catalogue that there is, else of the folder `modules`.
 * @throws UsageError
 */
export async function collectionNear(
  choice: CatalogueChoice,
  runtime: Pick<Runtime, 'cwd'>,
): Promise<Collection> {
  return await openCollection(await shelvesNear(choice, runtime), labelIn(runtime.cwd));
}

/** The shelves near a command that needs no catalogue, and the folder that paths of theirs are relative to. */
export async function shelvesNear(
  choice: CatalogueChoice,
  { cwd }: Pick<Runtime, 'cwd'>,
): Promise<Shelves & { readonly folder: string }> {
  const { findCatalogue, readCatalogue } = await import('../../catalogue/load.ts');
  let path: string;
  try {
    path = findCatalogue(cwd, choice.catalogue);
  } catch (error) {
    if (choice.catalogue !== undefined) throw error;
    return { ...shelvesOf({ path: join(cwd, 'roles.yaml'), modulesFolder: 'modules' }), folder: cwd };
  }
  return { ...shelvesOf(readCatalogue(path, cwd)), folder: dirname(path) };
}

/**
 * The module of a name.
 * @param asker who needs it, for the message; absent: the user
 * @throws UsageError where there is none, with the nearest name
 */
export async function requireModule(collection: Collection, name: string, asker?: string): Promise<Module> {
  const found = await collection.find(name);
  if (found !== undefined) return found;
  const near = nearest(name, collection.names);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new UsageError(
    asker === undefined
      ? `there is no module ${name}${meant}`
      : `${asker} needs a module ${name}, which there isn't${meant}`,
    { hint: `there are ${collection.names.join(', ')}` },
  );
}

/** How messages call a path: relative where it is inside of the folder that the command was called in. */
export const labelIn = (cwd: string) => (path: string) => {
  const inside = relative(cwd, path);
  return inside === '' || inside.startsWith('..') ? path : inside;
};
