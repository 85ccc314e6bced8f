import { PATH_NAME } from '../model.ts';
import type { ListShape, Shape, TextShape } from './shape.ts';

/** A text shape. */
export const text = (pattern: string, expected: string, more: Partial<TextShape> = {}): TextShape => ({
  kind: 'text',
  pattern,
  expected,
  ...more,
});

/** The shape of a list. */
export const list = (of: Shape, expected: string): ListShape => ({ kind: 'list', of, expected });

/** Why a key that can't be a variable of a module can't; undefined for one that is none anyway. */
export const variableKeyProblem = (key: string): string | undefined =>
  /^(?:environment|role|context|machine_id)$/.test(key) || key.startsWith('rolecall_')
    ? 'is set by rolecall itself'
    : undefined;

/** What names match. */
export const NAME = PATH_NAME.source;
export const NAME_EXPECTED = 'a name of 1 to 64 letters, digits and . _ - that begins with a letter or digit';
/** A name that may form part of a path. */
export const name = text(NAME, NAME_EXPECTED);
export const region = text('^[a-z]{2,6}(-[a-z]+)+-[0-9]{1,2}$', 'an AWS region such as eu-central-1');
export const ami = text('^ami-[0-9a-f]{8,17}$', 'an AMI id: ami- and 8 to 17 hex digits');

/** A duration: seconds, minutes or hours, from `1s` to `99h`. */
export const DURATION = '^([1-9][0-9]{0,4}s|[1-9][0-9]{0,3}m|[1-9][0-9]?h)$';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** A duration's milliseconds; the text has been checked against DURATION. */
export const durationMs = (text: string): number =>
  Number(text.slice(0, -1)) * (UNIT_MS[text.slice(-1)] ?? 0);
