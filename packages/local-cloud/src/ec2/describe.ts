import { ACCOUNT } from '../geography.ts';
import { INSTANCE_TYPES } from '../instance-types.ts';
import { items, time, type Xml } from './answer.ts';
import type { Instance } from './instance.ts';
import { type Life, STATE_CODES } from './lifecycle.ts';

type Fields = { readonly [name: string]: Xml };

/** A reservation with these of its machines; the form of RunInstances and of each member of DescribeInstances. */
export function reservationXml(machines: readonly Instance[]): Fields {
  const spec = machines[0]?.spec;
  return {
    reservationId: spec?.reservationId,
    ownerId: ACCOUNT,
    groupSet: '',
    instancesSet: items(machines.map(instanceXml)),
  };
}

/** The machines by reservation, in the order of their launch. */
export function reservations(machines: readonly Instance[]): Xml {
  return items([...grouped(machines).values()].map(reservationXml));
}

/** A state as EC2 gives it. */
export const stateXml = ({ state }: Pick<Life, 'state'>): Fields => ({
  code: STATE_CODES[state],
  name: state,
});

/** A `tagSet`. */
export const tagSet = (tags: Readonly<Record<string, string>>): Xml =>
  items(Object.entries(tags).map(([key, value]) => ({ key, value })));

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html */
function instanceXml({ spec, life, tags, startedAt }: Instance): Xml {
  const gone = life.state === 'terminated';
  return {
    instanceId: spec.id,
    imageId: spec.imageId,
    instanceState: stateXml(life),
    // A terminated machine has given its addresses back.
    privateDnsName: gone ? '' : `ip-${spec.privateIp.replaceAll('.', '-')}.${domain(spec.region)}`,
    dnsName: '',
    reason: life.reason === undefined ? '' : transition(life),
    keyName: spec.keyName,
    amiLaunchIndex: spec.launchIndex,
    productCodes: '',
    instanceType: spec.instanceType,
    launchTime: time(startedAt),
    placement: { availabilityZone: spec.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: spec.monitoring ? 'enabled' : 'disabled' },
    subnetId: gone ? undefined : spec.subnetId,
    vpcId: gone ? undefined : spec.vpcId,
    privateIpAddress: gone ? undefined : spec.privateIp,
    sourceDestCheck: true,
    groupSet: items(spec.securityGroups.map((groupId) => ({ groupId, groupName: groupId }))),
    stateReason: life.reason && { ...life.reason },
    architecture: INSTANCE_TYPES.get(spec.instanceType)?.architecture ?? 'x86_64',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: items(gone ? [] : spec.volumes.map((volume) => volumeXml(volume, spec.launchedAt))),
    virtualizationType: 'hvm',
    clientToken: spec.clientToken ?? '',
    tagSet: tagSet(tags),
    hypervisor: 'xen',
    instanceLifecycle: spec.spot ? 'spot' : undefined,
    ebsOptimized: spec.ebsOptimized,
    iamInstanceProfile: profileXml(spec.instanceProfile),
    networkInterfaceSet: '',
    metadataOptions: {
      state: 'applied',
      httpTokens: spec.metadata.httpTokens,
      httpPutResponseHopLimit: spec.metadata.hopLimit,
      httpEndpoint: 'enabled',
      httpProtocolIpv6: 'disabled',
      instanceMetadataTags: spec.metadata.tagsInMetadata ? 'enabled' : 'disabled',
    },
  };
}

const domain = (region: string): string =>
  region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;

/** EC2's StateTransitionReason: `User initiated (2026-01-31 12:00:00 GMT)`. */
function transition({ reason, since }: Life): string {
  if (reason?.code !== 'Client.UserInitiatedShutdown') return reason?.message ?? '';
  return `User initiated (${time(since).slice(0, 19).replace('T', ' ')} GMT)`;
}

const volumeXml = (volume: Instance['spec']['volumes'][number], attachedAt: number): Xml => ({
  deviceName: volume.deviceName,
  ebs: {
    volumeId: volume.id,
    status: 'attached',
    attachTime: time(attachedAt),
    deleteOnTermination: volume.deleteOnTermination,
  },
});

function profileXml(profile: string | undefined): Xml {
  if (profile === undefined) return undefined;
  const arn = profile.startsWith('arn:') ? profile : `arn:aws:iam::${ACCOUNT}:instance-profile/${profile}`;
  return { arn, id: 'AIPAROLECALLLOCALCLOUD' };
}

function grouped(machines: readonly Instance[]): Map<string, Instance[]> {
  const groups = new Map<string, Instance[]>();
  for (const machine of machines) {
    const group = groups.get(machine.spec.reservationId);
    if (group === undefined) groups.set(machine.spec.reservationId, [machine]);
    else group.push(machine);
  }
  return groups;
}
