import type { Field } from '../yaml/shape.ts';
import { DURATION, list, name, text } from '../yaml/texts.ts';
import { BUNDLE_SETTINGS } from './bundle-fields.ts';
import {
  blockDevice,
  instanceType,
  MAX_USER_TAGS,
  personality,
  regex,
  spot,
  subnet,
  tags,
  zone,
} from './setting-shapes.ts';

const duration = text(DURATION, 'a duration such as 90s, 10m or 1h (from 1s to 99h)');

/** Settings that say the same thing once and as a list: in a layer only one of the two, and the stronger layer's counts. */
export const RIVALS: readonly (readonly [one: string, list: string])[] = [
  ['instance_type', 'instance_types'],
  ['subnet', 'subnets'],
  ['zone', 'zones'],
];

/** What any layer may set: defaults, an environment, a context, a role, a role's environment, a role's context. */
export const SETTINGS: readonly Field[] = (
  [
    {
      name: 'instance_type',
      shape: instanceType,
      description: 'EC2 instance type; a role needs one, or a list',
      example: 't3.micro',
    },
    {
      name: 'instance_types',
      shape: list(instanceType, 'a list of EC2 instance types such as [m7i.large, m6i.large]'),
      description:
        'in place of `instance_type`: types in the order in which they are tried where there is no capacity',
      example: '[m7i.large, m6i.large]',
    },
    {
      name: 'subnet',
      shape: subnet,
      description: 'subnet to launch into',
      default: "the default VPC's",
      example: 'subnet-0123456789abcdef0',
    },
    {
      name: 'subnets',
      shape: list(subnet, 'a list of subnet ids such as [subnet-0123456789abcdef0]'),
      description: 'in place of `subnet`: machines are spread evenly over these',
      example: '[subnet-0123456789abcdef0, subnet-0123456789abcdef1]',
    },
    {
      name: 'zone',
      shape: zone,
      description: 'availability zone',
      default: "EC2's choice",
      example: 'eu-central-1a',
    },
    {
      name: 'zones',
      shape: list(zone, 'a list of availability zones such as [eu-central-1a, eu-central-1b]'),
      description: 'in place of `zone`: machines are spread evenly over these',
      example: '[eu-central-1a, eu-central-1b]',
    },
    {
      name: 'security_groups',
      shape: list(
        text('^sg-[0-9a-f]{8,17}$', 'a security group id: sg- and 8 to 17 hex digits'),
        'a list of security group ids such as [sg-0123456789abcdef0]',
      ),
      description: 'ids of security groups',
      default: "the VPC's default group",
      example: '[sg-0123456789abcdef0]',
    },
    {
      name: 'instance_profile',
      shape: text(
        '^([A-Za-z0-9_+=,.@-]{1,128}|arn:aws[a-z-]*:iam::[0-9]{12}:instance-profile/[A-Za-z0-9_+=,.@/-]{1,512})$',
        'the name or ARN of an instance profile',
      ),
      description: 'IAM instance profile, by name or ARN: how machines get credentials',
      example: 'web-machine',
    },
    {
      name: 'key_name',
      shape: text('^(?! )[\\x20-\\x7e]{1,255}(?<! )$', 'the name of an EC2 key pair'),
      description: 'EC2 key pair for ssh',
      example: 'ops',
    },
    {
      name: 'http_tokens',
      shape: { kind: 'choice', values: ['required', 'optional'] },
      description: 'whether the metadata service demands IMDSv2 tokens',
      default: 'required',
      example: 'required',
    },
    {
      name: 'metadata_hop_limit',
      // @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html
      shape: { kind: 'whole', min: 1, max: 64 },
      description: "how many hops the metadata service's tokens may go; containers need 2",
      default: '1',
      example: '2',
    },
    {
      name: 'shutdown_behavior',
      shape: { kind: 'choice', values: ['stop', 'terminate'] },
      description: 'what a shutdown from inside does to the machine',
      default: 'stop',
      example: 'terminate',
    },
    {
      name: 'spot',
      shape: spot,
      description: 'spot machines: true, false, or a map with the highest price and the fallback',
      default: 'false',
      example: '{max_price: 0.05}',
    },
    {
      name: 'block_devices',
      shape: list(blockDevice, 'a list of block devices such as [{device: /dev/xvda, size_gb: 20}]'),
      description: 'EBS volumes beside (or in place of) those of the AMI',
      default: "the AMI's",
      example: '[{device: /dev/xvda, size_gb: 20, type: gp3}]',
    },
    {
      name: 'tags',
      shape: tags,
      description: `tags on machines and volumes, at most ${MAX_USER_TAGS}`,
      default: '{}',
      example: '{team: search}',
    },
    {
      name: 'personality',
      shape: personality,
      description: 'keys of your own for the user data',
      default: '{}',
      example: '{memcached_mb: 64}',
    },
    {
      name: 'app',
      shape: name,
      description: 'what the role deploys: its promoted build, from the bucket',
      example: 'shop',
    },
    {
      name: 'fetch',
      shape: { kind: 'choice', values: ['presigned', 'profile', 'public'] },
      description:
        'how machines get at the build: by a URL in their payload, their instance profile, or openly',
      default: 'profile with an `instance_profile`, else presigned',
      example: 'profile',
    },
    {
      name: 'keep',
      shape: { kind: 'whole', min: 1, max: 100 },
      description: 'how many builds of the app a machine keeps',
      default: '3',
      example: '3',
    },
    ...BUNDLE_SETTINGS,
    {
      name: 'timeout',
      shape: duration,
      description: 'time from running to the verdict; the machine ends a step that would take longer',
      default: '10m',
      example: '10m',
    },
    {
      name: 'boot_budget',
      shape: duration,
      description:
        "time from EC2's launch time to the verdict that a boot should not exceed: a warning, with `--strict-budget` a failure",
      default: 'none',
      example: '60s',
    },
    {
      name: 'success',
      shape: regex,
      description: "console line that tells success, for an AMI's own bootstrapper",
      example: 'Bootstrap complete',
    },
    {
      name: 'failure',
      shape: regex,
      description: "console line that tells failure, for an AMI's own bootstrapper",
      example: '^ERROR Bootstrapping failed',
    },
  ] satisfies Field[]
).map((field) => ({ ...field, nullable: true }));
