import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Located, LocatedEntry, LocatedMap, LocatedScalar, Mark } from './located.ts';

/** Reports something wrong at an offset of the text. */
type Report = (fault: YamlFault) => void;

export interface YamlFault {
  readonly at: Mark;
  readonly message: string;
  readonly expected?: string;
}

const MAX_DEPTH = 40;
/** Values after all aliases are followed: a bomb of aliases of aliases would have billions. */
const MAX_VALUES = 50_000;

/**
 * Reads YAML 1.2 (core schema, with merge keys) into values that know their places.
 * @returns the root (undefined for an empty document, or where the syntax is broken), and every fault
 */
export function readYaml(
  text: string,
  file: string,
): { readonly root: Located | undefined; readonly faults: YamlFault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    merge: true,
    lineCounter: lines,
    prettyErrors: false,
  });
  const faults: YamlFault[] = [];
  const mark = (from: number, to: number): Mark => {
    const { line, col } = lines.linePos(from);
    return { source: { kind: 'file', file, line, column: Math.max(1, col) }, length: Math.max(1, to - from) };
  };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    // The library marks only a key's first character.
    const end =
      code === 'DUPLICATE_KEY'
        ? pos[0] + (/^[^\s:]*/.exec(text.slice(pos[0], pos[0] + 80))?.[0].length ?? 1)
        : pos[1];
    faults.push({ at: mark(pos[0], end), ...wording(code, message) });
  }
  if (document.directives?.yaml.version === '1.1') {
    faults.push({
      at: mark(0, 1),
      message: 'a %YAML 1.1 directive',
      expected: 'YAML 1.2, and so no directive',
    });
  }
  // After broken syntax the values are guesses, and faults in them noise; a duplicate key breaks nothing.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { root: undefined, faults };
  const root = new Reader(mark, (fault) => faults.push(fault)).root(document.contents);
  return { root, faults };
}

/** Our words where the library's would leave the user guessing. */
function wording(code: string, message: string): { message: string; expected?: string } {
  switch (code) {
    case 'DUPLICATE_KEY':
      return { message: 'this key stands twice in its map', expected: 'each key once' };
    case 'TAB_AS_INDENT':
      return { message: 'a tab as indentation', expected: 'spaces' };
    case 'MULTIPLE_DOCS':
      return { message: 'a second YAML document', expected: 'one document in the file' };
    case 'TAG_RESOLVE_FAILED':
      return {
        message: `${message[0]?.toLowerCase()}${message.slice(1)}`,
        expected: 'plain YAML without tags',
      };
    default:
      return { message: `broken YAML: ${message}` };
  }
}

/** Thrown when the text has more depth or values than any that people write; caught in `root`. */
class TooMuch {
  readonly fault: YamlFault;
  constructor(at: Mark, message: string) {
    this.fault = { at, message, expected: 'a document that people can read' };
  }
}

class Reader {
  readonly #mark: (from: number, to: number) => Mark;
  readonly #report: Report;
  /** Finished values by their anchor: aliases share them. One that is still being read is missing, so none holds itself. */
  readonly #anchors = new Map<string, Located>();
  /** How many values one holds, itself and what aliases bring included. */
  readonly #sizes = new Map<Located, number>();

  constructor(mark: (from: number, to: number) => Mark, report: Report) {
    this.#mark = mark;
    this.#report = report;
  }

  root(node: Node | null): Located | undefined {
    if (node === null) return undefined;
    try {
      return this.#read(node, 0, 0);
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      this.#report(error.fault);
      return undefined;
    }
  }

  /** @param end where an absent value would stand */
  #read(node: unknown, end: number, depth: number): Located {
    const at = markOf(node, end, this.#mark);
    if (depth > MAX_DEPTH) throw new TooMuch(at, `nested more than ${MAX_DEPTH} levels deep`);
    if (isAlias(node)) return this.#alias(node.source, at);
    const value = this.#value(node, at, depth);
    const size = sum(partsOf(value).map((part) => this.#sizes.get(part) ?? 1));
    if (size > MAX_VALUES) throw new TooMuch(at, `holds more than ${MAX_VALUES} values`);
    this.#sizes.set(value, size);
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, value);
    return value;
  }

  #value(node: unknown, at: Mark, depth: number): Located {
    if (isMap(node)) return this.#map(node, at, depth);
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.#read(item, endOf(node), depth + 1)), at };
    }
    return isScalar(node) ? scalar(node, at) : nothing(at);
  }

  #alias(name: string, at: Mark): Located {
    const target = this.#anchors.get(name);
    if (target !== undefined) return target;
    this.#report({
      at,
      message: `no finished value before this is anchored as &${name}`,
      expected: 'the name of an anchor above',
    });
    return nothing(at);
  }

  #map(node: YAMLMap, at: Mark, depth: number): LocatedMap {
    const own = new Map<string, LocatedEntry>();
    const merged = new Map<string, LocatedEntry>();
    for (const { key, value } of node.items) {
      const keyAt = markOf(key, node.range?.[0] ?? 0, this.#mark);
      const read = this.#read(value, endOf(key) || endOf(node), depth + 1);
      if (isMergeKey(key)) this.#merge(read, merged);
      else this.#add(key, { keyAt, value: read }, own);
    }
    for (const [key, entry] of merged) if (!own.has(key)) own.set(key, entry);
    return { kind: 'map', entries: own, at };
  }

  #add(key: unknown, entry: LocatedEntry, into: Map<string, LocatedEntry>): void {
    if (!isScalar(key) || key.value === null) {
      this.#report({ at: entry.keyAt, message: 'this key is no text', expected: 'a name as the key' });
      return;
    }
    const { text } = scalar(key, entry.keyAt);
    // The library holds 1 and "1" for two keys; to us both are the text 1.
    if (into.has(text)) this.#report({ at: entry.keyAt, ...wording('DUPLICATE_KEY', '') });
    into.set(text, entry);
  }

  /** `<<`: a map, or a list of maps of which the earlier wins. */
  #merge(value: Located, into: Map<string, LocatedEntry>): void {
    for (const source of value.kind === 'list' ? value.items : [value]) {
      if (source.kind !== 'map') {
        this.#report({
          at: source.at,
          message: 'a merge key (<<) can take only maps',
          expected: 'an alias of a map, or a list of such',
        });
        continue;
      }
      for (const [key, entry] of source.entries) if (!into.has(key)) into.set(key, entry);
    }
  }
}

const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol') && key.type === 'PLAIN';

const nothing = (at: Mark): LocatedScalar => ({ kind: 'scalar', value: null, text: '', at });

function scalar({ value, source, type }: Scalar, at: Mark): LocatedScalar {
  const known =
    value === null || typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
  const text = type === 'PLAIN' && source !== undefined ? source : String(value);
  return { kind: 'scalar', value: known, text: typeof known === 'string' ? known : text, at };
}

const partsOf = (value: Located): Located[] => {
  if (value.kind === 'list') return [...value.items];
  return value.kind === 'map' ? [...value.entries.values()].map((entry) => entry.value) : [];
};

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 1);

const rangeOf = (node: unknown): readonly number[] | undefined =>
  (node as { range?: readonly number[] } | null)?.range;

const endOf = (node: unknown): number => rangeOf(node)?.[1] ?? 0;

/** Where a node stands; a nested block is marked at its first token only. */
function markOf(node: unknown, end: number, mark: (from: number, to: number) => Mark): Mark {
  const range = rangeOf(node);
  const from = range?.[0] ?? end;
  return mark(from, isScalar(node) || isAlias(node) ? (range?.[1] ?? from) : from);
}
