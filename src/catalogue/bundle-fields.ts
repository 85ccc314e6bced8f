import { MODULE_NAME, VARIABLE_NAME } from '../model.ts';
import type { EitherShape, Field, ListShape, MapShape, RecordShape } from '../yaml/shape.ts';
import { DURATION, text, variableKeyProblem } from '../yaml/texts.ts';

/** Where the value of a variable comes from, when it isn't written in the catalogue. */
export const VALUE_SOURCE_FIELDS: readonly Field[] = [
  {
    name: 'env',
    shape: text('^[A-Za-z_][A-Za-z0-9_]{0,127}$', 'the name of an environment variable'),
    description: "environment variable of the operator's that holds the value",
    example: 'RABBITMQ_PASSWORD',
  },
  {
    name: 'file',
    shape: text('^[^\\u0000-\\u001f\\u007f]{1,1024}$', 'the path of a file, relative to the catalogue'),
    description: 'file that holds the value (a newline at its end is no part of it)',
    example: 'secrets/rabbitmq',
  },
];

const value: EitherShape = {
  kind: 'either',
  scalar: text('^[^\\u0000]{0,65536}$', 'a text, a number, or true or false', { asWritten: true }),
  nested: { kind: 'record', fields: VALUE_SOURCE_FIELDS },
};

const modules: ListShape = {
  kind: 'list',
  of: text(MODULE_NAME.source, 'the name of a module: a lower-case letter, then a-z 0-9 and -, at most 32'),
  expected: 'a list of modules such as [users, memcached]',
};

const variables: MapShape = {
  kind: 'map',
  rules: [{ pattern: VARIABLE_NAME.source, value, nullable: true }],
  keysExpected:
    'variables (a lower-case letter, then lower-case letters, digits and _, at most 64) to values',
  keyProblem: variableKeyProblem,
};

const files: MapShape = {
  kind: 'map',
  rules: [
    {
      pattern: '^(?!/)(?!(?:.*/)?\\.{1,2}(?:/|$))(?!.*//)[A-Za-z0-9._/-]{1,200}(?<!/)$',
      value: text(
        '^[^\\u0000-\\u001f\\u007f]{1,1024}$',
        'the path of a file or folder, relative to the catalogue',
      ),
      nullable: true,
    },
  ],
  keysExpected:
    "paths in the bundle's files/ (letters, digits and . _ / -, without ..) to files or folders here",
};

/** How a bundle is made and reached. */
export const BUNDLE_FIELDS: readonly Field[] = [
  {
    name: 'compression',
    shape: { kind: 'choice', values: ['gzip', 'zstd'] },
    description: 'of the bundle; zstd must be on the AMI then',
    nullable: true,
    default: 'gzip',
    example: 'gzip',
  },
  {
    name: 'access',
    shape: { kind: 'choice', values: ['presigned', 'public'] },
    description:
      'how machines get at the bundle: by a URL that expires, or openly (the bucket must allow it)',
    nullable: true,
    default: 'presigned',
    example: 'presigned',
  },
  {
    name: 'expires',
    shape: text(DURATION, 'a duration such as 90s, 10m or 6h (from 1s to 99h)'),
    description: 'how long the URL is good for',
    nullable: true,
    default: '6h',
    example: '6h',
  },
];

const bundle: RecordShape = { kind: 'record', fields: BUNDLE_FIELDS };

/** The settings of a role that is started by a start-up bundle (scheme B). */
export const BUNDLE_SETTINGS: readonly Field[] = [
  {
    name: 'modules',
    shape: modules,
    description: 'modules that make the role, in this order: its machines run a start-up bundle',
    default: 'none: the AMI has a bootstrapper',
    example: '[users, memcached]',
  },
  {
    name: 'variables',
    shape: variables,
    description: "values of the modules' variables; they travel inside of the encrypted bundle",
    default: '{}',
    example: '{memcached_mb: 256, rabbitmq_password: {env: RABBITMQ_PASSWORD}}',
  },
  {
    name: 'files',
    shape: files,
    description: 'files and folders that go into the bundle, for modules to use',
    default: '{}',
    example: '{nginx/site.conf: conf/site.conf}',
  },
  {
    name: 'bundle',
    shape: bundle,
    description: 'how the bundle is made and reached',
    example: '{compression: zstd, expires: 1h}',
  },
];
