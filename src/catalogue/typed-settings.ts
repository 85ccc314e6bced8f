import { defined } from '../objects.ts';
import {
  child,
  entriesOf,
  flagAt,
  itemsOf,
  type Located,
  type LocatedMap,
  listAt,
  numberAt,
  textAt,
  textsOf,
} from '../yaml/located.ts';
import { durationMs } from '../yaml/texts.ts';
import type { BlockDevice, BundleSettings, MachineSettings, NamedPath, VariableValue } from './role.ts';

/**
 * Merged settings as RunInstances needs them; their shapes have been checked.
 * @param missing called where nothing gives an instance type; it throws
 */
export function machineSettings(settings: LocatedMap, missing: () => never): MachineSettings {
  const text = (key: string) => textAt(settings, key);
  return defined({
    instanceTypes: atLeastOne(allOf(settings, 'instance_type')) ?? missing(),
    subnets: allOf(settings, 'subnet'),
    zones: allOf(settings, 'zone'),
    instanceProfile: text('instance_profile'),
    keyName: text('key_name'),
    securityGroups: listAt(settings, 'security_groups'),
    blockDevices: itemsOf(child(settings, 'block_devices')).map(blockDevice),
    tags: textsOf(child(settings, 'tags')),
    httpTokens: text('http_tokens') === 'optional' ? 'optional' : 'required',
    metadataHopLimit: numberAt(settings, 'metadata_hop_limit') ?? 1,
    shutdownBehavior: text('shutdown_behavior') === 'terminate' ? 'terminate' : 'stop',
    spot: spotOf(child(settings, 'spot')),
  });
}

const blockDevice = (node: Located): BlockDevice =>
  defined({
    device: textAt(node, 'device') ?? '',
    sizeGb: numberAt(node, 'size_gb'),
    type: textAt(node, 'type'),
    iops: numberAt(node, 'iops'),
    throughput: numberAt(node, 'throughput'),
    encrypted: flagAt(node, 'encrypted'),
    deleteOnTermination: flagAt(node, 'delete_on_termination'),
    snapshot: textAt(node, 'snapshot'),
  });

function spotOf(node: Located | undefined): MachineSettings['spot'] {
  if (node?.kind === 'map') {
    const orOnDemand = textAt(node, 'fallback') === 'on-demand';
    return defined({ maxPrice: textAt(node, 'max_price'), orOnDemand });
  }
  return node?.kind === 'scalar' && node.value === true ? { orOnDemand: false } : false;
}

/** A setting that stands there once or, under its plural, as a list; doubles count once. */
function allOf(settings: LocatedMap, name: string): string[] {
  const one = textAt(settings, name);
  return one === undefined ? [...new Set(listAt(settings, `${name}s`))] : [one];
}

const atLeastOne = ([first, ...others]: readonly string[]): readonly [string, ...string[]] | undefined =>
  first === undefined ? undefined : [first, ...others];

const DEFAULT_EXPIRES = '6h';

/** Merged settings as a bundle needs them; undefined for a role without modules. Their shapes have been checked. */
export function bundleSettings(settings: LocatedMap): BundleSettings | undefined {
  const listed = child(settings, 'modules');
  if (listed?.kind !== 'list' || listed.items.length === 0) return undefined;
  const bundle = child(settings, 'bundle');
  return {
    modules: listed.items.flatMap((item) =>
      item.kind === 'scalar' ? [{ name: item.text, at: item.at }] : [],
    ),
    variables: Object.fromEntries(
      entriesOf(child(settings, 'variables')).map(([name, { value }]) => [name, variableValue(value)]),
    ),
    files: namedPaths(child(settings, 'files')),
    compression: textAt(bundle, 'compression') === 'zstd' ? 'zstd' : 'gzip',
    access: textAt(bundle, 'access') === 'public' ? 'public' : 'presigned',
    expiresMs: durationMs(textAt(bundle, 'expires') ?? DEFAULT_EXPIRES),
  };
}

const namedPaths = (files: Located | undefined): Record<string, NamedPath> =>
  Object.fromEntries(
    entriesOf(files).flatMap(([name, { value }]) =>
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
