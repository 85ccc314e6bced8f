import type { RunInstancesCommandInput, RunInstancesRequest, Tag } from '@aws-sdk/client-ec2';
import type { BlockDevice, MachineSettings, Role } from '../catalogue/role.ts';
import type { Payload } from '../schemes/payload.ts';
import type { BatchRecord } from './book.ts';
import { clientToken, fleetTags } from './identity.ts';
import type { Offering } from './offerings.ts';
import { offeringOf } from './outcome.ts';
import type { LaunchPlan } from './plan.ts';

/** Which RunInstances call of which launch this is. */
export interface BatchIdentity extends Pick<LaunchPlan, 'launch' | 'settingsHash' | 'build' | 'bundle'> {
  /** From 1. */
  readonly batch: number;
  /** Machines to ask for, 1 to 100. */
  readonly count: number;
  readonly clientToken: string;
  readonly offering: Offering;
}

/** A recorded batch of a launch. */
export const identityOf = (
  { launch, settingsHash, build, bundle }: Pick<LaunchPlan, 'launch' | 'settingsHash' | 'build' | 'bundle'>,
  record: BatchRecord,
): BatchIdentity => ({
  launch,
  batch: record.batch,
  count: record.count,
  clientToken: clientToken(launch, record.batch),
  offering: offeringOf(record),
  settingsHash,
  build,
  bundle,
});

/**
 * The RunInstances request of one batch: pure, the same input gives the same request.
 * MinCount is 1, so that a batch gives what there is instead of nothing.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
export function runRequest(
  role: Role,
  payload: Pick<Payload, 'text'>,
  identity: BatchIdentity,
): RunInstancesCommandInput {
  const { machine } = role;
  const { offering } = identity;
  const tags = tagsOf(role, identity);
  return {
    ClientToken: identity.clientToken,
    ImageId: role.ami,
    InstanceType: offering.instanceType as NonNullable<RunInstancesRequest['InstanceType']>,
    MinCount: 1,
    MaxCount: identity.count,
    UserData: Buffer.from(payload.text, 'utf8').toString('base64'),
    SubnetId: offering.subnet,
    Placement: offering.zone === undefined ? undefined : { AvailabilityZone: offering.zone },
    ...security(machine),
    KeyName: machine.keyName,
    BlockDeviceMappings: unlessEmpty(machine.blockDevices.map(blockDeviceMapping)),
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: machine.httpTokens,
      HttpPutResponseHopLimit: machine.metadataHopLimit,
    },
    ...lifetime(machine, offering),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: tags },
      { ResourceType: 'volume', Tags: tags },
    ],
  };
}

/** The user's tags, and rolecall's, which win; only `Name` is the user's to choose. */
function tagsOf(role: Role, { launch, batch, settingsHash, build, bundle }: BatchIdentity): Tag[] {
  const all: Record<string, string> = {
    Name: `${role.role}/${role.environment}/${role.context}`,
    ...role.machine.tags,
    ...fleetTags(role),
    'rolecall:launch': launch,
    'rolecall:batch': String(batch),
    'rolecall:settings': hashTag(settingsHash),
    ...(build !== undefined && { 'rolecall:build': build.tag }),
    ...(bundle !== undefined && { 'rolecall:bundle': hashTag(bundle.tarSha256) }),
  };
  // Sorted, because a repeated ClientToken asks for the same request to the byte.
  const keys = Object.keys(all).sort();
  return keys.map((Key) => ({ Key, Value: all[Key] ?? '' }));
}

/** What tags hold of a hash: enough to tell two of them apart. */
export const hashTag = (sha256: string): string => sha256.slice(0, 16);

function security({
  securityGroups,
  instanceProfile: profile,
}: MachineSettings): Partial<RunInstancesRequest> {
  const isArn = profile?.startsWith('arn:');
  return {
    SecurityGroupIds: unlessEmpty(securityGroups.filter((group) => group.startsWith('sg-'))),
    SecurityGroups: unlessEmpty(securityGroups.filter((group) => !group.startsWith('sg-'))),
    IamInstanceProfile: profile === undefined ? undefined : isArn ? { Arn: profile } : { Name: profile },
  };
}

/** AWS takes no empty list for none. */
const unlessEmpty = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list);

function lifetime(
  { shutdownBehavior, spot }: MachineSettings,
  { market }: Offering,
): Partial<RunInstancesRequest> {
  if (spot === false || market === 'on-demand')
    return { InstanceInitiatedShutdownBehavior: shutdownBehavior };
  return {
    // A one-time spot machine can't be stopped: the default is left to EC2, and only a wish for `terminate` is passed on.
    InstanceInitiatedShutdownBehavior: shutdownBehavior === 'terminate' ? shutdownBehavior : undefined,
    InstanceMarketOptions: {
      MarketType: 'spot',
      SpotOptions: { SpotInstanceType: 'one-time', MaxPrice: spot.maxPrice },
    },
  };
}

const blockDeviceMapping = (device: BlockDevice) => ({
  DeviceName: device.device,
  Ebs: {
    VolumeSize: device.sizeGb,
    VolumeType: device.type as 'gp3' | undefined,
    Iops: device.iops,
    Throughput: device.throughput,
    Encrypted: device.encrypted,
    DeleteOnTermination: device.deleteOnTermination,
    SnapshotId: device.snapshot,
  },
});
