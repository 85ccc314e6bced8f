import { PERSONALITY_URL, PERSONALITY_VALUE } from '../model.ts';
import type { MapShape } from '../yaml/shape.ts';
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
