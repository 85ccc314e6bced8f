import { stripVTControlCharacters } from 'node:util';
import { count } from '../../text.ts';

/** Characters of one text that a page shows: no name or message is longer, unless something went wrong. */
const LONGEST = 2_500;

/** A piece of a page. Only `html` makes one of text, so all text in a page is escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | undefined | readonly Part[];

/**
 * Builds a piece of a page from a template. Text is made visible and escaped, for content and for quoted attributes; arrays
 * are joined; `undefined` adds nothing. Script and style elements take no parts.
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((text, string, index) => text + rendered(parts[index - 1]) + string));

function rendered(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(visible(cut(part, LONGEST)));
  return part.map(rendered).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Returns one line of text from a machine, a file or AWS, fit for a page: without escape sequences, and with every control,
 * direction and invisible character as `[U+202E]`, so that the text can't look like other text.
 */
function visible(text: string): string {
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
