import { printable } from '../io/text.ts';

/**
 * What differs between machines that met the same trouble, the most telling form first, so that the digits of a time or
 * an address are not taken for numbers. What a rule does not name stays: words, versions inside names (`python3`,
 * `x86_64`), and the short codes after `status`, `exit`, `error`, `errno`, `code`, `signal` and `HTTP`, which tell
 * different troubles apart (`error 403` and `error 404`).
 */
const RULES: readonly (readonly [RegExp, string])[] = [
  // 2026-11-25T20:47:15.123Z, 2026-11-25 20:47:15,123 +01:00, 2026/11/25
  [
    /\b\d{4}([-/])\d\d\1\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?\b/g,
    '<time>',
  ],
  // Nov 25 20:47:15, as syslog has it
  [
    /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d\b/g,
    '<time>',
  ],
  [/\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<id>'],
  // i-0abc0000000000004, vol-…, subnet-…: what it is of stays
  [/\b([a-z]{1,10})-(?=[0-9a-f]*\d)(?:[0-9a-f]{17}|[0-9a-f]{8})\b/g, '$1-<id>'],
  [/\bip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}\b/g, '<ip>'],
  [/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\d.]*\d)/g, '<ip>'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])/gi, '<ip>'],
  [
    /(?<![\w:])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?![\w:])/gi,
    '<ip>',
  ],
  // a network card's address
  [/(?<![\w:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:])/gi, '<id>'],
  [/\b0x[0-9a-f]+\b/gi, '<id>'],
  // what mktemp and Python's tempfile make
  [/(?<=\btmp\.)[A-Za-z0-9]{6,}\b/g, '<id>'],
  [/(?<=\/tmp)[a-z0-9_]{8}\b/g, '<id>'],
  // digests, commits, request ids in hex: letters and digits both, or it is a word or a number
  [/(?<![A-Za-z0-9])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,}(?![A-Za-z0-9])/gi, '<id>'],
  // random names: long, both cases, and digits in two places (Utf8DecodeError is a word)
  [
    /(?<![A-Za-z0-9])(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])(?=[A-Za-z]*\d+[A-Za-z]+\d)[A-Za-z0-9]{12,}(?![A-Za-z0-9])/g,
    '<id>',
  ],
  // numbers that stand alone, with a unit or without one
  [
    /(?<![A-Za-z0-9_])(?<!\b(?:status|exit|exited|error|errno|code|signal|https?(?:\/[\d.]{1,5})?)(?: (?:code|status|with))?[ :=(#]{1,3})\d+(?:[.,]\d+)*(?:%| ?(?:[kKMGT]i?B|B|[num]?s|min|m|h|d)\b)?(?![A-Za-z0-9_])/gi,
    '<n>',
  ],
];

/** Longer lines are compared by their beginning. */
const MOST = 1_000;

/**
 * What a line of two machines has in common when only ids, addresses, times, sizes and counts differ:
 * `E: 10.0.0.7:5672 refused after 30 s` and `E: 10.0.0.9:5672 refused after 31 s` both give `E: <ip> refused after <n>`.
 * For comparison only: people are shown a real line.
 */
export function likenessOf(line: string): string {
  const plain = printable(line).slice(0, MOST).replace(/\s+/g, ' ').trim();
  return RULES.reduce((text, [pattern, stand]) => text.replace(pattern, stand), plain);
}
