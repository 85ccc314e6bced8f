/** Walks from a line to the one that it follows from: over summaries, consequences, and messages of several lines. */
import type { Line } from './kinds.ts';
import { isStarved } from './summaries.ts';
import { isConsequence, isOftenExpected } from './words.ts';

/** The last line before `before` that tells something: an indented one speaks by the line that it belongs to. */
export function lastTelling(lines: readonly Line[], before: number, from = 0): number {
  for (let at = before - 1; at >= from; at--) {
    if (!isTelling(lines[at])) continue;
    const head = headOf(lines, at, from);
    const kind = lines[head]?.kind;
    if (kind === 'strong') return head;
    if (kind !== 'summary' && kind !== 'minor') return at;
    at = head;
  }
  return -1;
}

export const isTelling = (line: Line | undefined): boolean =>
  line?.kind === 'strong' || line?.kind === 'weak' || line?.kind === 'plain';

/** The line that an indented one belongs to; itself where there is none. */
function headOf(lines: readonly Line[], at: number, from: number): number {
  if (lines[at]?.kind === 'strong' || /^\S/.test(lines[at]?.text ?? '')) return at;
  for (let above = at - 1; above >= from; above--) {
    const { text = '', kind = 'noise' } = lines[above] ?? {};
    if (text.trim() === '') return at;
    if (/^\S/.test(text) && kind !== 'noise' && kind !== 'frame') return above;
  }
  return at;
}

/** A tool at the end of a pipe complains about its input: the tool before it has failed, and said why. */
export function starving(lines: readonly Line[], at: number): number {
  let now = at;
  while (now >= 0 && isStarved(lines[now]?.text ?? '')) {
    const before = lastTelling(lines, now);
    const { text = '', kind = 'noise' } = lines[before] ?? {};
    if (kind !== 'strong' && !isStarved(text)) break;
    now = before;
  }
  return now;
}

/** From what a script says after a failure (`download failed`) to the message right before it that tells why. */
export function causeBefore(lines: readonly Line[], at: number, from: number): number {
  let now = at;
  while (isConsequence(lines[now]?.text ?? '') && !tellsWhy(lines[now]?.text ?? '')) {
    const before = lastTelling(lines, now, from);
    const { text = '', kind = 'noise' } = lines[before] ?? {};
    if ((kind !== 'strong' && kind !== 'weak') || isOftenExpected(text)) break;
    now = starving(lines, before);
  }
  return now;
}

/** Whether a message is a tool's (`cp: ...`), a shell's or an exception, or brings its reason behind a colon. */
export const tellsWhy = (text: string): boolean =>
  !TRIES.test(text) && !GIVES_UP.test(text) && HAS_REASON.some((form) => form.test(text));

/** What a script says of its own tries in the end, whatever name it gives itself. */
const TRIES = /\b(?:failed \d+ times|after \d+ (?:tries|attempts|retries)|(?:giving|gave) up)\b/i;

/** A tool's or a shell's message, an exception, a structured log, or a reason behind the last colon. */
const HAS_REASON: readonly RegExp[] = [
  /^\{|\blevel=|^error: '|^FATAL ERROR: /,
  /^(?!error|fatal|warning|failed|failure|critical)[a-z][\w.+/-]*(?:\[\d+\])?: \S/,
  /^\S+: (?:line )?\d+: |^(?:E|Err:\d+)[: ]|^[\w.$]*(?:Error|Exception)\b| at \S+ line \d+\.$/,
  /\[(?:emerg|alert|crit)\]|^\S+:\d+:(?:\d+:)? |^npm |^(?:\[ERROR\]|\S+ \[ERROR\])/,
  /: (?!.*: ).*(?:\b[45]\d\d\b|refused|denied|no such|not found|timed out|unreachable|exists|space|in use|reset|permitted|unknown|invalid|expired|resolve)/i,
];

/** Nothing but that the script ends here. */
const GIVES_UP =
  /^[^:]*:? ?\W*(?:giving up|gave up|aborting|aborted|bailing out|exiting|stopping|failed|failure)\b(?:\W*$| after| \(|, )/i;

/** Families of messages that come in several lines, of which the first tells why. */
const FAMILIES: readonly RegExp[] = [
  /^E: /,
  /^(?:ERROR|Error|error)(?:\[\w+\])?:? /,
  /^\[ERROR\]/,
  /^\[ALERT\]/,
  /^npm (?:ERR!|error)/,
  /: (?:fatal )?error: |^\S+\.go:\d+:\d+: |undefined reference to|: error TS\d+|^\S+:\d+:\d+: error/,
  /^CMake Error/,
  /^[0-9A-F]+:error:|^(?:Can't open|Could not open|Unable to load|Error (?:opening|loading|reading))/,
  /\[ERROR\] \[MY-|\[ERROR\] /,
  /^fatal: /,
  /: parser error|: validity error|: Schemas validity error/,
  /^ERROR! /,
  /^[│ ]*Error: /,
  /syntax error near|: line \d+: `|^\S+: \d+: Syntax error|unexpected end of file|unexpected EOF/,
  /: (?:FAILED|FAILED open or read)$/,
];

/** The first line of the messages that end at `at`. */
export function beginning(lines: readonly Line[], at: number): number {
  const family = FAMILIES.find((form) => form.test(lines[at]?.text ?? ''));
  if (family === undefined) return at;
  let first = at;
  for (let above = at - 1; above >= 0; above--) {
    const { text = '', kind = 'noise' } = lines[above] ?? {};
    if (family.test(text) && kind === 'strong') first = above;
    else if (kind === 'plain' && /^\S/.test(text)) break;
    else if (kind === 'strong' || (kind === 'weak' && /^\S/.test(text))) break;
  }
  return first;
}
