import { subnetsOf, zonesOf } from '../geography.ts';
import { AMI_ID, type Images } from '../images.ts';
import { INSTANCE_TYPES, type InstanceType } from '../instance-types.ts';
import { Ec2Error, invalidValue } from './ec2-error.ts';
import type { Asked, MetadataOptions } from './instance.ts';
import { flag, group, groups, integer, needText, type Params, text, texts } from './params.ts';
import { joinTags, parseTags } from './resource-tags.ts';

/** Raw bytes, before base64. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const MAX_USER_DATA = 16_384;
const MAX_COUNT = 1000;

/** Resources of a launch that TagSpecifications may name. */
const TAGGABLE = ['instance', 'volume', 'network-interface', 'spot-instances-request'];

/** A checked RunInstances request. */
export interface LaunchRequest extends Asked {
  readonly imageId: string;
  readonly type: InstanceType;
  readonly minCount: number;
  readonly maxCount: number;
  readonly clientToken: string | undefined;
  /** The zone that was asked for, by name or by its subnet. */
  readonly zone: string | undefined;
  readonly volumes: readonly { readonly deviceName: string; readonly deleteOnTermination: boolean }[];
  /** By resource type. */
  readonly tags: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Reads a RunInstances request and refuses what EC2 refuses. @throws Ec2Error */
export function launchRequest(params: Params, region: string, images: Images): LaunchRequest {
  const counts = countsOf(params);
  const profile = group(params, 'IamInstanceProfile');
  return {
    imageId: imageOf(params, images),
    type: typeOf(params),
    ...counts,
    clientToken: text(params, 'ClientToken'),
    zone: zoneOf(params, region),
    securityGroups: securityGroupsOf(params),
    keyName: text(params, 'KeyName'),
    instanceProfile: text(profile, 'Arn') ?? text(profile, 'Name'),
    userData: userDataOf(params),
    shutdownBehaviour: oneOf(params, 'InstanceInitiatedShutdownBehavior', ['stop', 'terminate']) ?? 'stop',
    metadata: metadataOf(group(params, 'MetadataOptions')),
    spot: oneOf(group(params, 'InstanceMarketOptions'), 'MarketType', ['spot', 'on-demand']) === 'spot',
    ebsOptimized: flag(params, 'EbsOptimized') ?? false,
    monitoring: flag(group(params, 'Monitoring'), 'Enabled') ?? false,
    volumes: volumesOf(params),
    tags: tagsOf(params),
  };
}

function countsOf(params: Params): { minCount: number; maxCount: number } {
  needText(params, 'MinCount');
  needText(params, 'MaxCount');
  const minCount = integer(params, 'MinCount', 1, MAX_COUNT) ?? 1;
  const maxCount = integer(params, 'MaxCount', 1, MAX_COUNT) ?? 1;
  if (minCount > maxCount)
    throw new Ec2Error(
      'InvalidParameterCombination',
      `MinCount (${minCount}) exceeds MaxCount (${maxCount})`,
    );
  return { minCount, maxCount };
}

function imageOf(params: Params, images: Images): string {
  const id = needText(params, 'ImageId');
  if (!AMI_ID.test(id))
    throw new Ec2Error('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
  if (!images.has(id)) throw new Ec2Error('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  return id;
}

function typeOf(params: Params): InstanceType {
  // EC2's own default, from 2006, still stands.
  const name = text(params, 'InstanceType') ?? 'm1.small';
  const type = INSTANCE_TYPES.get(name);
  if (type === undefined) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  return type;
}

function zoneOf(params: Params, region: string): string | undefined {
  const zone = text(group(params, 'Placement'), 'AvailabilityZone');
  if (zone !== undefined && !zonesOf(region).some(({ name }) => name === zone))
    throw invalidValue(`Invalid availability zone: [${zone}]`);
  const subnetId = text(params, 'SubnetId');
  if (subnetId === undefined) return zone;
  const subnet = subnetsOf(region).find(({ id }) => id === subnetId);
  if (subnet === undefined)
    throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
  if (zone !== undefined && zone !== subnet.zone)
    throw new Ec2Error('InvalidParameterCombination', `The subnet ${subnetId} is not in the zone ${zone}`);
  return subnet.zone;
}

function securityGroupsOf(params: Params): string[] {
  const ids = texts(params, 'SecurityGroupId');
  const odd = ids.find((id) => !/^sg-[0-9a-f]{8,17}$/.test(id));
  if (odd !== undefined)
    throw new Ec2Error('InvalidGroupId.Malformed', `Invalid id: "${odd}" (expecting "sg-...")`);
  return ids;
}

function userDataOf(params: Params): Buffer | undefined {
  const encoded = text(params, 'UserData');
  if (encoded === undefined) return undefined;
  const compact = encoded.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact))
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  const bytes = Buffer.from(compact, 'base64');
  if (bytes.length > MAX_USER_DATA) throw invalidValue(`User data is limited to ${MAX_USER_DATA} bytes`);
  return bytes;
}

function metadataOf(options: Params): MetadataOptions {
  return {
    httpTokens: oneOf(options, 'HttpTokens', ['required', 'optional']) ?? 'optional',
    hopLimit: integer(options, 'HttpPutResponseHopLimit', 1, 64) ?? 1,
    tagsInMetadata: oneOf(options, 'InstanceMetadataTags', ['enabled', 'disabled']) === 'enabled',
  };
}

function volumesOf(params: Params): LaunchRequest['volumes'] {
  return groups(params, 'BlockDeviceMapping').map((mapping) => ({
    deviceName: needText(mapping, 'DeviceName'),
    deleteOnTermination: flag(group(mapping, 'Ebs'), 'DeleteOnTermination') ?? true,
  }));
}

function tagsOf(params: Params): Map<string, Record<string, string>> {
  const tags = new Map<string, Record<string, string>>();
  for (const specification of groups(params, 'TagSpecification')) {
    const resource = needText(specification, 'ResourceType');
    if (!TAGGABLE.includes(resource))
      throw invalidValue(`'${resource}' is not a valid taggable resource type for this operation.`);
    tags.set(resource, joinTags(tags.get(resource) ?? {}, parseTags(specification)));
  }
  return tags;
}

function oneOf<const T extends string>(params: Params, name: string, allowed: readonly T[]): T | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  const found = allowed.find((choice) => choice === value);
  if (found === undefined)
    throw invalidValue(
      `Value (${value}) for parameter ${name} is invalid. Expecting ${allowed.join(' or ')}`,
    );
  return found;
}
