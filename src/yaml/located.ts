/** Where a value was set: a place in a file, or a flag of the command line. Lines and columns count from 1. */
export type Source =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'builtin' };

/** A place that a value came from, and how many characters the caret should underline there. */
export interface Mark {
  readonly source: Source;
  readonly length: number;
}

/** A value of a document (or the command line) that knows where it was written. Aliases and merges are resolved. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As the user wrote it: `1.10` stays `1.10`. */
  readonly text: string;
  readonly at: Mark;
}

interface LocatedList {
  readonly kind: 'list';
  readonly items: readonly Located[];
  readonly at: Mark;
}

export interface LocatedMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly at: Mark;
}

export interface LocatedEntry {
  readonly keyAt: Mark;
  readonly value: Located;
}

/** Whether it is the explicit (or empty) null that removes a weaker value. */
export const isNull = (node: Located | undefined): boolean => node?.kind === 'scalar' && node.value === null;

/** The value under a key of a map; undefined where the node is no map or has no such key. */
export const child = (node: Located | undefined, key: string): Located | undefined =>
  node?.kind === 'map' ? node.entries.get(key)?.value : undefined;

/** The scalar's text under a key; undefined where it is absent or null. */
export function textAt(node: Located | undefined, key: string): string | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && value.value !== null ? value.text : undefined;
}

/** The boolean under a key; undefined where there is none. */
export function flagAt(node: Located | undefined, key: string): boolean | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'boolean' ? value.value : undefined;
}

/** The number under a key; undefined where there is none. */
export function numberAt(node: Located | undefined, key: string): number | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'number' ? value.value : undefined;
}

/** The entries of a map in the order they are written; none where the node is no map. */
export const entriesOf = (node: Located | undefined): [string, LocatedEntry][] =>
  node?.kind === 'map' ? [...node.entries] : [];

/** The items of a list; none where the node is no list. */
export const itemsOf = (node: Located | undefined): readonly Located[] =>
  node?.kind === 'list' ? node.items : [];

/** The scalars of the list under a key, as text. */
export const listAt = (node: Located | undefined, key: string): string[] =>
  itemsOf(child(node, key)).flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));

/** The keys of a map in the order they are written. */
export const keysOf = (node: Located | undefined): string[] => entriesOf(node).map(([key]) => key);

/** A map's entries as text, for maps of scalars. */
export const textsOf = (node: Located | undefined): Record<string, string> =>
  Object.fromEntries(
    keysOf(node).flatMap((key) => {
      const text = textAt(node, key);
      return text === undefined ? [] : [[key, text]];
    }),
  );
