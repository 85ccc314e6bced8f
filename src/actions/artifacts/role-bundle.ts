import { dirname, resolve } from 'node:path';
import { ownSecrets } from '../../aws/own-secrets.ts';
import { checkBundle } from '../../bundle/check.ts';
import { verifyLock } from '../../bundle/lock.ts';
import type { Module } from '../../bundle/module.ts';
import { type BundleParts, startedOnce } from '../../bundle/parts.ts';
import { type PackedPath, packedPaths, surroundingsOf } from '../../bundle/places.ts';
import { readValues } from '../../bundle/read-values.ts';
import { checkOutside, type Finding, type Subject } from '../../bundle/refuse.ts';
import { valueFindings } from '../../bundle/value-secrets.ts';
import { type Catalogue, CatalogueError } from '../../catalogue/catalogue.ts';
import type { BundleSettings, Role } from '../../catalogue/role.ts';
import { UsageError } from '../../errors.ts';
import { boxProgram } from '../../files/package-root.ts';
import { placeFaults } from '../../yaml/document.ts';
import type { Fault } from '../../yaml/faults.ts';
import { collectionOf, shelvesOf } from '../module/collection.ts';
import type { Runtime } from '../runtime.ts';
import { moduleScripts, requireSound } from '../script-checks.ts';

/** What a role's bundle will be packed from, checked. */
export interface RoleBundle {
  readonly settings: BundleSettings;
  readonly modules: readonly Module[];
  readonly parts: BundleParts;
  readonly judging: Judging;
  /** What is packed from outside of the catalogue's repository. */
  readonly outside: readonly PackedPath[];
}

/** How the files of a bundle are judged as they are packed. */
export interface Judging {
  /** Secrets of the credentials that this command may sign with. */
  readonly own: readonly string[];
  /** What was found in the values of variables. */
  readonly values: readonly Finding[];
  /** What was let in by name; `all` where nothing leaves this machine. */
  readonly permitted: readonly string[] | 'all';
  readonly subject: Subject;
}

/** The words of a command line that let into a bundle what is refused without them. */
export interface PackingWords {
  readonly allowSecret?: readonly string[] | undefined;
  readonly allowOutside?: readonly string[] | undefined;
}

/**
 * Reads the modules of a role, and the values of their variables.
 * @param words `measured` where the bundle is only measured, and leaves this machine by no way
 * @throws CatalogueError with every fault of the role's modules and variables; DocumentError for scripts that can't work;
 * UsageError for a module or a value that can't be used, for a path that may not be in a bundle, or for a role without modules
 */
export async function requireBundle(
  role: Role,
  catalogue: Catalogue,
  words: PackingWords | 'measured',
  runtime: Pick<Runtime, 'cwd' | 'env'>,
): Promise<RoleBundle> {
  const settings = bundleSettingsOf(role, catalogue);
  const { modules, faults } = await checkRole(settings, catalogue, runtime.cwd);
  if (faults.length > 0) throw new CatalogueError(faults);
  await verifyLock(shelvesOf(catalogue).own, modules);
  await requireSound(await moduleScripts(modules, catalogue), new AbortController().signal, 'faults');
  const folder = dirname(catalogue.path);
  const subject = { noun: `the bundle of ${role.role}`, catalogue };
  const paths = await packedPaths(settings, modules, folder);
  const outside = words === 'measured' ? [] : await checkPlaces(paths, folder, words, subject, runtime);
  const realOf = realPaths(paths);
  const values = await readValues(settings, modules, {
    env: runtime.env,
    folder,
    fileOf: (name) => realOf(`variables.${name}`),
  });
  const own = await ownSecrets(runtime.env);
  const files = Object.entries(settings.files).map(([name, { path }]) => [
    name,
    realOf(`files.${name}`) ?? resolve(folder, path),
  ]);
  const placed = modules.map((module) => ({
    ...module,
    folder: realOf(`the module ${module.name}`) ?? module.folder,
  }));
  return {
    settings,
    modules,
    parts: {
      modules: startedOnce(placed),
      values,
      files: Object.fromEntries(files),
      library: bundleLibrary(),
    },
    judging: {
      own,
      values: valueFindings(settings, modules, values, own),
      permitted: words === 'measured' ? 'all' : (words.allowSecret ?? []),
      subject,
    },
    outside,
  };
}

/** Makes sure that a bundle takes nothing from outside of its catalogue's repository but what the words let in. */
export async function checkPlaces(
  paths: readonly PackedPath[],
  folder: string,
  words: PackingWords,
  subject: Subject,
  { cwd, env }: Pick<Runtime, 'cwd' | 'env'>,
): Promise<PackedPath[]> {
  const permitted = (words.allowOutside ?? []).map((path) => resolve(cwd, path));
  return await checkOutside(paths, await surroundingsOf(folder, env['HOME']), permitted, subject);
}

/** Where the paths of settings lead behind all links: what was judged is what is read. */
const realPaths =
  (paths: readonly PackedPath[]) =>
  (setting: string): string | undefined =>
    paths.find((path) => path.setting === setting)?.real;

/** @throws UsageError for a role without modules */
export function bundleSettingsOf({ role, bundle }: Role, { label }: Catalogue): BundleSettings {
  if (bundle !== undefined) return bundle;
  throw new UsageError(`the role ${role} has no modules, and so no start-up bundle`, {
    hint: `write modules: [NAME, ...] under roles.${role} in ${label}; rolecall module list tells what there is`,
  });
}

/** The modules of a role, and what in its settings doesn't fit them, with places. */
export interface CheckedModules {
  readonly modules: readonly Module[];
  readonly faults: readonly Fault[];
}

export async function checkRole(
  settings: BundleSettings,
  catalogue: Catalogue,
  cwd: string,
): Promise<CheckedModules> {
  const { modules, faults } = await checkBundle(settings, await collectionOf(catalogue, cwd));
  return { modules, faults: placeFaults(faults, catalogue.label, catalogue.lines) };
}

/** Returns the files of a bundle's `.lib/`: the second half of the start-up script, and what modules share. */
export const bundleLibrary = (): BundleParts['library'] => ({
  'module-lib.sh': boxProgram('module-lib.sh'),
  'runner.sh': boxProgram('runner.sh'),
});
