import type { BlockDevice, BundleSettings, Role, VariableValue } from '../catalogue/role.ts';
import { redact, soundsSecret } from '../redact.ts';
import { duration } from '../text.ts';
import type { Source } from '../yaml/located.ts';

/** One value of a resolved role, and where it was set. */
export interface Setting {
  /** In catalogue terms: `instance_type`, `personality.cache_mb`. */
  readonly name: string;
  readonly value: string;
  /** `roles.yaml:12:5`, `--count`, or `built in`; null where nobody set it and there is nothing to tell. */
  readonly source: string | null;
}

/** A setting; of one that the catalogue doesn't hold only where it comes `from` is told, and that is no secret. */
type Value = [name: string, value: string | undefined, from?: VariableValue['from']];

/** Where a value was set, as editors and terminals jump to it. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case 'file':
      return `${source.file}:${source.line}:${source.column}`;
    case 'flag':
      return source.flag.startsWith('-') ? source.flag : `--${source.flag}`;
    case 'builtin':
      return 'built in';
  }
}

/** Every value of the role that is set, in the order of the catalogue's documentation; secrets are not shown. */
export function settingsOf(role: Role): Setting[] {
  return values(role).flatMap(([name, value, from]) =>
    value === undefined
      ? []
      : [
          {
            name,
            value: from === 'env' || from === 'file' ? value : shown(name, value),
            source: sourceOf(role, name),
          },
        ],
  );
}

function bundleValues(bundle: BundleSettings | undefined): Value[] {
  if (bundle === undefined) return [];
  const { modules, variables, files, compression, access, expiresMs } = bundle;
  return [
    ['modules', listText(modules.map(({ name }) => name))],
    ...Object.entries(variables).map(
      ([name, value]): Value => [`variables.${name}`, variableText(value), value.from],
    ),
    ...Object.entries(files).map(([name, { path }]): Value => [`files.${name}`, path]),
    ['bundle.compression', compression],
    ['bundle.access', access],
    ['bundle.expires', access === 'public' ? undefined : duration(expiresMs)],
  ];
}

function variableText(value: VariableValue): string {
  switch (value.from) {
    case 'catalogue':
      return value.text;
    case 'env':
      return `from the environment (${value.name})`;
    case 'file':
      return `from the file ${value.path}`;
  }
}

function values(role: Role): Value[] {
  const { machine } = role;
  return [
    ['region', role.region],
    ['ami', role.ami],
    ['bucket', role.bucket],
    ['bucket_owner', role.bucketOwner],
    ['prefix', role.prefix === '' ? undefined : role.prefix],
    ['beacons', role.bucket === undefined ? undefined : String(role.beacons)],
    ['app', role.app],
    ['fetch', role.app === undefined ? undefined : role.fetch],
    ['keep', role.keep === undefined ? undefined : String(role.keep)],
    onceOrList(role, 'instance_type', machine.instanceTypes),
    onceOrList(role, 'subnet', machine.subnets),
    onceOrList(role, 'zone', machine.zones),
    ['security_groups', listText(machine.securityGroups)],
    ['instance_profile', machine.instanceProfile],
    ['key_name', machine.keyName],
    ['http_tokens', machine.httpTokens],
    ['metadata_hop_limit', String(machine.metadataHopLimit)],
    ['shutdown_behavior', machine.shutdownBehavior],
    ['spot', spotText(machine.spot)],
    ...machine.blockDevices.map((device, index): [string, string] => [
      `block_devices.${index}`,
      deviceText(device),
    ]),
    ['timeout', duration(role.timeoutMs)],
    ['boot_budget', role.bootBudgetMs === undefined ? undefined : duration(role.bootBudgetMs)],
    ['success', role.patterns.success],
    ['failure', role.patterns.failure],
    ...mapText('tags', machine.tags),
    ...mapText('personality', role.personality),
    ...bundleValues(role.bundle),
  ];
}

/** Values under a name that sounds secret are not shown; keys of tags and of the personality count without their map. */
const shown = (name: string, value: string): string =>
  soundsSecret(name.slice(name.indexOf('.') + 1)) ? '[redacted]' : redact(value);

/** The value's own source, else that of the map that holds it. */
function sourceOf(role: Role, name: string): string | null {
  const parent = name.split('.')[0] ?? name;
  const source = role.provenance.get(name) ?? role.provenance.get(parent);
  return source === undefined ? null : sourceText(source);
}

const listText = (items: readonly string[]): string | undefined =>
  items.length === 0 ? undefined : items.join(', ');

const spotText = (spot: Role['machine']['spot']): string => {
  if (spot === false) return 'false';
  const price = spot.maxPrice === undefined ? '' : `, at most ${spot.maxPrice}`;
  return `true${price}${spot.orOnDemand ? ', or on-demand' : ''}`;
};

/** Under the name that it has in the catalogue. */
const onceOrList = ({ provenance }: Role, name: string, values: readonly string[]): Value => [
  provenance.has(`${name}s`) ? `${name}s` : name,
  listText(values),
];

const mapText = (name: string, map: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(map).map(([key, value]) => [`${name}.${key}`, value]);

function deviceText(device: BlockDevice): string {
  const parts = [
    device.device,
    device.sizeGb === undefined ? undefined : `${device.sizeGb} GB`,
    device.type,
    device.iops === undefined ? undefined : `${device.iops} IOPS`,
    device.throughput === undefined ? undefined : `${device.throughput} MiB/s`,
    device.encrypted === true ? 'encrypted' : undefined,
    device.snapshot === undefined ? undefined : `from ${device.snapshot}`,
    device.deleteOnTermination === false ? 'kept after termination' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
