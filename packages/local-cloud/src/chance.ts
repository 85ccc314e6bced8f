import { createHash } from 'node:crypto';

/**
 * A number from 0 (included) to 1 that looks random, and is the same each time for the same seed, subject and number.
 * @param subject what is decided: two subjects have nothing to do with each other
 * @param ordinal which machine it is decided for
 */
export const chance = (seed: number | undefined, subject: string, ordinal: number): number =>
  bits(seed, subject, ordinal).readUInt32BE(0) / 2 ** 32;

/** As chance: `length` lower-case hex digits, at most 64. */
export const chanceHex = (
  seed: number | undefined,
  subject: string,
  ordinal: number,
  length: number,
): string => bits(seed, subject, ordinal).toString('hex').slice(0, length);

const bits = (seed = 1, subject: string, ordinal: number): Buffer =>
  createHash('sha256').update(`${seed} ${subject} ${ordinal}`).digest();
