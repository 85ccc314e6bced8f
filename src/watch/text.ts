/** Console text made readable and harmless: what a machine prints must never drive the operator's terminal. */
import { printable } from '../text.ts';

const ESC = '\u001b';
/** Sequences of ECMA-48: control strings (titles, links), control sequences (colours, cursor moves), the other escapes. */
const SEQUENCE = [
  `${ESC}[\\]PX^_][^${ESC}\u0007\u009c]*(?:\u0007|${ESC}\\\\|\u009c)`,
  `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]`,
  `${ESC}[ -/]*[0-~]`,
];
/** What drives a terminal; tabs and line ends don't. */
const CONTROL = new RegExp(
  `${SEQUENCE.join('|')}|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]`,
  'g',
);

/** @returns the text without terminal escape sequences and control characters; tabs and line ends stay */
export const withoutEscapes = (text: string): string => text.replace(CONTROL, '');

/**
 * Returns one line, fit to be printed: no escapes, no control characters, at most `limit` characters. A longer line keeps its
 * beginning and its end, where errors stand.
 */
export function harmless(line: string, limit = 400): string {
  const clean = printable(withoutEscapes(line)).trimEnd();
  if (clean.length <= limit) return clean;
  const tail = Math.floor(limit / 3);
  // The second pass drops the half of a surrogate pair that a cut may leave.
  return `${printable(clean.slice(0, limit - 1 - tail))}…${printable(clean.slice(-tail))}`;
}

/** Console text of many lines made harmless for a terminal; line ends become `\n`, lines keep their length. */
export const harmlessText = (text: string): string =>
  withoutEscapes(text)
    .replace(/\r+\n?/g, '\n')
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\n' || character === '\t' ? character : ''));
