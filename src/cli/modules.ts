import { dirname, join, relative, resolve } from 'node:path';
import type { Collection, Shelves } from '../bundle/collection.ts';
import { openCollection } from '../bundle/collection.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { packageRoot } from '../io/package-root.ts';

/** Where the catalogue's own modules and the standard ones lie. */
export const shelvesOf = ({ path, modulesFolder }: Pick<Catalogue, 'path' | 'modulesFolder'>): Shelves => ({
  own: resolve(dirname(path), modulesFolder),
  standard: join(packageRoot(), 'templates/modules'),
});

/** The modules that a catalogue's roles can name. @throws UsageError */
export const collectionOf = (catalogue: Catalogue, cwd: string): Promise<Collection> =>
  openCollection(shelvesOf(catalogue), labelIn(cwd));

/** How messages call a path: relative where it is inside of the folder that the command was called in. */
export const labelIn = (cwd: string) => (path: string) => {
  const inside = relative(cwd, path);
  return inside === '' || inside.startsWith('..') ? path : inside;
};
