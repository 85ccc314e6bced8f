import { defined } from '../objects.ts';
import { redact } from '../redact.ts';
import { documentFaults, type ShapeFault } from './check.ts';
import { type Fault, shownLines } from './faults.ts';
import type { LocatedMap } from './located.ts';
import { readYaml, type YamlFault } from './read-yaml.ts';
import type { RecordShape } from './shape.ts';

/** What a YAML document is to be. */
export interface DocumentKind {
  /** How messages call it: `the catalogue`. */
  readonly noun: string;
  readonly shape: RecordShape;
  /** What an empty one lacks: `version, name and roles`. */
  readonly wanted: string;
  /** More than people write; the parser's time is bounded by it. Bytes. */
  readonly maxBytes: number;
  /** What no shape of a single value can tell. */
  readonly cross?: (root: LocatedMap) => readonly ShapeFault[];
}

export type ReadDocument =
  | { readonly ok: true; readonly root: LocatedMap; readonly lines: readonly string[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Text to checked values that know their places, or else every fault in it at once, in the order of the text. Pure;
 * throws for no text.
 * @param label what the faults call the file
 */
export function readDocument(text: string, label: string, kind: DocumentKind): ReadDocument {
  const body = text.replace(/^\ufeff/, '');
  const lines = shownLines(body);
  const fail = (found: readonly (YamlFault | ShapeFault)[]): ReadDocument => ({
    ok: false,
    faults: placeFaults(found, label, lines),
  });
  if (Buffer.byteLength(text) > kind.maxBytes) return fail([tooLarge(label, kind)]);
  const { root, faults } = readYaml(body, label);
  if (root === undefined) return fail(faults.length > 0 ? faults : [empty(label, kind)]);
  const shape = documentFaults(root, kind.shape, kind.noun);
  const all = [...faults, ...shape, ...(root.kind === 'map' ? (kind.cross?.(root) ?? []) : [])];
  if (all.length > 0 || root.kind !== 'map') return fail(all);
  return { ok: true, root, lines };
}

/**
 * Faults as people are told them: in the order of the text; one in a value that aliases repeat is told once.
 * @param lines the file's lines as they may be shown
 */
export function placeFaults(
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
  return defined({
    file,
    line,
    column,
    length,
    path: 'path' in found ? redact(found.path) : '',
    message: redact(found.message),
    expected: found.expected,
    suggestion: 'suggestion' in found ? found.suggestion : undefined,
    sourceLine: lines[line - 1] ?? '',
  });
}

const start = (file: string) => ({ source: { kind: 'file', file, line: 1, column: 1 } as const, length: 1 });

const empty = (file: string, { noun, wanted }: DocumentKind): YamlFault => ({
  at: start(file),
  message: `${noun} is empty`,
  expected: wanted,
});

const tooLarge = (file: string, { noun, maxBytes }: DocumentKind): YamlFault => ({
  at: start(file),
  message: `${noun} is too large`,
  expected: `at most ${maxBytes / 1024} KiB`,
});
