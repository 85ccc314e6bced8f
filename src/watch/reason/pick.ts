/** Picks the line that tells why: from what the failing command printed, else from the end backwards. */
import { isOf, isQuiet, nameThemselves, programsOf } from './command.ts';
import { TRACE } from './harmless.ts';
import type { Line } from './kinds.ts';
import { shellPlace } from './places.ts';
import { beginning, causeBefore, isTelling, lastTelling, starving, tellsWhy } from './trail.ts';
import { goesOn, isConsequence, isOftenExpected } from './words.ts';

export type Picked =
  | { readonly type: 'line'; readonly at: number }
  /** The failing command printed nothing; what stands before it is of other commands. */
  | { readonly type: 'silent' }
  /** Nothing tells. `at`: the last line printed, which is no error; -1 without any. */
  | { readonly type: 'unknown'; readonly at: number };

export interface Asked {
  /** The failing command; absent where the box knows none. */
  readonly command?: string | undefined;
  /** The script called `exit`: the command is what it asked about before, or the `exit` itself. */
  readonly isExit: boolean;
  /** The script is of a language that keeps its stdout back until it ends: Python, Perl, Node ... */
  readonly isKeptBack?: boolean;
  /** The failing command's line in its file. */
  readonly line?: number | undefined;
}

export function pick(lines: readonly Line[], asked: Asked): Picked {
  const { command, isExit, isKeptBack = false } = asked;
  const last = isKeptBack ? lastException(lines) : -1;
  if (last >= 0) return { type: 'line', at: beginning(lines, last) };
  if (command === undefined) return generally(lines, asked);
  return isExit ? ofExit(lines, { ...asked, command }) : ofCommand(lines, { ...asked, command });
}

/** The last exception of a traceback, or else the last message of the form of an error. */
function lastException(lines: readonly Line[]): number {
  const last = lines.findLastIndex(({ isException }) => isException);
  return last >= 0 ? last : lines.findLastIndex(({ kind }) => kind === 'strong');
}

/** The script called `exit`, if the box knows it behind a command: its message counts before what the script said of it. */
function ofExit(lines: readonly Line[], asked: Asked & { readonly command: string }): Picked {
  const own = lastOwn(lines, asked);
  // The journal's lines, which scripts print behind it, tell why.
  const journal = /^Job for /.test(lines[own]?.text ?? '') && lines.slice(own + 1).some(isError);
  if (journal) return generally(lines.slice(0, lines.findLastIndex(isError) + 1), asked);
  if (own < 0 || hasGoneOn(lines, own)) return generally(lines, asked);
  const programs = programsOf(asked.command);
  // Its own summary leads to its own message.
  const message =
    lines[own]?.kind === 'summary'
      ? lines.findLastIndex((line) => isError(line) && isOf(line.text, programs))
      : own;
  if (message < 0) return generally(lines, asked);
  return { type: 'line', at: beginning(lines, causeBefore(lines, starving(lines, message), 0)) };
}

const isError = ({ kind }: Line): boolean => kind === 'strong';

/** The last message, or summary, of the failing command's programs. */
const lastOwn = (lines: readonly Line[], { command, line }: Asked & { readonly command: string }): number => {
  const programs = programsOf(command);
  // Its message may have several lines.
  const exception = programs.some((name) => /^python/.test(name)) ? lastException(lines) : -1;
  if (lines[exception]?.isException) return exception;
  return lines.findLastIndex(
    (each) =>
      (isTelling(each) || each.kind === 'summary') && (isOf(each.text, programs) || isAt(each.text, line)),
  );
};

/** A command failed, and the script ended with it: what came last is its own word, if it had one. */
function ofCommand(lines: readonly Line[], asked: Asked & { readonly command: string }): Picked {
  const programs = programsOf(asked.command);
  const traced = behindTrace(lines, programs);
  if (traced >= 0) {
    const picked = generally(lines, { ...asked, from: traced });
    return picked.type === 'line' ? picked : { type: 'silent' };
  }
  const own = lastOwn(lines, asked);
  const quiet = isQuiet(asked.command);
  // What a program writes to stdout may come behind its error: it is kept back until the program ends.
  if (own >= 0 && !(quiet && hasGoneOn(lines, own))) {
    if (lines[own]?.kind === 'summary') return generally(lines, asked);
    return { type: 'line', at: beginning(lines, causeBefore(lines, starving(lines, own), 0)) };
  }
  if (quiet) return repeated(lines) ?? { type: 'silent' };
  const picked = generally(lines, asked);
  const foreign = picked.type === 'line' && lines[picked.at]?.kind === 'strong' && nameThemselves(programs);
  return foreign ? { type: 'silent' } : picked;
}

/** Whether a shell says something of the failing line, of a redirection for instance. */
const isAt = (text: string, line: number | undefined): boolean =>
  line !== undefined && shellPlace(text)?.line === line;

/** Where the output of the traced command begins (`set -x`); -1 where it isn't traced. */
function behindTrace(lines: readonly Line[], programs: readonly string[]): number {
  const at = lines.findLastIndex(({ text }) => TRACE.test(text));
  const text = lines[at]?.text.replace(TRACE, '') ?? '';
  return at >= 0 && programsOf(text).some((name) => programs.includes(name)) ? at + 1 : -1;
}

