import { durationMs } from '../yaml/duration.ts';
import { child, type Located, type LocatedMap, textAt } from '../yaml/located.ts';
import type { BundleSettings, NamedPath, VariableValue } from './role.ts';

const DEFAULT_EXPIRES = '6h';

/** Merged settings as a bundle needs them; undefined for a role without modules. Their shapes have been checked. */
export function bundleSettings(settings: LocatedMap): BundleSettings | undefined {
  const listed = child(settings, 'modules');
  if (listed?.kind !== 'list' || listed.items.length === 0) return undefined;
  const bundle = child(settings, 'bundle');
  const variables = child(settings, 'variables');
  return {
    modules: listed.items.flatMap((item) =>
      item.kind === 'scalar' ? [{ name: item.text, at: item.at }] : [],
    ),
    variables: Object.fromEntries(
      (variables?.kind === 'map' ? [...variables.entries] : []).map(([name, entry]) => [
        name,
        variableValue(entry.value),
      ]),
    ),
    files: namedPaths(child(settings, 'files')),
    compression: textAt(bundle, 'compression') === 'zstd' ? 'zstd' : 'gzip',
    access: textAt(bundle, 'access') === 'public' ? 'public' : 'presigned',
    expiresMs: durationMs(textAt(bundle, 'expires') ?? DEFAULT_EXPIRES),
  };
}

const namedPaths = (files: Located | undefined): Record<string, NamedPath> =>
  Object.fromEntries(
    (files?.kind === 'map' ? [...files.entries] : []).flatMap(([name, { value }]) =>
      value.kind === 'scalar' && value.value !== null ? [[name, { path: value.text, at: value.at }]] : [],
    ),
  );

function variableValue(node: Located): VariableValue {
  const { at } = node;
  const env = textAt(node, 'env');
  if (env !== undefined) return { from: 'env', name: env, at };
  if (node.kind !== 'scalar') return { from: 'file', path: textAt(node, 'file') ?? '', at };
  const type = typeof node.value === 'number' ? 'number' : typeof node.value === 'boolean' ? 'flag' : 'text';
  // A flag as YAML 1.2 writes it: `True` is `true`.
  return { from: 'catalogue', text: type === 'flag' ? String(node.value) : node.text, type, at };
}
