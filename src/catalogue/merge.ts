import { isNull, type Located, type LocatedEntry, type Source } from '../yaml/located.ts';
import { ROLE_FIELDS } from './fields.ts';
import { RIVALS } from './settings.ts';

/** Settings of one layer, or of several merged. */
export type Layer = ReadonlyMap<string, LocatedEntry>;

/**
 * Merges layers, weakest first: maps merge by key, everything else replaces, null removes. Of a setting that can be written
 * once or as a list, either form replaces the other.
 */
export const mergeLayers = (layers: readonly Layer[]): Layer =>
  layers.reduce<Layer>((weak, strong) => mergeEntries(withoutRivals(weak, strong), strong), new Map());

function withoutRivals(weak: Layer, strong: Layer): Layer {
  const rivals = RIVALS.flatMap(([one, list]) => [
    ...(strong.has(one) ? [list] : []),
    ...(strong.has(list) ? [one] : []),
  ]);
  return new Map([...weak].filter(([key]) => !rivals.includes(key)));
}

function mergeEntries(weak: Layer, strong: Layer): Layer {
  const merged = new Map(weak);
  for (const [key, entry] of strong) {
    if (isNull(entry.value)) merged.delete(key);
    else merged.set(key, { ...entry, value: mergeValues(weak.get(key)?.value, entry.value) });
  }
  return merged;
}

function mergeValues(weak: Located | undefined, strong: Located): Located {
  if (strong.kind !== 'map') return strong;
  // Also without a weaker map: a null in it must not survive as a value.
  const under = weak?.kind === 'map' ? weak.entries : new Map<string, LocatedEntry>();
  return { ...strong, entries: mergeEntries(under, strong.entries) };
}

/** Settings that have a value when nobody writes one. */
const BUILTIN = ['http_tokens', 'metadata_hop_limit', 'shutdown_behavior', 'spot', 'timeout'];
const TOP = ['name', 'bucket', 'bucket_owner', 'prefix', 'beacons'];
/** Maps that are told key by key. */
const BY_KEY = new Set(['tags', 'personality', 'variables', 'files']);
const NOT_SETTINGS = new Set(ROLE_FIELDS.map(({ name }) => name).filter((name) => name !== 'description'));

/**
 * Who set each value, by catalogue path. Maps of the user's are told key by key; a list and `spot` as a whole.
 * @param top the catalogue's top level
 * @param settings the merged layers
 * @param chosen sources of values that are not simply read from one of those
 */
export function provenanceOf(
  top: Layer,
  settings: Layer,
  chosen: Readonly<Record<string, Source>>,
): ReadonlyMap<string, Source> {
  const topSources = TOP.flatMap((name): [string, Source][] => {
    const entry = top.get(name);
    return entry === undefined ? [] : [[name, entry.value.at.source]];
  });
  return new Map<string, Source>([
    ...BUILTIN.map((name): [string, Source] => [name, { kind: 'builtin' }]),
    ...topSources,
    ...[...settings].filter(([name]) => !NOT_SETTINGS.has(name)).flatMap(settingSources),
    ...Object.entries(chosen),
  ]);
}

function settingSources([name, { keyAt, value }]: [string, LocatedEntry]): [string, Source][] {
  if (BY_KEY.has(name) && value.kind === 'map') {
    return [...value.entries].map(([key, entry]) => [`${name}.${key}`, entry.value.at.source]);
  }
  return [[name, value.kind === 'scalar' ? value.at.source : keyAt.source]];
}
