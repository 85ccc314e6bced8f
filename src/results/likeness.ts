import { printable } from '../text.ts';

/**
 * What differs between machines that met the same trouble, the most telling form first, so that the digits of a time or
 * an address are not taken for numbers. What a rule does not name stays: words, versions inside names (`python3`,
 * `x86_64`), and the short codes after `status`, `exit`, `error`, `errno`, `code`, `signal` and `HTTP`, which tell
 * different troubles apart (`error 403` and `error 404`), and so do ports and versions.
 */
const RULES: readonly (readonly [RegExp, string])[] = [
  // 2026-11-25T20:47:15.123Z, 2026-11-25 20:47:15,123 +01:00, 2026/11/25
  [
    /\b\d{4}([-/])\d\d\1\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?\b/g,
    '<time>',
  ],
  // Nov 25 20:47:15, as syslog has it; Fri Nov 27 18:55:47 UTC 2026, as `date` has it
  [
    /(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d\b(?:(?: (?:AM|PM))? [A-Z]{3,4}(?: \d{4})?)?/g,
    '<time>',
  ],
  // 27/Nov/2026:18:55:47 +0000, as web servers have it
  [/\b\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?/g, '<time>'],
  [/\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<id>'],
  // i-0abc0000000000004, vol-…, subnet-…: what it is of stays
  [/\b([a-z]{1,10})-(?=[0-9a-f]*\d)(?:[0-9a-f]{17}|[0-9a-f]{8})\b/g, '$1-<id>'],
  [/\bip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}\b/g, '<ip>'],
  // The port stays: it is part of the cause. That of a client (`10.0.0.7:43512->10.0.0.9:5432`) is chance.
  [/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:(?::\d{1,5})?(?=->)|(?!\.?\d))/g, '<ip>'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])/gi, '<ip>'],
  [
    /(?<![\w:])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?![\w:])/gi,
    '<ip>',
  ],
  // a network card's address
  [/(?<![\w:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:])/gi, '<id>'],
  [/\b0x[0-9a-f]+\b/gi, '<id>'],
  // RequestId: 4442587FB7D0A2F9, x-amz-id-2: ...
  [
    /\b((?:request|host|trace|correlation|session|transaction)[-_ ]?id|x-amz-[a-z0-9-]{1,30})(["']?[:= ]{1,3}["']?)[\w+/=.-]{8,}/gi,
    '$1$2<id>',
  ],
  // Disks are numbered in the order in which the kernel finds them.
  [/\bnvme\d+n(?=\d)/g, 'nvme<n>n'],
  [/\b(loop|dm-|md|zram|nbd)\d+\b/g, '$1<n>'],
  // what mktemp and Python's tempfile make
  [/(?<=\/tmp\/[\w-]{0,40}[.-])(?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{6,12}(?![A-Za-z0-9])/g, '<id>'],
  [/(?<=\btmp\.)[A-Za-z0-9]{6,}\b/g, '<id>'],
  [/(?<=\/tmp)[a-z0-9_]{8}\b/g, '<id>'],
  // digests, commits, request ids in hex: letters and digits both, or it is a word or a number
  [/(?<![A-Za-z0-9])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,}(?![A-Za-z0-9])/gi, '<id>'],
  // random names: long, both cases, and digits in two places (Utf8DecodeError is a word)
  [
    /(?<![A-Za-z0-9])(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])(?=[A-Za-z]*\d+[A-Za-z]+\d)[A-Za-z0-9]{12,}(?![A-Za-z0-9])/g,
    '<id>',
  ],
  // 4 min 40 s, 1 h 05 min: as we write spans of time
  [/\b\d+ (?:min \d\d s|h \d\d min)\b/g, '<n>'],
  // Numbers that stand alone, with a unit or without one. Ports, versions and names (`postgresql-15`) tell causes apart.
  [
    /(?<![A-Za-z0-9_.])(?<![A-Za-z0-9\]>]:)(?<!\b(?:tcp|udp)\/)(?<!\b(?:status|exit|exited|error|errno|code|signal|ports?|versions?|https?(?:\/[\d.]{1,5})?)(?: (?:code|status|with|number|is))?[ :=(#'"]{1,3})(?!\d+\.\d+\.\d)(?!(?<=[A-Za-z=<>~]=)\d+\.\d+(?![\d.]*(?:%|m?s\b)))(?!(?<=[A-Za-z]-)\d{1,3}(?!\d))(?!(?<=\b[A-Z]{2,6}-)\d)\d+(?:[.,]\d+)*(?:%| ?(?:[kKMGT]i?B|B|[num]?s|min|m|h|d)\b)?(?![A-Za-z0-9_])/gi,
    '<n>',
  ],
];

/** Longer lines are compared by their beginning. */
const MOST = 1_000;

/**
 * What a line of two machines has in common when only ids, addresses, times, sizes and counts differ:
 * `E: 10.0.0.7:5672 refused after 30 s` and `E: 10.0.0.9:5672 refused after 31 s` both give `E: <ip>:5672 refused after <n>`.
 * For comparison only: people are shown a real line.
 */
export function likenessOf(line: string): string {
  const plain = printable(line).slice(0, MOST).replace(/\s+/g, ' ').trim();
  return RULES.reduce((text, [pattern, stand]) => text.replace(pattern, stand), plain);
}
