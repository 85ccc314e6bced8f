import { isNull, type Located, type LocatedEntry } from '../yaml/located.ts';
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
