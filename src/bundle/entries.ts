import { stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { type Entry, entriesOfFolder, escapeOf, fileEntry } from '../archive/entries.ts';
import { reasonOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { maskForms, sedCommands } from '../masks.ts';
import { leadsInside, ROOT } from './members.ts';
import type { Module } from './module.ts';
import { type BundleParts, declaredSecrets, type StartedModule } from './parts.ts';
import type { ModuleValues } from './read-values.ts';

/** Part of a module's folder, and of no bundle. */
const LEFT_OUT = new Set(['test.sh', '.git', '.gitignore']);

/**
 * The members of a bundle's tar. The same parts give the same members in the same order.
 * @throws UsageError for a file that no bundle may hold
 */
export async function* bundleEntries(parts: BundleParts): AsyncGenerator<Entry, void> {
  yield folder('');
  yield folder('.lib');
  const library = { ...parts.library, ...masksOf(parts) };
  for (const name of Object.keys(library).sort())
    yield text(`.lib/${name}`, Buffer.from(library[name] ?? ''));
  yield text('modules.list', Buffer.from(modulesList(parts.modules)));
  yield* distinct(filesEntries(parts.files));
  for (const { as, module, test } of parts.modules) {
    const values = parts.values.get(as) ?? [];
    if (test) yield* testEntries(as, module, values);
    else yield* moduleEntries(as, module, values, isTested(module, parts));
  }
}

/** What hides the secrets of modules in what these print; absent where there is nothing to hide. */
function masksOf(parts: BundleParts): BundleParts['library'] {
  const commands = sedCommands(maskForms(declaredSecrets(parts)));
  return commands === '' ? {} : { masks: commands };
}

const isTested = (module: Module, { modules }: BundleParts): boolean =>
  modules.some((started) => started.test && started.module === module);

/** A line a module: its name, how many seconds it may take, the systems that it runs on. */
const modulesList = (modules: readonly StartedModule[]): string =>
  modules
    .map(({ as, module: { timeoutMs, platforms } }) =>
      `${as} ${Math.ceil(timeoutMs / 1000)} ${platforms.join(',')}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');

async function* moduleEntries(
  as: string,
  module: Module,
  values: ModuleValues,
  tested: boolean,
): AsyncGenerator<Entry, void> {
  yield folder(as);
  yield* variablesEntry(as, values);
  for await (const entry of entriesOfFolder(module.folder)) {
    const [top = ''] = entry.path.split('/');
    if (LEFT_OUT.has(top) && !(tested && entry.path === 'test.sh')) continue;
    if (entry.path === '.variables')
      throw new UsageError(`the module ${module.name} has a file .variables, which is rolecall's`, {
        hint: 'give it another name',
      });
    yield checked({ ...entry, path: posix.join(ROOT, as, entry.path) }, `the module ${module.name}`);
  }
}

/** A folder of its own, since a machine starts nothing but `start-up.sh`. */
function* testEntries(as: string, { name }: Module, values: ModuleValues): Generator<Entry, void> {
  yield folder(as);
  yield* variablesEntry(as, values);
  yield text(`${as}/start-up.sh`, Buffer.from(`cd ../${name}\n. "$ROLECALL_BUNDLE_DIR/${name}/test.sh"\n`));
}

/** NUL ends a value, since nothing else can't be part of one; the box never evaluates it. */
function* variablesEntry(as: string, values: ModuleValues): Generator<Entry, void> {
  const bytes = Buffer.from(values.map((pair) => `${pair.join('=')}\0`).join(''));
  if (bytes.length > 0) yield text(`${as}/.variables`, bytes);
}

async function* filesEntries(files: BundleParts['files']): AsyncGenerator<Entry, void> {
  const paths = Object.keys(files).sort();
  if (paths.length === 0) return;
  yield folder('files');
  for (const path of paths) {
    const source = resolve(files[path] ?? '');
    const found = await stat(source).catch((error: Error) => {
      throw new UsageError(`files.${path} can't be read: ${reasonOf(error)}`, {
        hint: 'paths are relative to the catalogue',
      });
    });
    yield* foldersAbove(posix.join('files', path));
    if (found.isDirectory()) {
      yield folder(posix.join('files', path));
      for await (const entry of entriesOfFolder(source))
        yield checked({ ...entry, path: posix.join(ROOT, 'files', path, entry.path) }, `files.${path}`);
    } else {
      const entry = await fileEntry(source);
      yield { ...entry, path: posix.join(ROOT, 'files', path) };
    }
  }
}

function* foldersAbove(path: string): Generator<Entry, void> {
  const parts = path.split('/').slice(0, -1);
  for (let depth = 2; depth <= parts.length; depth += 1) yield folder(parts.slice(0, depth).join('/'));
}

/** Each folder once. @throws UsageError where two of the role's files meet in one path */
async function* distinct(entries: AsyncIterable<Entry>): AsyncGenerator<Entry, void> {
  const kinds = new Map<string, Entry['kind']>();
  for await (const entry of entries) {
    const before = kinds.get(entry.path);
    if (before === 'folder' && entry.kind === 'folder') continue;
    if (before !== undefined)
      throw new UsageError(
        `two of the role's files become ${entry.path.slice(ROOT.length + 1)} in the bundle`,
        { hint: 'give one of them another path in files' },
      );
    kinds.set(entry.path, entry.kind);
    yield entry;
  }
}

const folder = (path: string): Entry => ({ kind: 'folder', path: posix.join(ROOT, path).replace(/\/$/, '') });

function text(path: string, bytes: Buffer): Entry {
  const content = (async function* () {
    yield bytes;
  })();
  return { kind: 'file', path: posix.join(ROOT, path), size: bytes.length, executable: false, content };
}

/** @throws UsageError for a link that leaves the bundle */
function checked(entry: Entry, what: string): Entry {
  const reason = escapeOf(entry);
  const outside = entry.kind === 'link' && !leadsInside(entry.path, entry.target);
  if (reason === undefined && !outside) return entry;
  throw new UsageError(`${what} holds a link that leaves the bundle: ${entry.path.slice(ROOT.length + 1)}`, {
    hint: 'replace it by what it leads to, or make it a relative link to something inside',
  });
}
