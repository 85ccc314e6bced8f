import { ACCOUNT, REGIONS, type Subnet, subnetsOf, zonesOf } from '../geography.ts';
import { AMI_ID, type Image } from '../images.ts';
import { INSTANCE_TYPES, type InstanceType } from '../instance-types.ts';
import { items, time, type Xml } from './answer.ts';
import { tagSet } from './describe.ts';
import { Ec2Error, invalidValue } from './ec2-error.ts';
import { applyFilters, parseFilters } from './filters.ts';
import type { Operation } from './operation.ts';
import { pageOf } from './page.ts';
import { type Params, texts } from './params.ts';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html */
export const describeAvailabilityZones: Operation = {
  params: ['AllAvailabilityZones', 'DryRun', 'Filter', 'ZoneId', 'ZoneName'],
  run: ({ params, region }) => {
    const names = texts(params, 'ZoneName');
    const ids = texts(params, 'ZoneId');
    const zones = zonesOf(region);
    const odd = names.find((name) => !zones.some((zone) => zone.name === name));
    if (odd !== undefined) throw invalidValue(`Invalid availability zone: [${odd}]`);
    const chosen = zones.filter(
      ({ name, id }) =>
        (names.length === 0 || names.includes(name)) && (ids.length === 0 || ids.includes(id)),
    );
    const shown = narrowed(chosen, params, {
      'region-name': () => region,
      state: () => 'available',
      'zone-id': ({ id }) => id,
      'zone-name': ({ name }) => name,
      'zone-type': () => 'availability-zone',
    });
    const zoneXml = ({ name, id }: { name: string; id: string }): Xml => ({
      zoneName: name,
      zoneState: 'available',
      regionName: region,
      messageSet: '',
      zoneId: id,
      groupName: region,
      networkBorderGroup: region,
      zoneType: 'availability-zone',
      optInStatus: 'opt-in-not-required',
    });
    return { availabilityZoneInfo: items(shown.map(zoneXml)) };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html */
export const describeSubnets: Operation = {
  params: ['DryRun', 'Filter', 'MaxResults', 'NextToken', 'SubnetId'],
  run: ({ params, region }) => {
    const chosen = byId(
      subnetsOf(region),
      ({ id }) => id,
      texts(params, 'SubnetId'),
      (id) => new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`),
    );
    const shown = narrowed(chosen, params, {
      'availability-zone': ({ zone }) => zone,
      'default-for-az': () => 'true',
      state: () => 'available',
      'subnet-id': ({ id }) => id,
      'vpc-id': ({ vpcId }) => vpcId,
    });
    const { things, nextToken } = pageOf(shown, ({ id }) => id, params);
    return { subnetSet: items(things.map(subnetXml)), nextToken };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html */
export const describeRegions: Operation = {
  params: ['AllRegions', 'DryRun', 'RegionName'],
  run: ({ params }) => {
    const chosen = byId(
      REGIONS,
      (name) => name,
      texts(params, 'RegionName'),
      (name) => invalidValue(`Invalid region name: [${name}]`),
    );
    const regionXml = (regionName: string): Xml => ({
      regionName,
      regionEndpoint: `ec2.${regionName}.amazonaws.com`,
      optInStatus: 'opt-in-not-required',
    });
    return { regionInfo: items(chosen.map(regionXml)) };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html */
export const describeInstanceTypes: Operation = {
  params: ['DryRun', 'Filter', 'InstanceType', 'MaxResults', 'NextToken'],
  run: ({ params }) => {
    const chosen = byId(
      [...INSTANCE_TYPES.values()],
      ({ name }) => name,
      texts(params, 'InstanceType'),
      (name) =>
        new Ec2Error('InvalidInstanceType', `The following supplied instance types do not exist: [${name}]`),
    );
    const shown = narrowed(chosen, params, {
      hypervisor: ({ nitro }) => (nitro ? 'nitro' : 'xen'),
      'instance-type': ({ name }) => name,
      'processor-info.supported-architecture': ({ architecture }) => architecture,
    });
    const { things, nextToken } = pageOf(shown, ({ name }) => name, params);
    return { instanceTypeSet: items(things.map(typeXml)), nextToken };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html */
export const describeImages: Operation = {
  params: ['DryRun', 'ExecutableBy', 'Filter', 'ImageId', 'MaxResults', 'NextToken', 'Owner'],
  run: ({ params, world }) => {
    const ids = texts(params, 'ImageId');
    const odd = ids.find((id) => !AMI_ID.test(id));
    if (odd !== undefined)
      throw new Ec2Error('InvalidAMIID.Malformed', `Invalid id: "${odd}" (expecting "ami-...")`);
    const owners = texts(params, 'Owner');
    const ours = owners.length === 0 || owners.includes('self') || owners.includes(ACCOUNT);
    const chosen = byId(
      world.images.list(),
      ({ id }) => id,
      ids,
      (id) => new Ec2Error('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`),
    );
    const shown = narrowed(ours ? chosen : [], params, {
      'image-id': ({ id }) => id,
      name: ({ id }) => imageName(id),
      'owner-id': () => ACCOUNT,
      state: () => 'available',
    });
    const { things, nextToken } = pageOf(shown, ({ id }) => id, params);
    const tags = (id: string) => world.resourceTags.get(id) ?? {};
    return { imagesSet: items(things.map((image) => imageXml(image, tags(image.id)))), nextToken };
  },
};

/** The things with these ids, or all where none is given. */
function byId<T>(
  things: readonly T[],
  idOf: (thing: T) => string,
  ids: readonly string[],
  notFound: (id: string) => Ec2Error,
): T[] {
  const known = new Set(things.map(idOf));
  const odd = ids.find((id) => !known.has(id));
  if (odd !== undefined) throw notFound(odd);
  return things.filter((thing) => ids.length === 0 || ids.includes(idOf(thing)));
}

/** The things that pass the filters of a request, given what each filter looks at. */
function narrowed<T>(
  things: readonly T[],
  params: Params,
  fields: Record<string, (thing: T) => string>,
): T[] {
  return applyFilters(
    things,
    parseFilters(params),
    (thing, name) => {
      const value = fields[name]?.(thing);
      return value === undefined ? undefined : [value];
    },
    (name) => Object.hasOwn(fields, name),
  );
}

const subnetXml = ({ id, zone, vpcId, base }: Subnet): Xml => ({
  subnetId: id,
  state: 'available',
  vpcId,
  cidrBlock: `172.31.${base}.0/20`,
  availableIpAddressCount: 4091,
  availabilityZone: zone,
  defaultForAz: true,
  mapPublicIpOnLaunch: false,
  ownerId: ACCOUNT,
  tagSet: '',
});

const typeXml = ({ name, vcpus, memoryMib, nitro, architecture }: InstanceType): Xml => ({
  instanceType: name,
  currentGeneration: nitro,
  bareMetal: false,
  hypervisor: nitro ? 'nitro' : 'xen',
  processorInfo: { supportedArchitectures: items([architecture]) },
  vCpuInfo: { defaultVCpus: vcpus },
  memoryInfo: { sizeInMiB: memoryMib },
});

const imageName = (id: string): string => `rolecall-local-${id.slice(4)}`;

const imageXml = ({ id, registeredAt }: Image, tags: Readonly<Record<string, string>>): Xml => ({
  imageId: id,
  imageLocation: `${ACCOUNT}/${imageName(id)}`,
  imageState: 'available',
  imageOwnerId: ACCOUNT,
  isPublic: false,
  architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  imageType: 'machine',
  name: imageName(id),
  rootDeviceType: 'ebs',
  rootDeviceName: '/dev/xvda',
  blockDeviceMapping: '',
  virtualizationType: 'hvm',
  hypervisor: 'xen',
  creationDate: time(registeredAt),
  tagSet: tagSet(tags),
});
