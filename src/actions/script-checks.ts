/** Which scripts a command checks, and what comes of it. */
import { constants } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Module } from '../bundle/module.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Depth } from '../scripts/check.ts';
import { MOST_SCRIPT_BYTES, type Script, type Start, scriptError, startOf } from '../scripts/script.ts';
import type { Fault } from '../yaml/faults.ts';

/** How messages call a path: below the catalogue's folder relative to it. */
function labelOf(path: string, catalogue: Pick<Catalogue, 'path'>): string {
  const label = relative(dirname(catalogue.path), path);
  return label.startsWith('..') ? path : label;
}

/** The scripts of modules that aren't rolecall's own. */
export async function moduleScripts(
  modules: readonly Module[],
  catalogue: Pick<Catalogue, 'path'>,
): Promise<Script[]> {
  const paths = modules
    .filter(({ origin }) => origin === 'own')
    .flatMap(({ folder }) => [join(folder, 'start-up.sh'), join(folder, 'test.sh')]);
  const scripts = await Promise.all(paths.map((path) => scriptAt(path, labelOf(path, catalogue), 'module')));
  return scripts.filter((script) => script !== undefined);
}

/** The init scripts below a folder; none where it isn't there. */
export async function initScripts(folder: string, catalogue: Pick<Catalogue, 'path'>): Promise<Script[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.sh'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const scripts = await Promise.all(paths.map((path) => initScript(path, labelOf(path, catalogue))));
  return scripts.filter((script) => script !== undefined);
}

/** The init scripts that a catalogue's machines may run, as far as this computer has them: its overlay's, its apps'. */
export async function catalogueScripts(catalogue: Catalogue): Promise<Script[]> {
  const folders = [overlayInit(catalogue), ...catalogue.apps.map((app) => appInit(app, catalogue))];
  const known = [...new Set(folders.filter((folder) => folder !== undefined))];
  return (await Promise.all(known.map((folder) => initScripts(folder, catalogue)))).flat();
}

/** Where the overlay keeps the AMI's init scripts; undefined without one. */
export function overlayInit({ path, localImage }: Catalogue): string | undefined {
  const { overlay } = localImage ?? {};
  return overlay === undefined ? undefined : join(resolve(dirname(path), overlay), 'etc/rolecall/init');
}

/** An app whose build is made by a command has its scripts only there. */
function appInit(
  { repository = '.', path = '.', command }: Catalogue['apps'][number],
  catalogue: Catalogue,
): string | undefined {
  return command === undefined ? join(resolve(dirname(catalogue.path), repository), path, 'init') : undefined;
}

async function initScript(path: string, label: string): Promise<Script | undefined> {
  const executed = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return await scriptAt(path, label, startOf(path, executed));
}

async function scriptAt(path: string, file: string, start: Start): Promise<Script | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size > MOST_SCRIPT_BYTES) return undefined;
  return { file, bytes: await readFile(path).catch(() => undefined), start };
}

/** @throws DocumentError with every fault; @returns the notes */
export async function requireSound(
  scripts: readonly Script[],
  signal: AbortSignal,
  depth: Depth = 'faults and notes',
): Promise<readonly Fault[]> {
  const { checkScripts } = await import('../scripts/check.ts');
  const { faults, notes } = await checkScripts(scripts, signal, depth);
  if (faults.length > 0) throw scriptError(faults);
  return notes;
}
