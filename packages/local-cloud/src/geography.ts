import { createHash } from 'node:crypto';

/** Regions, zones and the default network of each: the same ids every time, so that scripts can name them. */

/** @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
export const REGIONS: readonly string[] = [
  'af-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

/** A default subnet: one a zone. */
export interface Subnet {
  readonly id: string;
  readonly zone: string;
  readonly vpcId: string;
  /** The first two numbers and the base of the third: the block is `172.31.<base>.0/20`. */
  readonly base: number;
}

/** A zone of a region. */
export interface Zone {
  readonly name: string;
  readonly id: string;
}

const LETTERS = ['a', 'b', 'c'] as const;

/** Three zones a region. */
export const zonesOf = (region: string): Zone[] =>
  LETTERS.map((letter, index) => ({
    name: `${region}${letter}`,
    id: `${shortName(region)}-az${index + 1}`,
  }));

/** `ap-southeast-2` is `apse2` in zone ids. */
function shortName(region: string): string {
  const [continent = '', side = '', number = ''] = region.split('-');
  const compass = side.match(/north|south|east|west|central/g) ?? [];
  return `${continent}${compass.map((word) => word[0]).join('')}${number}`;
}

/** The default subnets of a region's default VPC. */
export const subnetsOf = (region: string): Subnet[] =>
  zonesOf(region).map(({ name }, index) => ({
    id: `subnet-${digest(name)}`,
    zone: name,
    vpcId: vpcOf(region),
    base: index * 16,
  }));

/** The default VPC of a region. */
export const vpcOf = (region: string): string => `vpc-${digest(region)}`;

/** The default security group of a region. */
export const groupOf = (region: string): string => `sg-${digest(region)}`;

/** The account that owns everything in the local cloud. */
export const ACCOUNT = '000000000000';

/** Asked for each machine of a launch, and there are few names. */
const digests = new Map<string, string>();

function digest(name: string): string {
  const known = digests.get(name);
  if (known !== undefined) return known;
  const made = `0${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  digests.set(name, made);
  return made;
}
