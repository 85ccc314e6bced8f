import type { EitherShape, Field, MapShape, RecordShape } from '../yaml/shape.ts';
import { ami, list, NAME, NAME_EXPECTED, name, region, text } from '../yaml/texts.ts';
import { SETTINGS } from './settings.ts';

const amiByRegion: EitherShape = {
  kind: 'either',
  scalar: ami,
  nested: {
    kind: 'map',
    rules: [{ pattern: region.pattern, value: ami, nullable: false }],
    keysExpected: 'AWS regions to AMI ids',
    minEntries: 1,
  },
};

const named = (value: RecordShape, keysExpected: string): MapShape => ({
  kind: 'map',
  rules: [{ pattern: NAME, value, nullable: true }],
  keysExpected,
  keyProblem: () => `is not ${NAME_EXPECTED}`,
});

const TOP_NAMES = [
  'region',
  'ami',
  'bucket',
  'bucket_owner',
  'prefix',
  'beacons',
  'apps',
  'modules_folder',
  'local_image',
];
const isTop = (key: string) => (TOP_NAMES.includes(key) ? 'at the top level of the catalogue' : undefined);

/** A layer's settings. */
export const SETTINGS_SHAPE: RecordShape = { kind: 'record', fields: SETTINGS, elsewhere: isTop };

/** What a role has beside settings. */
export const ROLE_FIELDS: readonly Field[] = [
  {
    name: 'description',
    shape: text('^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]{1,500}$', 'a text of 1 to 500 characters'),
    description: 'what the role is, in a line; the picker shows it',
    nullable: true,
    example: 'Cache of the shop',
  },
  {
    name: 'environments',
    shape: named(SETTINGS_SHAPE, 'environments to settings'),
    description: "the role's settings in an environment of the catalogue",
    nullable: true,
    example: '{prod: {instance_type: m7i.large}}',
  },
  {
    name: 'contexts',
    shape: named(SETTINGS_SHAPE, 'contexts to settings'),
    description: "the role's settings in a context of the catalogue",
    nullable: true,
    example: '{b: {zone: eu-central-1b}}',
  },
];

/** A role: its own fields and settings. */
export const ROLE_SHAPE: RecordShape = {
  kind: 'record',
  fields: [...ROLE_FIELDS, ...SETTINGS],
  elsewhere: isTop,
};

/** The field for local machines' image. */
export const LOCAL_IMAGE_FIELDS: readonly Field[] = [
  {
    name: 'overlay',
    shape: text('^[^\\u0000-\\u001f\\u007f]{1,1024}$', 'the path of a folder, relative to the catalogue'),
    description: 'folder whose files are laid over the image, relative to the catalogue',
    example: 'image',
  },
  {
    name: 'packages',
    shape: list(
      text('^[a-z0-9][a-z0-9+.-]{1,127}$', 'the name of a Debian package'),
      'a list of Debian packages such as [memcached]',
    ),
    description: 'Debian packages that go into the image, and not onto the host',
    default: '[]',
    example: '[memcached]',
  },
  {
    name: 'network',
    shape: { kind: 'flag' },
    description: 'whether local machines reach the outside, through a proxy',
    default: 'false',
    example: 'true',
  },
];

const inside = '^(?!/)(?!(?:.*/)?\\.\\.(?:/|$))[^\\u0000-\\u001f\\u007f]{1,1024}$';

/** How the builds of an app are made. */
export const APP_FIELDS: readonly Field[] = [
  {
    name: 'repository',
    shape: text('^[^\\u0000-\\u001f\\u007f]{1,1024}$', 'the path of a folder, relative to the catalogue'),
    description: 'folder of the git repository, relative to the catalogue',
    default: "the catalogue's folder",
    example: '../shop',
  },
  {
    name: 'path',
    shape: text(inside, 'the path of a folder inside of the repository, without ..'),
    description: 'folder of the repository that becomes the build; with a command, the folder that it leaves',
    default: 'the whole',
    example: 'dist',
  },
  {
    name: 'command',
    shape: text('^[^\\u0000]{1,4096}$', 'a command for bash'),
    description: 'builds it: run by bash in a clean export of the commit',
    example: 'make dist',
  },
  {
    name: 'compression',
    shape: { kind: 'choice', values: ['gzip', 'zstd'] },
    description: 'of the archive; zstd must be on the AMI then',
    default: 'gzip',
    example: 'gzip',
  },
];

