import { createHash } from 'node:crypto';
import type { PathName } from '../nouns.ts';
import { redact } from '../secrets.ts';
import type { AppSettings, Catalogue, LocalImage } from './catalogue.ts';
import { type ShapeFault, shapeFaults } from './check.ts';
import { crossFaults } from './cross-check.ts';
import { type Fault, shownLines } from './faults.ts';
import { CATALOGUE_SHAPE } from './fields.ts';
import { child, flagAt, keysOf, type LocatedMap, textAt } from './located.ts';
import { readYaml, type YamlFault } from './read-yaml.ts';

/** More than any catalogue that people write; the parser's time is bounded by it. */
export const MAX_CATALOGUE_BYTES = 512 * 1024;

export type Parsed =
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Text to catalogue, or else every fault in it at once, in the order of the text. Pure; throws for no text.
 * @param label what the faults call the file
 * @param path the file's absolute path, for whoever needs its folder
 */
export function parseCatalogue(text: string, label: string, path = label): Parsed {
  const body = text.replace(/^\ufeff/, '');
  const fail = (found: readonly (YamlFault | ShapeFault)[]): Parsed => ({
    ok: false,
    faults: ordered(found, label, shownLines(body)),
  });
  if (Buffer.byteLength(text) > MAX_CATALOGUE_BYTES) return fail([tooLarge(label)]);
  const { root, faults } = readYaml(body, label);
  if (root === undefined) return fail(faults.length > 0 ? faults : [empty(label)]);
  const shape = shapeFaults(root, CATALOGUE_SHAPE, '');
  const all = [...faults, ...shape, ...(root.kind === 'map' ? crossFaults(root) : [])];
  if (all.length > 0 || root.kind !== 'map') return fail(all);
  return { ok: true, catalogue: { ...summary(root), label, path, sha256: sha256(text), root } };
}

/** What the catalogue says of itself; the root's shape has been checked. */
function summary(root: LocatedMap): Omit<Catalogue, 'label' | 'path' | 'sha256' | 'root'> {
  const region = textAt(root, 'region');
  const bucket = textAt(root, 'bucket');
  const localImage = localImageOf(child(root, 'local_image'));
  return {
    name: textAt(root, 'name') as PathName,
    ...(region !== undefined && { region }),
    environments: keysOf(child(root, 'environments')) as PathName[],
    contexts: keysOf(child(root, 'contexts')) as PathName[],
    roles: keysOf(child(root, 'roles')).map((name) => {
      const description = textAt(child(child(root, 'roles'), name), 'description')
        ?.trim()
        .replace(/\s+/g, ' ');
      return { name: name as PathName, ...(description !== undefined && { description }) };
    }),
    ...(bucket !== undefined && { bucket }),
    prefix: (textAt(root, 'prefix') ?? '').replace(/[^/]$/, '$&/'),
    apps: keysOf(child(root, 'apps')).map((name) =>
      appOf(name as PathName, child(child(root, 'apps'), name)),
    ),
    ...(localImage && { localImage }),
  };
}

function appOf(name: PathName, node: ReturnType<typeof child>): AppSettings {
  const texts = ['repository', 'path', 'command'].flatMap((key) => {
    const value = textAt(node, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    name,
    ...Object.fromEntries(texts),
    compression: textAt(node, 'compression') === 'zstd' ? 'zstd' : 'gzip',
  };
}

function localImageOf(node: ReturnType<typeof child>): LocalImage | undefined {
  if (node === undefined) return undefined;
  const overlay = textAt(node, 'overlay');
  const packages = child(node, 'packages');
  return {
    ...(overlay !== undefined && { overlay }),
    packages:
      packages?.kind === 'list'
        ? packages.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : []))
        : [],
    network: flagAt(node, 'network') ?? false,
  };
}

/** In the order of the text; a fault in a value that aliases repeat is told once. */
function ordered(
  found: readonly (YamlFault | ShapeFault)[],
  file: string,
  lines: readonly string[],
): Fault[] {
  const faults = found.map((fault) => located(fault, file, lines));
  const distinct = new Map(faults.map((fault) => [`${fault.line}:${fault.column}:${fault.message}`, fault]));
  return [...distinct.values()].sort((one, other) => one.line - other.line || one.column - other.column);
}

function located(found: YamlFault | ShapeFault, file: string, lines: readonly string[]): Fault {
  const { source, length } = found.at;
  const { line, column } = source.kind === 'file' ? source : { line: 1, column: 1 };
  const suggestion = 'suggestion' in found ? found.suggestion : undefined;
  return {
    file,
    line,
    column,
    length,
    path: 'path' in found ? redact(found.path) : '',
    message: redact(found.message),
    ...(found.expected !== undefined && { expected: found.expected }),
    ...(suggestion !== undefined && { suggestion }),
    sourceLine: lines[line - 1] ?? '',
  };
}

const start = (file: string) => ({ source: { kind: 'file', file, line: 1, column: 1 } as const, length: 1 });

const empty = (file: string): YamlFault => ({
  at: start(file),
  message: 'the catalogue is empty',
  expected: 'version, name, environments, contexts and roles',
});

const tooLarge = (file: string): YamlFault => ({
  at: start(file),
  message: 'the catalogue is too large',
  expected: `at most ${MAX_CATALOGUE_BYTES / 1024} KiB`,
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
