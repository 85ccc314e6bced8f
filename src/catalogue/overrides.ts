import { UsageError } from '../errors.ts';
import { shapeFaults } from '../yaml/check.ts';
import type { LocatedEntry } from '../yaml/located.ts';
import { ami, durationMs, region } from '../yaml/texts.ts';
import { SETTINGS } from './settings.ts';

/** The names of what the command line may set over the catalogue (`--instance-type` sets instance_type). */
const OVERRIDES = ['region', 'ami', 'instance_type', 'zone', 'subnet', 'timeout'] as const;

/** One of `OVERRIDES`. */
export type OverrideName = (typeof OVERRIDES)[number];

/** What the command line sets over the catalogue. */
export type Overrides = { readonly [Name in OverrideName]?: string | undefined };

const SHAPES = new Map([
  ['region', region],
  ['ami', ami],
  ...SETTINGS.filter(({ name }) => OVERRIDES.some((override) => override === name)).map(
    ({ name, shape }) => [name, shape] as const,
  ),
]);

/**
 * The overrides as the strongest layer.
 * @throws UsageError for a value that the catalogue couldn't hold either
 */
export function overrideLayer(overrides: Overrides): ReadonlyMap<string, LocatedEntry> {
  return new Map(
    Object.entries(overrides).flatMap(([name, value]: [string, string | undefined]) =>
      value === undefined ? [] : [[name, entryOf(name, value)]],
    ),
  );
}

/** `--timeout` for a command that needs no catalogue, milliseconds. @throws UsageError where it is no duration */
export function timeoutOverride(text: string): number {
  overrideLayer({ timeout: text });
  return durationMs(text);
}

function entryOf(name: string, value: string): LocatedEntry {
  const flag = `--${name.replaceAll('_', '-')}`;
  const at = { source: { kind: 'flag', flag }, length: 1 } as const;
  const node = { kind: 'scalar', value, text: value, at } as const;
  const shape = SHAPES.get(name);
  const fault = shape && shapeFaults(node, shape, flag)[0];
  if (fault) throw new UsageError(fault.message, { hint: `${flag} takes ${fault.expected}` });
  return { keyAt: at, value: node };
}
