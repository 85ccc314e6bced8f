import { dirname, join, relative, resolve } from 'node:path';
import type { Collection, Shelves } from '../bundle/collection.ts';
import { openCollection } from '../bundle/collection.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { packageRoot } from '../files/package-root.ts';
import type { Runtime } from './runtime.ts';

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
  values: { readonly catalogue?: string | undefined },
  runtime: Pick<Runtime, 'cwd'>,
): Promise<Collection> {
  return await openCollection(await shelvesNear(values, runtime), labelIn(runtime.cwd));
}

/** The shelves near a command that needs no catalogue, and the folder that paths of theirs are relative to. */
export async function shelvesNear(
  values: { readonly catalogue?: string | undefined },
  { cwd }: Pick<Runtime, 'cwd'>,
): Promise<Shelves & { readonly folder: string }> {
  const { findCatalogue, readCatalogue } = await import('../catalogue/load.ts');
  let path: string;
  try {
    path = findCatalogue(cwd, values.catalogue);
  } catch (error) {
    if (values.catalogue !== undefined) throw error;
    return { ...shelvesOf({ path: join(cwd, 'roles.yaml'), modulesFolder: 'modules' }), folder: cwd };
  }
  return { ...shelvesOf(readCatalogue(path, cwd)), folder: dirname(path) };
}

/** How messages call a path: relative where it is inside of the folder that the command was called in. */
export const labelIn = (cwd: string) => (path: string) => {
  const inside = relative(cwd, path);
  return inside === '' || inside.startsWith('..') ? path : inside;
};
