/** What a failure shows: the failing step's lines, and which of them is the error. */
import { EXCERPT_LINES, type Facts } from './facts.ts';
import type { EntryOf, Scene } from './scene.ts';
import type { Failure } from './verdict.ts';

/**
 * Returns the failing step's log lines, or else the console's last ones, and what went wrong: in the bootstrapper's own
 * words where they came through (it has seen the whole log), or else the first of the lines that looks like an error.
 */
export function evidence(
  facts: Facts,
  { run, own }: Scene,
  step: string,
): Pick<Failure, 'excerpt' | 'firstError'> {
  const isLine = (entry: { readonly type: string }): entry is EntryOf<'excerpt'> => entry.type === 'excerpt';
  const ofStep = facts.entries.filter(isLine).filter((line) => line.step === step);
  const ofRun = ofStep.filter((line) => own.includes(line));
  const closing = (run.length === 0 ? facts.entries : own).findLast((entry) => entry.type === 'closing');
  const told = closing?.type === 'closing' && closing.step === step ? closing.text : undefined;
  // Lines that stand under another run are this one's only where this run's own story did not come through.
  const log = untangled(ofRun.length > 0 || told !== undefined ? ofRun : ofStep).slice(-EXCERPT_LINES);
  const excerpt = log.length > 0 ? log : facts.tail;
  const error = told ?? firstError(excerpt) ?? excerpt.at(-1);
  return { excerpt, ...(error !== undefined && { firstError: error }) };
}

const texts = (lines: readonly EntryOf<'excerpt'>[]): string[] => lines.map(({ text }) => text);

/**
 * Lines that a script prints to the console, and that cloud-init repeats there from its stdout, come in any order among
 * each other: where one of the two tells all that the other does, it is shown. (Without a console of its own a script's
 * lines come by cloud-init alone, some without its prefix: then both tell a part, and all is shown.)
 */
function untangled(lines: readonly EntryOf<'excerpt'>[]): readonly string[] {
  const direct = once(texts(lines.filter(({ relayed }) => !relayed)));
  const relayed = once(texts(lines.filter((line) => line.relayed)));
  if (isWithin(relayed, direct)) return direct;
  return isWithin(direct, relayed) ? relayed : once(texts(lines));
}

/** Whether all of some lines are among others, in their order. */
function isWithin(some: readonly string[], others: readonly string[]): boolean {
  let met = 0;
  for (const line of others) if (line === some[met]) met++;
  return met === some.length;
}

/** A box prints to stdout and its console devices; where these are one, lines come twice or thrice: show them once. */
function once(lines: readonly string[]): readonly string[] {
  for (const times of [3, 2]) {
    const size = lines.length / times;
    if (size === 0 || !Number.isInteger(size)) continue;
    if (lines.every((line, i) => line === lines[i % size])) return lines.slice(0, size);
    if (lines.every((line, i) => line === lines[i - (i % times)]))
      return lines.filter((_, i) => i % times === 0);
  }
  return lines;
}

const LOOKS_LIKE_ERROR =
  /\b(?:errors?|fatal|fail(?:s|ed|ure)?|cannot|can't|couldn't|could not|unable|not found|denied|no such|refused|invalid|missing|unbound|undefined|unrecognized|panic|exception|traceback|timed? ?out|killed|no space|not permitted|unreachable)\b/i;
const LOOKS_FINE =
  /\b(?:0|no|without) (?:errors?|failures?|failed)\b|\b(?:errors?|failures?|failed)[:=] ?0\b/gi;
/** A line of `set -x` shows a command, which may speak of errors without being one. */
const TRACE = /^\++ /;

/** @returns the first line that looks like an error message */
export const firstError = (lines: readonly string[]): string | undefined =>
  lines.find((line) => !TRACE.test(line) && LOOKS_LIKE_ERROR.test(line.replace(LOOKS_FINE, '')))?.trim();
