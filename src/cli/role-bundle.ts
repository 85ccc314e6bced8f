import { dirname, resolve } from 'node:path';
import { checkBundle } from '../bundle/check.ts';
import { type BundleParts, startedOnce } from '../bundle/entries.ts';
import { verifyLock } from '../bundle/lock.ts';
import type { Module } from '../bundle/module.ts';
import { type Outside, outsideOf, type Permits, refuseOutside, type Sources } from '../bundle/permits.ts';
import { readValues } from '../bundle/read-values.ts';
import { type Catalogue, CatalogueError } from '../catalogue/catalogue.ts';
import type { BundleSettings, Role } from '../catalogue/role.ts';
import { placeFaults } from '../document/document.ts';
import type { Fault } from '../document/faults.ts';
import { UsageError } from '../errors.ts';
import { boxProgram } from '../io/box-program.ts';
import type { Host } from './host.ts';
import { collectionOf, shelvesOf } from './modules.ts';

/** What a role's bundle will be packed from, checked. */
export interface RoleBundle {
  readonly settings: BundleSettings;
  readonly modules: readonly Module[];
  readonly parts: BundleParts;
  /** What of it lies outside of the catalogue's repository. */
  readonly outside: readonly Outside[];
  /** What the operator lets in. Absent where nothing leaves this computer: nothing is refused then. */
  readonly permits?: Permits | undefined;
}

/** The options of commands that pack a role's bundle. */
export interface PermitWords {
  readonly 'allow-secret'?: readonly string[] | undefined;
  readonly 'allow-outside'?: readonly string[] | undefined;
}

/** What the command line lets into a bundle. */
export const permitsOf = (words: PermitWords, cwd: string): Permits => ({
  secrets: words['allow-secret'] ?? [],
  outside: (words['allow-outside'] ?? []).map((path) => resolve(cwd, path)),
});

/**
 * Reads the modules of a role, and the values of their variables; undefined for a role without modules.
 * @throws CatalogueError with every fault of the role's modules and variables; UsageError for a module or a value that can't
 * be used
 */
export async function loadBundle(
  role: Role,
  catalogue: Catalogue,
  host: Pick<Host, 'cwd' | 'env'>,
  permits?: Permits,
): Promise<RoleBundle | undefined> {
  const settings = role.bundle;
  if (settings === undefined) return undefined;
  const { modules, faults } = await checkRole(settings, catalogue, host.cwd);
  if (faults.length > 0) throw new CatalogueError(faults);
  await verifyLock(shelvesOf(catalogue).own, modules);
  const folder = dirname(catalogue.path);
  const outside = await outsideOf(folder, sourcesOf(settings, modules, folder));
  if (permits !== undefined) await refuseOutside(outside, permits);
  const values = await readValues(settings, modules, { env: host.env, folder });
  const files = Object.entries(settings.files).map(([name, path]) => [name, resolve(folder, path)]);
  const parts = {
    modules: startedOnce(modules),
    values,
    files: Object.fromEntries(files),
    library: bundleLibrary(),
  };
  return { settings, modules, parts, outside, permits };
}

/** What the role takes from this computer, with the names that messages give it. */
const sourcesOf = (settings: BundleSettings, modules: readonly Module[], folder: string): Sources => [
  ...modules
    .filter(({ origin }) => origin === 'own')
    .map(({ name, folder: place }) => [`the module ${name}`, place] as const),
  ...Object.entries(settings.variables).flatMap(([name, value]) =>
    value.from === 'file' ? [[`variables.${name}`, resolve(folder, value.path)] as const] : [],
  ),
  ...Object.entries(settings.files).map(([name, path]) => [`files.${name}`, resolve(folder, path)] as const),
];

/** The same for a command that needs one. @throws UsageError also for a role without modules */
export async function requireBundle(
  role: Role,
  catalogue: Catalogue,
  host: Pick<Host, 'cwd' | 'env'>,
  permits: Permits,
): Promise<RoleBundle> {
  const bundle = await loadBundle(role, catalogue, host, permits);
  if (bundle !== undefined) return bundle;
  throw new UsageError(`the role ${role.role} has no modules, and so no start-up bundle`, {
    hint: `write modules: [NAME, ...] under roles.${role.role} in ${catalogue.label}; rolecall module list tells what there is`,
  });
}

/** The modules of a role, and what in its settings doesn't fit them, with places. */
export async function checkRole(
  settings: BundleSettings,
  catalogue: Catalogue,
  cwd: string,
): Promise<{ readonly modules: readonly Module[]; readonly faults: readonly Fault[] }> {
  const { modules, faults } = await checkBundle(settings, await collectionOf(catalogue, cwd));
  return { modules, faults: placeFaults(faults, catalogue.label, catalogue.lines) };
}

/** Returns the files of a bundle's `.lib/`: the second half of the start-up script, and what modules share. */
export const bundleLibrary = (): BundleParts['library'] => ({
  'module-lib.sh': boxProgram('module-lib.sh'),
  'runner.sh': boxProgram('runner.sh'),
});
