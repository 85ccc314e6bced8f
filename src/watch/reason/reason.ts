/**
 * Why a script failed: the one judge of what a machine printed. A pure function of the facts that the box tells and of the
 * lines that the script printed; docs/output.md says how it decides.
 */
import { duration } from '../../text.ts';
import { isStrong } from './forms.ts';
import { readKinds } from './kinds.ts';
import { pick } from './pick.ts';
import { knownPath, type Place, placeOf } from './places.ts';
import { endedBy, signalIn } from './signals.ts';
import type { Told } from './told.ts';

export interface Reason {
  readonly command?: string;
  readonly location?: Place;
  /** The command's own status, where the box tells it. */
  readonly status?: number;
  readonly error?: string;
  /** `SIGKILL`. */
  readonly signal?: string;
  /** The index of the line that the error is from; undefined where it is from none. */
  readonly at?: number;
}

/** What a failed step left behind. */
export interface Evidence {
  readonly step: string;
  /** The step's exit status. */
  readonly status: number;
  readonly told: Told | undefined;
  /** What the script printed, oldest first. */
  readonly lines: readonly string[];
}

export function reasonOf({ step, status, told = NOTHING, lines }: Evidence): Reason {
  const behind = Math.min(told.behind, lines.length);
  // Without a line before the clean-up's, the clean-up's are all there is.
  const before = behind < lines.length ? lines.slice(0, lines.length - behind) : lines;
  const found = findError(told, before);
  const signal = told.signal ?? signalIn(before, told.status ?? status);
  const place = told.line === undefined && found.at !== undefined ? placeOf(before, found.at) : undefined;
  const location = ownPlace(told) ?? (place && { ...place, file: knownPath(named(place.file, told), step) });
  const error = withSignal(told, signal, withTimeout(told, found, before), before);
  return {
    ...(told.command !== undefined && { command: told.command }),
    ...(location !== undefined && { location }),
    ...(told.status !== undefined && { status: told.status }),
    ...(error !== undefined && { error: named(error, told) }),
    ...(signal !== undefined && { signal: `SIG${signal}` }),
    ...(found.at !== undefined && { at: found.at }),
  };
}

const NOTHING: Told = { how: 'unknown', silent: false, behind: 0 };

function ownPlace({ file, line, function: name }: Told): Place | undefined {
  if (file === undefined || line === undefined) return undefined;
  return { file, line, ...(name !== undefined && { function: name }) };
}

/** The text with the script's name in place of its path. */
const named = (text: string, { script, path }: Told): string =>
  script === undefined || path === undefined ? text : text.replaceAll(path, script);

interface Found {
  readonly error?: string;
  readonly at?: number;
}

function findError(told: Told, lines: readonly string[]): Found {
  const { how, command } = told;
  if (how === 'timeout') return { error: timedOut(told) };
  if (told.silent) return { error: silence(command) };
  if (lines.every((line) => line.trim() === '')) return lines.length === 0 ? {} : { error: silence(command) };
  const isLanguage = LANGUAGES.test(told.interpreter ?? '');
  const kinds = readKinds(lines);
  const asked = { command, line: told.line, isExit: how === 'exit', isKeptBack: isLanguage };
  const picked = pick(kinds, asked);
  switch (picked.type) {
    case 'silent':
      return { error: silence(command) };
    case 'line':
      if (how === 'unknown' && !isLanguage && kinds[picked.at]?.kind === 'plain')
        return ofUnknown(told, lines, picked.at);
      return {
        error: whole(
          kinds.map(({ text }) => text),
          picked.at,
        ),
        at: picked.at,
      };
    case 'unknown':
      return ofUnknown(told, lines, picked.at);
  }
}

const LANGUAGES = /^(?:python|pypy|perl|node|nodejs|deno|bun|ruby|php|java|lua|Rscript|tclsh|expect)[\d.]*$/;

/** Nothing that was printed looks like an error. */
function ofUnknown({ how, command }: Told, lines: readonly string[], at: number): Found {
  const last = lines[at]?.trim();
  const isKnown = how === 'command' || (how === 'exit' && command !== undefined && !/^exit\b/.test(command));
  if (last === undefined) return { error: silence(command) };
  if (isKnown) return { error: `${silence(command)} about an error; the last line: ${last}` };
  return { error: `it printed nothing about an error; its last line: ${last}`, at };
}

const silence = (command: string | undefined): string =>
  command === undefined ? 'it printed nothing' : `${shortened(command)} printed nothing`;

const shortened = (command: string): string =>
  command.length <= 120 ? command : `${command.slice(0, 119)}…`;

/** `timed out at line 7: apt-get update, for 4 min 40 s (the launch waits 600 s)` */
function timedOut({ line, command, forS, limit }: Told): string {
  const where = line === undefined ? '' : ` at line ${line}`;
  const what = command === undefined ? '' : `: ${shortened(command)}`;
  const span = forS === undefined ? '' : `, for ${duration(forS * 1000)}`;
  return `timed out${where}${what}${span}${limit === undefined ? '' : ` (${limit})`}`;
}

/** Most lines that one error text is made of. */
const JOINED = 3;

/** A line that ends with a colon has its reason in the next one. */
function whole(lines: readonly string[], at: number): string {
  const parts = [(lines[at] ?? '').trim()];
  for (let next = at + 1; next < lines.length && parts.length < JOINED; next++) {
    const text = (lines[next] ?? '').trim();
    if (text === '' && next === at + 1) continue;
    if (text === '' || !parts.at(-1)?.endsWith(':')) break;
    parts.push(text);
  }
  return parts.join(' ');
}

/** `timeout 30 COMMAND` says nothing when the time is up, and its status is 124. */
function withTimeout({ how, status, command = '' }: Told, found: Found, lines: readonly string[]): Found {
  if (how !== 'command' || status !== 124 || !/(?:^|\s)timeout\s/.test(command)) return found;
  const says = isStrong((lines[found.at ?? -1] ?? '').trim());
  const ended = `${shortened(command)} ran out of time`;
  return { ...found, error: says ? `${found.error}; ${ended}` : ended };
}

/** Adds who ended a process, and what the kernel says of it. */
function withSignal(
  told: Told,
  signal: string | undefined,
  found: Found,
  lines: readonly string[],
): string | undefined {
  const kernel = kernelWords(told.kernel);
  if (told.how === 'timeout' || (signal === undefined && kernel === '')) return found.error;
  if (signal === undefined) return `${found.error ?? ''}${kernel}`;
  const ended = `${endedBy(signal, told)}${kernel}`;
  const line = lines[found.at ?? -1] ?? '';
  // A process that gives up says why; one that is killed from outside knows nothing of it.
  const says = OWN_SIGNALS.has(signal) && isStrong(line.trim()) && signalIn([line], undefined) === undefined;
  return says && found.error !== undefined ? `${found.error}; ${ended}` : ended;
}

/** Signals that a process gets for what it did itself. */
const OWN_SIGNALS = new Set(['ABRT', 'SEGV', 'BUS', 'FPE', 'ILL', 'TRAP', 'SYS', 'PIPE', 'XFSZ']);

const kernelWords = (line: string | undefined): string => {
  if (line === undefined) return '';
  return /out of memory|oom/i.test(line)
    ? "; the kernel's log says out of memory"
    : `; the kernel's log says: ${line}`;
};
