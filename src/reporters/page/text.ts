import { stripVTControlCharacters } from 'node:util';
import { count } from '../../text.ts';

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Returns one line of text from a machine, a file or AWS, fit for a page: without escape sequences, and with every control,
 * direction and invisible character as `[U+202E]`, so that the text can't look like other text.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return stripVTControlCharacters(text)
    .replace(/\r+$/, '')
    .replaceAll('\t', '  ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, notation);
}

const notation = (character: string): string =>
  `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;

/** Returns the first `most` characters, and how many more there were. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, end)}… (${count(text.length - end)} more characters)`;
}
