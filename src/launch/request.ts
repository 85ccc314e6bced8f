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
    ...placement(offering),
    ...security(machine),
    ...(machine.keyName === undefined ? {} : { KeyName: machine.keyName }),
    ...(machine.blockDevices.length === 0
      ? {}
      : { BlockDeviceMappings: machine.blockDevices.map(blockDeviceMapping) }),
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

function placement({ subnet, zone }: Offering): Partial<RunInstancesRequest> {
  return {
    ...(subnet === undefined ? {} : { SubnetId: subnet }),
    ...(zone === undefined ? {} : { Placement: { AvailabilityZone: zone } }),
  };
}

function security({ securityGroups, instanceProfile }: MachineSettings): Partial<RunInstancesRequest> {
  const ids = securityGroups.filter((group) => group.startsWith('sg-'));
  const names = securityGroups.filter((group) => !group.startsWith('sg-'));
  return {
    ...(ids.length === 0 ? {} : { SecurityGroupIds: ids }),
    ...(names.length === 0 ? {} : { SecurityGroups: names }),
    ...(instanceProfile === undefined
      ? {}
      : {
          IamInstanceProfile: instanceProfile.startsWith('arn:')
            ? { Arn: instanceProfile }
            : { Name: instanceProfile },
        }),
  };
}

function lifetime(
  { shutdownBehavior, spot }: MachineSettings,
  { market }: Offering,
): Partial<RunInstancesRequest> {
  if (spot === false || market === 'on-demand')
    return { InstanceInitiatedShutdownBehavior: shutdownBehavior };
  return {
    // A one-time spot machine can't be stopped: the default is left to EC2, and only a wish for `terminate` is passed on.
    ...(shutdownBehavior === 'terminate' ? { InstanceInitiatedShutdownBehavior: shutdownBehavior } : {}),
    InstanceMarketOptions: {
      MarketType: 'spot',
      SpotOptions: {
        SpotInstanceType: 'one-time',
        ...(spot.maxPrice === undefined ? {} : { MaxPrice: spot.maxPrice }),
      },
    },
  };
}

function blockDeviceMapping(device: BlockDevice) {
  const ebs = {
    VolumeSize: device.sizeGb,
    VolumeType: device.type as 'gp3' | undefined,
    Iops: device.iops,
    Throughput: device.throughput,
    Encrypted: device.encrypted,
    DeleteOnTermination: device.deleteOnTermination,
    SnapshotId: device.snapshot,
  };
  return { DeviceName: device.device, Ebs: withoutUndefined(ebs) };
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
