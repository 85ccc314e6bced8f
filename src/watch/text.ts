/** Console text made readable and harmless: what a machine prints must never drive the operator's terminal. */
import { stripVTControlCharacters } from 'node:util';
import { printable } from '../io/text.ts';

const ESCAPE_BEGINS = new RegExp(`[${String.fromCharCode(0x1b, 0x9b)}]`);

/** @returns the text without terminal escape sequences (colours, cursor moves, titles) */
export const withoutEscapes = (text: string): string =>
  ESCAPE_BEGINS.test(text) ? stripVTControlCharacters(text) : text;

/** @returns one line, fit to be printed: no escapes, no control characters, at most `limit` characters */
export function harmless(line: string, limit = 400): string {
  const clean = printable(line).trimEnd();
  // The second pass drops the half of a surrogate pair that a cut may leave.
  return clean.length <= limit ? clean : `${printable(clean.slice(0, limit - 1))}…`;
}

/** Console text of many lines made harmless for a terminal; line ends become `\n`, lines keep their length. */
export const harmlessText = (text: string): string =>
  withoutEscapes(text)
    .replace(/\r+\n?/g, '\n')
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\n' || character === '\t' ? character : ''));
