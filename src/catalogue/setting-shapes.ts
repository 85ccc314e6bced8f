import { PERSONALITY_URL, PERSONALITY_VALUE } from '../model.ts';
import { patternProblem } from '../yaml/pattern.ts';
import type { EitherShape, Field, MapShape, RecordShape } from '../yaml/shape.ts';
import { NAME, NAME_EXPECTED, text } from '../yaml/texts.ts';

/** Tags that rolecall sets itself: `Name` and ten `rolecall:` ones; EC2 allows 50 on a resource. */
const OWN_TAGS = 11;
/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
export const MAX_USER_TAGS = 50 - OWN_TAGS;

const badCharacter = (allowed: RegExp) => (value: string) => {
  // Between two letters, so that a space is judged as one inside.
  const bad = [...value].find((character) => !allowed.test(`x${character}x`));
  // A space at an end is the only other way to miss the pattern, but for the length.
  if (bad === undefined) return value.trim() === value ? undefined : 'has a space at an end';
  const shown = /[\x21-\x7e]/.test(bad)
    ? bad
    : `U+${(bad.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return `holds ${shown}, which a personality can't`;
};

const personalityValue = text(
  PERSONALITY_VALUE.source,
  'at most 1,024 letters, digits, spaces and . _ : , / @ % + = ~ - without a space at an end',
  { asWritten: true, problem: badCharacter(PERSONALITY_VALUE) },
);
const personalityUrl = text(
  PERSONALITY_URL.source,
  'a URL of at most 8,192 characters, without spaces and quotes',
  {
    asWritten: true,
    problem: badCharacter(PERSONALITY_URL),
  },
);

const RESERVED = 'rolecall_|(environment|role|context|machine_id)$';
/** The user's own personality keys: which value a key may have depends on its name. */
export const personality: MapShape = {
  kind: 'map',
  rules: [
    { pattern: '^machine_id$', value: text(NAME, NAME_EXPECTED, { asWritten: true }), nullable: true },
    { pattern: `^(?!${RESERVED})[a-z][a-z0-9_]{0,59}_url$`, value: personalityUrl, nullable: true },
    { pattern: `^(?!${RESERVED}|.*_url$)[a-z][a-z0-9_]{0,63}$`, value: personalityValue, nullable: true },
  ],
  keysExpected: 'keys (a lower-case letter, then lower-case letters, digits and _, at most 64) to values',
  keyProblem: (key) =>
    /^(?:environment|role|context)$/.test(key) || key.startsWith('rolecall_')
      ? 'is set by rolecall itself'
      : undefined,
};

const TAG_CHARACTERS = '[\\p{L}\\p{Z}\\p{N}_.:/=+@-]';
/** The user's own tags. */
export const tags: MapShape = {
  kind: 'map',
  rules: [
    {
      pattern: `^(?![aA][wW][sS]:|rolecall:)${TAG_CHARACTERS}{1,128}$`,
      value: text(`^${TAG_CHARACTERS}{0,256}$`, 'at most 256 letters, digits, spaces and _ . : / = + @ -', {
        asWritten: true,
      }),
      nullable: true,
    },
  ],
  keysExpected: 'tag keys (at most 128 letters, digits, spaces and _ . : / = + @ -) to values',
  keyProblem: (key) => {
    if (/^aws:/i.test(key)) return "is AWS's own";
    return key.startsWith('rolecall:') ? 'is set by rolecall itself' : undefined;
  },
  maxEntries: MAX_USER_TAGS,
};

export const regex = text('^.{1,512}$', 'a regular expression (RE2) of 1 to 512 characters', {
  problem: patternProblem,
});

/** One EBS volume. */
export const BLOCK_DEVICE_FIELDS: readonly Field[] = [
  {
    name: 'device',
    shape: text('^(/dev/)?[a-z][a-z0-9]{2,15}$', 'a device name such as /dev/sdf or /dev/xvda'),
    description: 'device name, as the AMI expects it',
    required: true,
    example: '/dev/xvda',
  },
  {
    name: 'size_gb',
    shape: { kind: 'whole', min: 1, max: 65_536 },
    description: 'size in GiB',
    default: "the snapshot's",
    example: '20',
  },
  {
    name: 'type',
    shape: { kind: 'choice', values: ['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard'] },
    description: 'EBS volume type',
    default: "EC2's",
    example: 'gp3',
  },
  {
    name: 'iops',
    shape: { kind: 'whole', min: 100, max: 256_000 },
    description: 'provisioned operations a second',
    default: "the type's",
    example: '3000',
  },
  {
    name: 'throughput',
    shape: { kind: 'whole', min: 125, max: 2000 },
    description: 'MiB a second (gp3)',
    default: "the type's",
    example: '125',
  },
  {
    name: 'encrypted',
    shape: { kind: 'flag' },
    description: 'encrypt the volume',
    default: "the account's",
    example: 'true',
  },
  {
    name: 'delete_on_termination',
    shape: { kind: 'flag' },
    description: 'delete the volume with its machine',
    default: "the AMI's",
    example: 'true',
  },
  {
    name: 'snapshot',
    shape: text('^snap-[0-9a-f]{8,17}$', 'a snapshot id: snap- and 8 to 17 hex digits'),
    description: 'snapshot that the volume is made from',
    example: 'snap-0123456789abcdef0',
  },
];

export const blockDevice: RecordShape = { kind: 'record', fields: BLOCK_DEVICE_FIELDS };

export const instanceType = text(
  '^[a-z][a-z0-9-]{0,30}\\.[a-z0-9-]{1,20}$',
  'an EC2 instance type such as t3.micro',
);
export const subnet = text('^subnet-[0-9a-f]{8,17}$', 'a subnet id: subnet- and 8 to 17 hex digits');
export const zone = text(
  '^[a-z]{2,6}(-[a-z0-9]+)*-[0-9]{1,2}[a-z]$',
  'an availability zone such as eu-central-1a',
);

export const spot: EitherShape = {
  kind: 'either',
  scalar: { kind: 'flag' },
  nested: {
    kind: 'record',
    fields: [
      {
        name: 'max_price',
        shape: text('^[0-9]{1,5}(\\.[0-9]{1,6})?$', 'a price in USD an hour such as 0.05', {
          asWritten: true,
        }),
        description: 'highest price in USD an hour',
        nullable: true,
        default: 'the on-demand price',
        example: '0.05',
      },
      {
        name: 'fallback',
        shape: { kind: 'choice', values: ['on-demand', 'none'] },
        description: 'what is launched where no offering has spot capacity',
        nullable: true,
        default: 'none',
        example: 'on-demand',
      },
    ],
  },
};