/** A loop that ended in vain: its command said the same again and again, until a test gave up. */
function repeated(lines: readonly Line[]): Picked | undefined {
  const at = lastTelling(lines, lines.length);
  const before = at < 0 ? -1 : lastTelling(lines, at);
  const same = before >= 0 && lines[at]?.kind === 'strong' && lines[at]?.text === lines[before]?.text;
  return same ? { type: 'line', at } : undefined;
}

interface Search extends Asked {
  /** Lines before this one are of other commands. */
  readonly from?: number;
}

/** From the end backwards, over noise, summaries and hints. */
function generally(lines: readonly Line[], { from = 0, isExit, command = '' }: Search): Picked {
  const end = lastTelling(lines, lines.length, from);
  if (end < 0) return leftOver(lines, from);
  const { text = '', kind } = lines[end] ?? {};
  if (kind === 'plain') {
    const usage = goesOn(text) ? lines.findLastIndex((line, at) => at > end && USAGE.test(line.text)) : -1;
    if (usage >= 0) return { type: 'line', at: usage };
    const isSummedUp = goesOn(text) && lines.slice(end + 1).some((line) => line.kind === 'summary');
    return isSummedUp ? leftOver(lines, end + 1) : ofPlain(lines, end, { from, isExit });
  }
  const at = isOfTest(lines, end, { isExit, command })
    ? ofTest(lines, end, from)
    : causeBefore(lines, starving(lines, end), from);
  return { type: 'line', at: beginning(lines, at) };
}

/**
 * What a script says behind a test is the reason; but of a bare `setup failed` the first of the errors right before it is,
 * which the others follow from: the script went on after each.
 */
function ofTest(lines: readonly Line[], end: number, from: number): number {
  const said = lines[end]?.text ?? '';
  if (!isConsequence(said) || tellsWhy(said)) return end;
  let first = end;
  let between = 0;
  for (let at = end - 1; at >= from && between < 2; at--) {
    const { text = '', kind = 'noise' } = lines[at] ?? {};
    if (kind === 'plain' || kind === 'retry') between++;
    if (kind !== 'strong' || isOftenExpected(text)) continue;
    first = at;
    between = 0;
  }
  return first;
}

/** Whether an `exit` stands behind a test, which prints nothing: what the script said about it is the reason. */
function isOfTest(lines: readonly Line[], at: number, { isExit, command = '' }: Asked): boolean {
  const triedAgain = lines.slice(lastTelling(lines, at) + 1, at).some(({ kind }) => kind === 'retry');
  return isExit && !triedAgain && !/^exit\b/.test(command) && isQuiet(command);
}

/** Where nothing but summaries, tries or warnings are left: the first of the last summaries tells the most. */
function leftOver(lines: readonly Line[], from: number): Picked {
  const is = (kind: Line['kind']) => (line: Line, at: number) => at >= from && line.kind === kind;
  const summary = lines.findLastIndex(is('summary'));
  if (summary >= 0) {
    let at = summary;
    while (at > from && (lines[at - 1]?.kind === 'summary' || lines[at - 1]?.kind === 'frame')) at--;
    while (lines[at]?.kind !== 'summary') at++;
    return { type: 'line', at };
  }
  const usage = lines.findLastIndex((line, at) => at >= from && USAGE.test(line.text));
  const other = Math.max(usage, lines.findLastIndex(is('retry')), lines.findLastIndex(is('minor')));
  return other >= 0 ? { type: 'line', at: other } : { type: 'unknown', at: -1 };
}

/** All that some programs say of wrong arguments. */
const USAGE = /^\s*usage: /i;

/** So many lines of free text may stand between an error and the end. */
const REACH = 80;

/**
 * The last line is no error by its words. It may follow one (a clean-up, an advice), be the reason in free words, or show
 * that the script went on after an error that it had expected.
 */
function ofPlain(
  lines: readonly Line[],
  end: number,
  { from, isExit }: { from: number; isExit: boolean },
): Picked {
  let at = end;
  for (let seen = 0; at >= from && seen < REACH; seen++) {
    const { text = '', kind = 'noise' } = lines[at] ?? {};
    if (kind !== 'plain') break;
    if (goesOn(text)) return isExit || at === end ? keptBack(lines, end, isExit) : { type: 'line', at: end };
    at = lastTelling(lines, at, from);
  }
  const found = lines[at];
  if (found === undefined || found.kind === 'plain' || isOftenExpected(found.text))
    return lastWord(lines, end);
  return { type: 'line', at: beginning(lines, causeBefore(lines, starving(lines, at), from)) };
}

/** A line about work may come behind the error of the same program: stdout is kept back until a program ends. */
function keptBack(lines: readonly Line[], end: number, isExit: boolean): Picked {
  const before = lines[end - 1];
  const isOwn = before?.kind === 'strong' && /^(?:error|fatal|failed|panic)\b/i.test(before.text);
  return isOwn && !isExit && !isOftenExpected(before.text)
    ? { type: 'line', at: beginning(lines, end - 1) }
    : lastWord(lines, end);
}

const lastWord = (lines: readonly Line[], at: number): Picked =>
  goesOn(lines[at]?.text ?? '') ? { type: 'unknown', at } : { type: 'line', at };

/** Whether a script has printed progress of its own behind a line. */
const hasGoneOn = (lines: readonly Line[], at: number): boolean =>
  lines.slice(at + 1).some(({ text, kind }) => kind === 'plain' && /^\S/.test(text) && goesOn(text));
