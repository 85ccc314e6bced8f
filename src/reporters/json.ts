/** One JSON document for `--output json`: indented for eyes, in one piece for programs; ends with a newline. */
export const jsonReport = (document: object): string => `${inert(JSON.stringify(document, null, 2))}\n`;

/** One document a line, for `--output ndjson`. */
export const jsonLine = (document: object): string => `${inert(JSON.stringify(document))}\n`;

/**
 * JSON that means the same, and drives no terminal and no CI system that reads it as text. JSON itself escapes C0 controls
 * only: C1 controls and direction characters get escapes here, and so does the bracket of `##[command]`.
 */
const inert = (json: string): string =>
  json
    .replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, (character) =>
      Array.from({ length: character.length }, (_, unit) => escaped(character.charCodeAt(unit))).join(''),
    )
    .replace(/(##\w*)\[/g, '$1\\u005b');

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
