import { realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { BundleSettings } from '../catalogue/role.ts';
import type { Mark } from '../yaml/located.ts';
import type { Module } from './module.ts';

/** A file or folder of this machine that a bundle is packed from. */
export interface PackedPath {
  /** Which setting names the path: `files.site`, `variables.tls_key`, `the module nginx`. */
  readonly setting: string;
  readonly at: Mark;
  /** Absolute, behind all links. */
  readonly real: string;
}

/** Where a catalogue's own files lie. */
export interface Surroundings {
  /** Absolute, behind all links. */
  readonly root: string;
  /** The user's home folder; undefined where nobody knows it. */
  readonly home: string | undefined;
}

/**
 * Returns the paths of the role's files, of the files that its variables come from, and of the catalogue's own modules. A path
 * that isn't there is left out: whoever reads it says so.
 * @param folder the catalogue's
 */
export async function packedPaths(
  settings: BundleSettings,
  modules: readonly Module[],
  folder: string,
): Promise<PackedPath[]> {
  const named = [
    ...Object.entries(settings.files).map(([name, { path, at }]) => ({ setting: `files.${name}`, path, at })),
    ...Object.entries(settings.variables).flatMap(([name, value]) =>
      value.from === 'file' ? [{ setting: `variables.${name}`, path: value.path, at: value.at }] : [],
    ),
    ...settings.modules.flatMap(({ name, at }) => {
      const module = modules.find((each) => each.name === name);
      return module?.origin === 'own' ? [{ setting: `the module ${name}`, path: module.folder, at }] : [];
    }),
  ];
  const found = await Promise.all(
    named.map(async ({ setting, path, at }) => ({ setting, at, real: await realOf(resolve(folder, path)) })),
  );
  return found.flatMap(({ setting, at, real }) => (real === undefined ? [] : [{ setting, at, real }]));
}

/**
 * Finds the git repository that a catalogue's folder belongs to, else the folder itself. A repository that holds the user's
 * home folder, or that another user made around the catalogue, counts for nothing: its other files aren't the catalogue's.
 */
export async function surroundingsOf(folder: string, homeFolder: string | undefined): Promise<Surroundings> {
  const own = (await realOf(folder)) ?? folder;
  const home = homeFolder === undefined ? undefined : ((await realOf(homeFolder)) ?? homeFolder);
  const repository = await repositoryAround(own);
  const tooWide =
    repository === undefined || repository === '/' || (home !== undefined && isIn(repository, home));
  return { root: tooWide ? own : repository, home };
}

/** Whether a path, behind its links, is one of the catalogue's own. */
export function isInside(real: string, { root, home }: Surroundings): boolean {
  // Everything lies below `/`, and so nothing there is the catalogue's.
  if (root === '/' || !isIn(root, real)) return false;
  if (home === undefined || !isIn(root, home) || !isIn(home, real)) return true;
  // A catalogue in the home folder itself: `.ssh`, `.aws` and their like are not its.
  return !relative(home, real).startsWith('.');
}

/** Whether `path` is `folder`, or lies below it. Both absolute, behind all links. */
export function isIn(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`);
}

/** The path behind all links; undefined for one that leads nowhere. */
export const realOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

async function repositoryAround(folder: string): Promise<string | undefined> {
  const owner = (await stat(folder).catch(() => undefined))?.uid;
  for (let at = folder; ; at = dirname(at)) {
    // A folder, or the file of a work tree or submodule.
    const git = await stat(join(at, '.git')).catch(() => undefined);
    if (git !== undefined && (git.uid === owner || git.uid === process.geteuid?.())) return at;
    if (dirname(at) === at) return undefined;
  }
}
