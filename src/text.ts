import { stripVTControlCharacters } from 'node:util';

/**
 * Text that came from a box, a file or AWS, made fit for a terminal: one line, without escape sequences, control or
 * direction characters. A console is the machine's word, and must not be able to repaint the operator's screen.
 */
export const printable = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll('\t', '  ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '');

const ESCAPE = '\u001b';
/** Sequences of ECMA-48: control strings (titles, links), control sequences (colours, cursor moves), the other escapes. */
const SEQUENCE = [
  `${ESCAPE}[\\]PX^_][^${ESCAPE}\u0007\u009c]*(?:\u0007|${ESCAPE}\\\\|\u009c)`,
  `(?:${ESCAPE}\\[|\u009b)[0-?]*[ -/]*[@-~]`,
  `${ESCAPE}[ -/]*[0-~]`,
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

/** Characters that a terminal draws two columns wide (East Asian scripts, fullwidth forms, emoji). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\u{1f000}-\u{1faff}\uff01-\uff60\uffe0-\uffe6]/u;
const COMBINING = /^\p{M}$/u;

/**
 * The columns that `text` (printable) takes, never underestimated: a sequence of emoji that a terminal may join counts
 * each of its parts.
 */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (character >= ' ' && character <= '~') return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** `text` in at most `columns` columns; what is cut off shows as `…`. */
export function truncate(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 1;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

const colourSequences = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g');

/** `text` without the colours that `Paint` puts around words. */
export const unpainted = (text: string): string => text.replaceAll(colourSequences, '');

/**
 * `text` (it may be painted) broken at spaces into lines of at most `columns`, all but the first indented by `hang`
 * spaces. A word that is longer than a line stays whole, so that paths and commands can be copied; `glued` words stay
 * together.
 */
export function wrap(text: string, columns: number, hang: number): string[] {
  const [indent = ''] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of text.slice(indent.length).split(' ')) {
    const start = lines.length === 0 ? indent : ' '.repeat(hang);
    const longer = line === '' ? start + word : `${line} ${word}`;
    if (line === '' || widthOf(unpainted(longer)) <= columns) {
      line = longer;
    } else {
      lines.push(line);
      line = ' '.repeat(hang) + word;
    }
  }
  return [...lines, line].map((each) => each.replaceAll(NO_BREAK, ' '));
}

const NO_BREAK = '\u00a0';

/** Parts between commas that `wrap` shall not tear apart: `1 of 5 succeeded, 1 not launched`. */
export const glued = (text: string): string => text.replace(/(?<!,) /g, NO_BREAK);

/** `text` with spaces to its right until it takes `columns`. */
export const pad = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/** Rows in aligned columns, two spaces between; the last cell of a row is left as it is. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : pad(cell, widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `850 ms`, `2.1 s`, `12 s`, `3 min 05 s`, `10 min`, `2 h 07 min`. */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole} ms`;
  if (whole < 9950) return `${(whole / 1000).toFixed(1)} s`;
  return elapsed(whole).replace(/(min|h) 00 (s|min)$/, '$1');
}

/** A time beside its limit, rounded up, so that one over the limit never reads like it: `60 s`, `60.1 s`, `1 min 41 s`. */
export function budgetTime(ms: number): string {
  if (ms < 100_000) return `${Math.ceil(ms / 100) / 10} s`;
  return duration(Math.ceil(ms / 1000) * 1000);
}

/** A running time in whole seconds, for clocks that tick once a second: `0 s`, `12 s`, `3 min 05 s`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `10,000`: the same in every locale. */
export const count = (value: number): string => String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** `1 machine`, `3 machines`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** One word of a command line as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/**
 * An option with its value as bash reads it back: a value that begins with a dash stands behind `=`, and one with control
 * characters is written in bash's escapes, since messages hold none.
 */
export function optionText(name: string, value: string): string {
  const word = UNPRINTABLE.test(value) ? escapedWord(value) : shellWord(value);
  return `--${name}${value.startsWith('-') ? '=' : ' '}${word}`;
}

const escapedWord = (word: string): string =>
  `$'${[...Buffer.from(word)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;

/** A path as a message names it: as it is, or as a JSON string where it holds what `printable` leaves out. */
export const shownPath = (path: string): string => (UNPRINTABLE.test(path) ? JSON.stringify(path) : path);

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/**
 * Reads a whole number as people write it on a command line: ASCII digits and nothing else. An empty text is no number: a
 * variable of a CI job that is not set must not pass for 0.
 * @returns NaN for any other text
 */
export const wholeNumber = (text: string): number => (/^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN);

/** Bytes for people. */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(0)} kB`;
  return bytes < 1_000_000_000
    ? `${(bytes / 1_000_000).toFixed(1)} MB`
    : `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
