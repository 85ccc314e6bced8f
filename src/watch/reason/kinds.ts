/** What each line of an excerpt is, as far as its form and the lines before it tell. */

import { unprefixed } from '../prefixes.ts';
import { isStrong } from './forms.ts';
import { isByLevel, isHarmless, isMinor, isProgress } from './harmless.ts';
import { isRetry, isSummary } from './summaries.ts';
import { speaksOfError } from './words.ts';

export type Kind =
  /** Says nothing about a failure. */
  | 'noise'
  /** A warning or a note. */
  | 'minor'
  /** Belongs to an error that stands before or behind it: frames of a stack, a caret, a hint. */
  | 'frame'
  /** Sums up, or follows from, an error before it. */
  | 'summary'
  /** A try that another followed. */
  | 'retry'
  /** Of the form of an error message. */
  | 'strong'
  /** A sentence that speaks of an error. */
  | 'weak'
  | 'plain';

export interface Line {
  readonly text: string;
  readonly kind: Kind;
  /** The exception that a traceback ends with. */
  readonly isException?: boolean;
}

const FRAME: readonly RegExp[] = [
  /^\s+at \S|^\s+from \S+:\d+|^\s+File "|^\s+\.\.\. \d+ (?:more|common)|^\s*\[(?:previous|Previous) /,
  /^\s*[\^~|]+[\^~\s|-]*$|^\s*\d+ \||^\s*-->|^\s*\|\s|^\s+= (?:note|help)|^\s*\.\.\.$/,
  /^\s*\d+: 0x[0-9a-f]+ |^-+ ?(?:Native|JS) stack ?trace|^<---|^goroutine \d+|^\s+\/\S+\.go:\d+|^(?:main|runtime|created by)\b.*\(.*\)|^\[signal SIG/,
  /^Node\.js v\d|^\s*Require stack|^- \/|^[{}[\]()]+,?;?$|^node:internal|^\/\S+:\d+$|^\s*throw (?:err|new|er|e)\b/,
  /^Traceback \(|^During handling of the above|^The above exception was|^#\d+ |^Stack trace:|^\s*thrown in |^stack traceback/,
  /^\s*note: |^\s*help: |^In file included from|: note: |: In (?:function|member|constructor|instantiation)|^At top level/,
  /^(?:Try|See|Run|Use|Please|Did you mean|Usage|usage|For (?:more|further)|More information|To (?:see|fix|get|enable)|Is the server|Perhaps|Maybe|You (?:can|may|need|should|might)|Consider|Check|Hint|HINT|DETAIL|STATEMENT|CONTEXT|QUERY|LINE \d+)[ :]/,
  /^[╷╵│](?!\s*Error)/,
  /^\* (?:What went wrong|Try|Exception is|Get more help)|^> (?:Run with --|Get more help)|^Crash dump is being written/,
];

const isFrame = (text: string): boolean => FRAME.some((form) => form.test(text));

/** Messages of tools are never mere tries: `curl: (28) ... after 3 attempts`. */
const NAMED = /^[a-z][\w.+-]*(?:\[\d+\])?: /;

function kindOf(text: string): Kind {
  const trimmed = text.trim();
  if (trimmed === '' || isHarmless(text)) return 'noise';
  if (isFrame(text)) return 'frame';
  if (isSummary(text)) return 'summary';
  if (isByLevel(trimmed)) return 'minor';
  const strong = isStrong(text) || isStrong(trimmed);
  if (isRetry(trimmed) && !(strong && (NAMED.test(trimmed) || /\b(?:FATAL|PANIC)\b/.test(trimmed))))
    return 'retry';
  if (strong) return 'strong';
  if (isProgress(text)) return 'noise';
  if (isMinor(text)) return 'minor';
  return speaksOfError(trimmed) ? 'weak' : 'plain';
}

/** dpkg's line about a package, and the next one: they tell only that the package's own script failed, or that it waits. */
const DPKG = /^dpkg: error processing /;
const DPKG_SUMMARY =
  /subprocess returned error|^ dependency problems - |very bad inconsistent state|^ subprocess /;

/** Tells lines' kinds. The first line that isn't indented below `Traceback` is the exception, whatever its name. */
export function readKinds(printed: readonly string[]): readonly Line[] {
  let traceback = false;
  return printed.map((line, at) => {
    // A status of systemd's shows lines of the journal.
    const text = JOURNAL.test(line) ? unprefixed(line).text : line;
    const kind = kindAmong(printed, at, text);
    if (text.startsWith('Traceback (')) traceback = true;
    else if (traceback && /^\s/.test(text)) return { text, kind: 'frame' };
    else if (traceback && text !== '') {
      traceback = false;
      return { text, kind: kind === 'summary' ? 'summary' : 'strong', isException: kind !== 'summary' };
    }
    return { text, kind };
  });
}

/** A line's kind where the line behind it, or who printed it, tells more than its own form. */
function kindAmong(printed: readonly string[], at: number, text: string): Kind {
  const kind = kindOf(text);
  if (SYSTEMD.test(printed[at] ?? '')) return kind === 'plain' ? 'noise' : 'summary';
  return DPKG.test(text) && !DPKG_SUMMARY.test(printed[at + 1] ?? '') ? 'strong' : kind;
}

/** What systemd says of a service: that it failed, not why. */
const SYSTEMD = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ systemd\[1\]: /;
const JOURNAL = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ [^\s:]+\[\d+\]: /;
