import type { PageData } from '../../results/page-data.ts';
import { Html } from './html.ts';

export const DATA_ID = 'data';

/**
 * Returns the data as a script element that runs nothing. Escapes stand for what could end the element or look like other
 * text: `<`, `>`, `&`, line separators, control and direction characters. JSON.stringify escapes lone surrogates.
 */
export const embedded = (data: PageData): Html =>
  new Html(`<script type="application/json" id="${DATA_ID}">${escapedJson(data)}</script>`);

const escapedJson = (data: PageData): string =>
  JSON.stringify(data).replace(/[<>&\p{Cc}\p{Cf}\u2028\u2029]/gu, escapes);

/** A character as JSON escapes: two where it lies outside of the basic plane. */
const escapes = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