/** The top level of a catalogue. */
export const CATALOGUE_FIELDS: readonly Field[] = [
  {
    name: 'version',
    shape: { kind: 'whole', min: 1, max: 1 },
    description: 'version of the format',
    required: true,
    example: '1',
  },
  {
    name: 'name',
    shape: name,
    description: "the catalogue's name, a part of every fleet's identity",
    required: true,
    example: 'shop',
  },
  { name: 'region', shape: region, description: 'AWS region; --region wins', example: 'eu-central-1' },
  {
    name: 'ami',
    shape: amiByRegion,
    description: 'the one shared AMI, or a map of regions to AMIs; --ami wins',
    example: 'ami-0123456789abcdef0',
  },
  {
    name: 'bucket',
    shape: text('^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', 'the name of an S3 bucket'),
    description: 'S3 bucket for builds, bundles and records',
    example: 'shop-rolecall',
  },
  {
    name: 'bucket_owner',
    shape: text('^[0-9]{12}$', 'the id of an AWS account: 12 digits, in quotes'),
    description: 'AWS account that must own the bucket: S3 refuses requests where another one does',
    default: 'any',
    example: '"123456789012"',
  },
  {
    name: 'prefix',
    shape: text(
      '^(?!(?:.*/)?\\.{1,2}(?:/|$))([A-Za-z0-9_.-]{1,100}/){0,9}([A-Za-z0-9_.-]{1,100})?$',
      'a key prefix such as rolecall/',
    ),
    description: 'key prefix in the bucket; a slash is added where it lacks one',
    default: 'none',
    example: 'rolecall/',
  },
  {
    name: 'beacons',
    shape: { kind: 'flag' },
    description: 'whether machines tell their verdict, and a failed one its boot log, through the bucket too',
    default: 'true with a `bucket`',
    example: 'false',
  },
  {
    name: 'apps',
    shape: named({ kind: 'record', fields: APP_FIELDS }, 'apps to how their builds are made'),
    description: 'the apps whose builds are made from here, each with how (or nothing)',
    example: '{shop: {repository: ../shop}}',
  },
  {
    name: 'modules_folder',
    shape: text('^[^\\u0000-\\u001f\\u007f]{1,1024}$', 'the path of a folder, relative to the catalogue'),
    description: 'folder of your own modules, relative to the catalogue',
    default: 'modules',
    example: 'modules',
  },
  {
    name: 'local_image',
    shape: { kind: 'record', fields: LOCAL_IMAGE_FIELDS },
    description: "what the local cloud lays over the host's root to make the AMI",
    example: '{overlay: image, packages: [memcached]}',
  },
  {
    name: 'defaults',
    shape: SETTINGS_SHAPE,
    description: 'settings of all roles',
    nullable: true,
    example: '{instance_type: t3.micro}',
  },
  {
    name: 'environments',
    shape: { ...named(SETTINGS_SHAPE, 'environments to settings'), minEntries: 1 },
    description: 'the environments that exist, each with settings (or none)',
    required: true,
    example: '{prod: {timeout: 20m}, staging: }',
  },
  {
    name: 'contexts',
    shape: { ...named(SETTINGS_SHAPE, 'contexts to settings'), minEntries: 1 },
    description: 'the contexts that exist, each with settings (or none)',
    required: true,
    example: '{a: {zone: eu-central-1a}, b: }',
  },
  {
    name: 'roles',
    shape: { ...named(ROLE_SHAPE, 'role names to roles'), minEntries: 1 },
    description: 'the roles, each with settings (or none)',
    required: true,
    example: '{web: {instance_type: t3.small}}',
  },
];

const isSetting = (key: string) =>
  SETTINGS.some((field) => field.name === key)
    ? 'under defaults, an environment, a context or a role'
    : undefined;

/** The whole catalogue. */
export const CATALOGUE_SHAPE: RecordShape = {
  kind: 'record',
  fields: CATALOGUE_FIELDS,
  elsewhere: isSetting,
};
