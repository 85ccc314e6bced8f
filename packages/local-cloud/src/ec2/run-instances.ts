import { randomBytes } from 'node:crypto';
import { groupOf, subnetsOf, vpcOf } from '../geography.ts';
import { reservationXml } from './describe.ts';
import { Ec2Error } from './ec2-error.ts';
import { type Instance, type InstanceSpec, newInstance } from './instance.ts';
import { type LaunchRequest, launchRequest } from './launch-request.ts';
import type { Call, Operation, World } from './operation.ts';
import { flag } from './params.ts';
import { type Placement, place } from './placement.ts';
import { takeMachineTokens } from './resource-bucket.ts';
import { earlierReservation, scopedToken } from './tokens.ts';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html */
export const runInstances: Operation = {
  params: [
    'BlockDeviceMapping',
    'ClientToken',
    'DryRun',
    'EbsOptimized',
    'IamInstanceProfile',
    'ImageId',
    'InstanceInitiatedShutdownBehavior',
    'InstanceMarketOptions',
    'InstanceType',
    'KeyName',
    'MaxCount',
    'MetadataOptions',
    'MinCount',
    'Monitoring',
    'Placement',
    'SecurityGroupId',
    'SubnetId',
    'TagSpecification',
    'UserData',
  ],
  run: (call) => reservationXml(launch(call)),
};

/** The machines of this request: new ones, or those that an earlier request with its token made. */
function launch({ params, region, world }: Call): Instance[] {
  const request = launchRequest(params, region, world.images);
  const token =
    request.clientToken === undefined
      ? undefined
      : scopedToken(request.clientToken, request.zone ?? region, params);
  const earlier = token && earlierReservation(token, world.tokens, world.machines);
  if (earlier !== undefined)
    return world.machines.list().filter(({ spec }) => spec.reservationId === earlier);

  const placement = place(request, region, world.machines.list(), world.faults, world.machines.room);
  if (flag(params, 'DryRun'))
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');

  takeMachineTokens({ region, world }, 'RunInstances', placement.count);
  const machines = create(request, region, placement, world);
  // From here on the request is accepted: whatever becomes of the answer, a repeat finds these machines.
  for (const machine of machines) world.machines.start(machine);
  const reservationId = machines[0]?.spec.reservationId;
  if (token && reservationId) world.tokens.set(token.key, { fingerprint: token.fingerprint, reservationId });
  return machines;
}

function create(request: LaunchRequest, region: string, placement: Placement, world: World): Instance[] {
  const reservationId = newId('r');
  return Array.from({ length: placement.count }, (_, launchIndex) => {
    const spec = specOf(request, region, placement.zone, reservationId, launchIndex, world);
    for (const { id } of spec.volumes) world.resourceTags.set(id, request.tags.get('volume') ?? {});
    return newInstance(spec, request.tags.get('instance') ?? {}, world.faults);
  });
}

function specOf(
  request: LaunchRequest,
  region: string,
  zone: string,
  reservationId: string,
  launchIndex: number,
  world: World,
): InstanceSpec {
  const subnet = subnetsOf(region).find((candidate) => candidate.zone === zone);
  const {
    imageId,
    type,
    tags: _tags,
    minCount: _min,
    maxCount: _max,
    zone: _zone,
    volumes,
    ...same
  } = request;
  const root = { deviceName: '/dev/xvda', deleteOnTermination: true };
  const mapped = volumes.some(({ deviceName }) => deviceName === root.deviceName)
    ? volumes
    : [root, ...volumes];
  return {
    ...same,
    id: newId('i'),
    reservationId,
    region,
    zone,
    subnetId: subnet?.id ?? '',
    vpcId: vpcOf(region),
    imageId,
    instanceType: type.name,
    launchIndex,
    ordinal: world.machines.nextOrdinal(),
    launchedAt: world.clock.now(),
    privateIp: world.addresses.next(region, subnet?.base ?? 0),
    securityGroups: same.securityGroups.length === 0 ? [groupOf(region)] : same.securityGroups,
    volumes: mapped.map((volume) => ({ ...volume, id: newId('vol') })),
  };
}

/** A resource id in EC2's long form. */
const newId = (prefix: string): string => `${prefix}-0${randomBytes(8).toString('hex')}`;
