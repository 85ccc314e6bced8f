import { child, flagAt, type Located, type LocatedMap, textAt, textsOf } from '../document/located.ts';
import type { BlockDevice, MachineSettings } from './role.ts';

/**
 * Merged settings as RunInstances needs them; their shapes have been checked.
 * @param missing called where nothing gives an instance type; it throws
 */
export function machineSettings(settings: LocatedMap, missing: () => never): MachineSettings {
  const text = (key: string) => textAt(settings, key);
  return {
    instanceType: text('instance_type') ?? missing(),
    ...defined({
      subnet: text('subnet'),
      zone: text('zone'),
      instanceProfile: text('instance_profile'),
      keyName: text('key_name'),
    }),
    securityGroups: itemsOf(child(settings, 'security_groups')).flatMap((item) =>
      item.kind === 'scalar' ? [item.text] : [],
    ),
    blockDevices: itemsOf(child(settings, 'block_devices')).map(blockDevice),
    tags: textsOf(child(settings, 'tags')),
    httpTokens: text('http_tokens') === 'optional' ? 'optional' : 'required',
    shutdownBehavior: text('shutdown_behavior') === 'terminate' ? 'terminate' : 'stop',
    spot: spotOf(child(settings, 'spot')),
  };
}

function blockDevice(node: Located): BlockDevice {
  const whole = (key: string) => numberAt(node, key);
  return {
    device: textAt(node, 'device') ?? '',
    ...defined({
      sizeGb: whole('size_gb'),
      type: textAt(node, 'type'),
      iops: whole('iops'),
      throughput: whole('throughput'),
      encrypted: flagAt(node, 'encrypted'),
      deleteOnTermination: flagAt(node, 'delete_on_termination'),
      snapshot: textAt(node, 'snapshot'),
    }),
  };
}

function spotOf(node: Located | undefined): MachineSettings['spot'] {
  if (node?.kind === 'map') return defined({ maxPrice: textAt(node, 'max_price') });
  return node?.kind === 'scalar' && node.value === true ? {} : false;
}

const itemsOf = (node: Located | undefined): readonly Located[] => (node?.kind === 'list' ? node.items : []);

function numberAt(node: Located, key: string): number | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'number' ? value.value : undefined;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The entries that have a value. */
const defined = <T extends Record<string, unknown>>(entries: T): Defined<T> =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Defined<T>;
