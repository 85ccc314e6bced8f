import { cut, visible } from './text.ts';

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
