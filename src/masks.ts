/** Masks exact secret values in what machines print, in the forms in which programs show them. */

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** Shorter values, and shorter lines of values, would be found in the middle of words. Characters. */
export const LEAST = 4;
/** A longer form is masked in pieces: text may show a part of it only, and tools match long literals slowly. Characters. */
const PIECE = 64;
/** Up to here a form is masked as a whole, too. Characters. */
const LONGEST = 1_024;
/** The widths at which `base64` and `openssl base64` break lines. */
const BASE64_WIDTHS = [76, 64] as const;

/**
 * Returns the texts by which values can be told in an output, longest first, so that no value is cut by another that it
 * contains. None of them holds a line end: the lines of a value are masked one by one, as logs show them.
 */
export function maskForms(values: readonly string[]): string[] {
  const forms = new Set<string>();
  for (const value of values) {
    const encoded = value.length < LEAST ? [] : base64Forms(value);
    for (const form of [...value.split(/[\r\n]+/).flatMap(lineForms), ...encoded])
      for (const piece of piecesOf(form)) forms.add(piece);
  }
  return [...forms].sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
}

/** Returns what puts `[redacted]` in the place of every form. Position and number of lines stay. */
export const maskWith =
  (forms: readonly string[]) =>
  (text: string): string =>
    forms.reduce(
      (masked, form) => (masked.includes(form) ? masked.replaceAll(form, REDACTED) : masked),
      text,
    );

/** Alternatives of one `s` command: more make GNU sed slow on lines that match, fewer on all others. */
const GROUP_FORMS = 8;
const GROUP_CHARACTERS = 256;

/**
 * Returns the same as commands of sed, for bytes (LC_ALL=C).
 * @see https://www.gnu.org/software/sed/manual/html_node/Character-Classes-and-Bracket-Expressions.html
 */
export function sedCommands(forms: readonly string[]): string {
  const groups: string[][] = [];
  let size = 0;
  for (const form of forms) {
    const last = groups.at(-1);
    if (last === undefined || last.length === GROUP_FORMS || size + form.length > GROUP_CHARACTERS) {
      groups.push([form]);
      size = form.length;
    } else {
      last.push(form);
      size += form.length;
    }
  }
  return groups.map((group) => `s/${group.map(sedLiteral).join('\\|')}/${REDACTED}/g\n`).join('');
}

const sedLiteral = (text: string): string => text.replace(/[\\.*[^$/]/g, '\\$&');

/** One line of a value as it is, and as shells, JSON and URLs write it. Indentation is no part of it. */
function lineForms(line: string): string[] {
  const text = line.trim();
  if (text.length < LEAST) return [];
  return [
    text,
    // As a report shows it.
    text.replace(/\p{Cc}/gu, ''),
    // bash -x, `declare -p`, `printf %q`, $'...' with letters of all scripts and without.
    text.replaceAll("'", "'\\''"),
    text.replace(/[$`"\\]/g, '\\$&'),
    text.replace(/[^A-Za-z0-9_@%+=:./#~\u0080-\uffff-]/g, '\\$&').replace(/^[#~]/, '\\$&'),
    ansiQuoted(text),
    octal(ansiQuoted(text)),
    inJson(text),
    asciiOnly(inJson(text)),
    percentEncoded(text, /[A-Za-z0-9_.~-]/),
    percentEncoded(text, /[A-Za-z0-9_.~-]/).replaceAll('%20', '+'),
    percentEncoded(text, /[A-Za-z0-9_.~!'()*-]/),
  ];
}

const ANSI: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\v': '\\v',
  '\f': '\\f',
  '\u001b': '\\E',
  '\\': '\\\\',
  "'": "\\'",
};

/** As between the quotes of bash's `$'...'`. */
const ansiQuoted = (text: string): string =>
  text.replace(/[\p{Cc}\\']/gu, (character) => ANSI[character] ?? octal(character));

/** Bytes outside of printable ASCII as `\303`. */
const octal = (text: string): string =>
  bytesOf(text, /[ -~]/, (byte) => `\\${byte.toString(8).padStart(3, '0')}`);

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const asciiOnly = (text: string): string =>
  text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const percentEncoded = (text: string, kept: RegExp): string =>
  bytesOf(text, kept, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);

const bytesOf = (text: string, kept: RegExp, write: (byte: number) => string): string =>
  Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x80 && kept.test(character) ? character : write(byte);
  }).join('');

/**
 * The base64 of a whole value, alone and as a part of a longer text (`user:password`): what of it the value alone decides.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const at = (offset: number): string =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3));
  const alone = at(0);
  const broken = BASE64_WIDTHS.flatMap((width) =>
    alone.length <= width ? [] : (alone.match(new RegExp(`.{1,${width}}`, 'g')) ?? []),
  );
  return [alone, at(1), at(2), ...broken].filter((form) => form.length >= LEAST);
}

/** A long form in parts of PIECE characters and a last one of less than two; no part ends within a character. */
function piecesOf(form: string): string[] {
  const pieces: string[] = [];
  let rest = form;
  while (rest.length >= 2 * PIECE) {
    const cut = /[\udc00-\udfff]/.test(rest.charAt(PIECE)) ? PIECE + 1 : PIECE;
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  // Pieces of a text that repeats itself match where another piece begins: the whole comes first.
  return form.length > LONGEST ? [...pieces, rest] : [form, ...pieces, rest];
}
