/** What a console tells, folded line by line: pure, so that any way of reading the same lines gives the same facts. */

import { harmless, withoutEscapes } from '../text.ts';
import type { LinearPattern } from '../yaml/linear.ts';
import { type Beat, isSameBeat, readBeat } from './beats.ts';
import { bootedAtOf, stampOf, withBoot } from './kernel-start.ts';
import {
  type Found,
  findPieces,
  isAnonymous,
  isBad,
  isTrue,
  type Marker,
  type Trust,
  withoutMarkers,
} from './markers.ts';
import { guessedForms, unprefixed } from './prefixes.ts';
import { CLOUD_INIT_FAILED, PANIC, STARTED, WAITING } from './system-lines.ts';

/** Most lines of an excerpt in a report. The box prints up to 80, of which the report shows those around the error. */
export const EXCERPT_LINES = 40;
/**
 * Excerpt, summary and torn lines kept a machine: a box prints at most 80 lines of excerpt, on up to three consoles and by
 * cloud-init once more. A runaway one must not fill our memory.
 */
const KEPT_LINES = 400;

/** What is looked for in a line. */
export interface Reading extends Trust {
  /** Hides known secrets in text for people; markers are read before. */
  readonly mask?: ((text: string) => string) | undefined;
  /** Patterns of a bootstrapper that is not rolecall's, applied line by line. */
  readonly success?: LinearPattern | undefined;
  readonly failure?: LinearPattern | undefined;
}

/** A line that mattered, with the console lines before it (itself the last). */
export interface Sighting {
  readonly line: string;
  readonly context: readonly string[];
}

/** A line that a step printed for people. `run` is the run whose marker came last before it. */
export interface StepLine {
  readonly run: string | undefined;
  readonly step: string;
  readonly text: string;
}

/** What a console tells in one place. Entries stand in the order of the console, which is the order in time. */
export type Entry =
  /** A true marker; `takenAt`: the snapshot that first showed it, epoch milliseconds by EC2's clock, 0 if unknown. */
  | { readonly type: 'marker'; readonly marker: Marker; readonly takenAt: number }
  /** A failed verdict from before user data was read: unproved. */
  | { readonly type: 'anonymous'; readonly marker: Marker }
  /** The beginning of a marker of this launch whose rest is lost. */
  | { readonly type: 'torn'; readonly run: string }
  /** A kernel has started: what stands behind it is of another boot. */
  | { readonly type: 'kernel' }
  /** `rolecall[STEP]| text`: the log excerpt of a failed step. `relayed`: by cloud-init or the journal, which repeat a script's stdout. */
  | {
      readonly type: 'excerpt';
      readonly step: string;
      readonly text: string;
      readonly relayed: boolean;
    }
  /** `rolecall[STEP]! NAME VALUE`: what the box knows of the failed script's end. */
  | { readonly type: 'fact'; readonly step: string; readonly text: string }
  /** The error in the bootstrapper's closing line for people. */
  | { readonly type: 'closing'; readonly step: string; readonly text: string }
  /** A panic of the kernel, cloud-init's failure line, a match of a pattern. */
  | { readonly type: SightingType; readonly sighting: Sighting };

export type SightingType = 'panic' | 'cloud-init' | 'success' | 'failure';

/** A true marker, what a step tells people (`rolecall[STEP]: text`), or a sign of life (`rolecall[STEP]~ text`). */
export type Heard =
  | { readonly type: 'marker'; readonly event: Marker['event'] }
  | { readonly type: 'said'; readonly line: StepLine }
  | { readonly type: 'alive'; readonly beat: Beat };

export interface Facts {
  readonly entries: readonly Entry[];
  /** Well-formed markers that were not believed (another launch or machine, a wrong MAC). */
  readonly disbelieved: number;
  /** Beginnings of markers that no well-formed marker follows: the console lost text there. */
  readonly torn: number;
  /** Other versions of the contract in which this launch's markers came (`rc1`). */
  readonly versions: readonly string[];
  /** What is worth telling while it happens, in the order in which it was read. */
  readonly heard: readonly Heard[];
  /** The newest line that a pattern would have fitted behind a prefix that isn't known. */
  readonly nearly?: { readonly pattern: 'success' | 'failure'; readonly line: string };
  /** The newest console lines, harmless, without markers, facts, signs of life and blank ones. */
  readonly tail: readonly string[];
  /** When kernels of the machine started, by its own clock, epoch milliseconds; one estimate a boot, in no order. */
  readonly bootedAt: readonly number[];
}

export const NO_FACTS: Facts = {
  entries: [],
  disbelieved: 0,
  torn: 0,
  versions: [],
  heard: [],
  tail: [],
  bootedAt: [],
};

/** What is known of a line besides its text. */
export interface LineKind {
  /** Its beginning or its end may be missing. */
  readonly cut: boolean;
  /** When EC2 took the snapshot that shows it, epoch milliseconds; 0 if unknown. */
  readonly takenAt: number;
}

/** Takes one line of console text. */
export function readLine(facts: Facts, raw: string, kind: LineKind, reading: Reading): Facts {
  if (raw.trim() === '') return facts;
  const line = withoutEscapes(raw);
  const found = findPieces(line);
  const pieced = found.reduce((now, piece) => readPiece(now, piece, kind, reading), facts);
  const marked = found.some(({ type }) => type === 'marker');
  const timed = withBoots(pieced, line, found, reading);
  const rest = marked ? withoutMarkers(line) : line;
  const told = marked
    ? timed
    : {
        ...readStepLine(timed, line, kind, reading),
        tail:
          isBlank(line) || WAITING.test(line) || IS_FOR_PROGRAMS.test(line)
            ? facts.tail
            : [...facts.tail, harmless(masked(line, reading))].slice(-EXCERPT_LINES),
      };
  return sightings(told, rest, kind, reading);
}

/**
 * Joins the facts of text that was read late to those of the text behind it. A marker that both hold counts where it
 * stands first.
 */
export function joined(older: Facts, newer: Facts): Facts {
  const known = newer.entries.filter((entry) => entry.type === 'marker');
  const fresh = older.entries.filter((entry) => entry.type === 'marker' && !known.some(isSame(entry.marker)));
  const heard = older.heard.filter((one) =>
    one.type === 'marker'
      ? fresh.some((entry) => entry.type === 'marker' && entry.marker.event === one.event)
      : !isHeard(newer.heard, one),
  );
  // Where the older text has a marker too, it counts there.
  const repeated = (entry: Entry) => entry.type === 'marker' && older.entries.some(isSame(entry.marker));
  const markers = newer.entries.filter((entry) => entry.type === 'marker').filter(repeated);
  const entries = [
    ...markers.reduce(withMarker, older.entries),
    ...newer.entries.filter((entry) => !repeated(entry)),
  ];
  return {
    entries,
    disbelieved: older.disbelieved + newer.disbelieved,
    torn: older.torn + newer.torn,
    versions: [...new Set([...older.versions, ...newer.versions])],
    heard: [...newer.heard, ...heard],
    tail: newer.tail,
    bootedAt: newer.bootedAt.reduce(withBoot, older.bootedAt),
    ...((newer.nearly ?? older.nearly) && { nearly: newer.nearly ?? older.nearly }),
  };
}

/** Adds a true marker: once for each RUN and SEQ, where it was read first. */
export function withMarker(
  entries: readonly Entry[],
  entry: Extract<Entry, { type: 'marker' }>,
): readonly Entry[] {
  const same = entries.findIndex(isSame(entry.marker));
  const known = entries[same];
  if (known?.type !== 'marker') return [...entries, entry];
  // Two that contradict each other under one number: bad news wins, whichever came first.
  const worse = isBad(entry.marker) && !isBad(known.marker);
  return worse ? entries.with(same, { ...entry, takenAt: known.takenAt }) : entries;
}

const isSame =
  ({ run, seq }: Marker) =>
  (entry: Entry): boolean =>
    entry.type === 'marker' && entry.marker.run === run && entry.marker.seq === seq;

function readPiece(facts: Facts, found: Found, { takenAt }: LineKind, trust: Trust): Facts {
  switch (found.type) {
    case 'torn': {
      const torn = { ...facts, torn: facts.torn + 1 };
      const { launch, run } = found;
      return run === undefined || launch !== trust.launch ? torn : noted(torn, { type: 'torn', run });
    }
    case 'foreign': {
      const ours = found.launch === trust.launch || found.launch === '-';
      if (!ours || facts.versions.includes(found.version)) return facts;
      return { ...facts, versions: [...facts.versions, found.version].slice(-EXCERPT_LINES) };
    }
    case 'marker': {
      const { marker } = found;
      if (isAnonymous(marker)) return noted(facts, { type: 'anonymous', marker });
      if (!isTrue(marker, trust)) return { ...facts, disbelieved: facts.disbelieved + 1 };
      const entries = withMarker(facts.entries, { type: 'marker', marker, takenAt });
      const isNew = entries.length > facts.entries.length;
      const heard = [...facts.heard, { type: 'marker', event: marker.event } as const];
      return { ...facts, entries, ...(isNew && { heard }) };
    }
  }
}

/** Notes when the kernel started, where a line tells both the date and how long the kernel has run. */
function withBoots(facts: Facts, line: string, found: readonly Found[], trust: Trust): Facts {
  const told = bootedAtOf(line);
  const stamp = found.length > 0 ? stampOf(unprefixed(line).forms) : undefined;
  const stamped = found.flatMap((piece) =>
    stamp !== undefined && piece.type === 'marker' && isTrue(piece.marker, trust)
      ? [piece.marker.epoch * 1000 - stamp]
      : [],
  );
  const all = [...(told === undefined ? [] : [told]), ...stamped];
  return all.length === 0 ? facts : { ...facts, bootedAt: all.reduce(withBoot, facts.bootedAt) };
}

/** Adds an entry; of a type that comes very often only the newest are kept. */
function noted(facts: Facts, entry: Entry): Facts {
  const same = facts.entries.filter(({ type }) => type === entry.type);
  const [oldest] = same;
  const room =
    same.length < KEPT_LINES
      ? facts.entries
      : facts.entries.toSpliced(facts.entries.indexOf(oldest ?? entry), 1);
  return { ...facts, entries: [...room, entry] };
}

/** The text without known secrets; whole, before it is cut to a length. */
const masked = (line: string, { mask }: Reading): string => (mask === undefined ? line : mask(line));

const STEP_LINE = /rolecall\[([A-Za-z0-9_.:-]{1,48})\]([|:!~]) ?(.*)$/;
/** Facts and signs of life: they are told in other places, and show nobody what the console says. */
const IS_FOR_PROGRAMS = /rolecall\[[A-Za-z0-9_.:-]{1,48}\][!~](?: |$)/;
const CLOSING = /ERROR Bootstrapping failed at step ([A-Za-z0-9_.:-]{1,48}) \(status \d{1,3}\): (.+)$/;

function readStepLine(facts: Facts, line: string, kind: LineKind, reading: Reading): Facts {
  const [, step = '', sign, text = ''] = STEP_LINE.exec(line) ?? [];
  if (sign === undefined) {
    const [, closed, error = ''] = CLOSING.exec(line) ?? [];
    if (closed === undefined) return facts;
    return noted(facts, { type: 'closing', step: closed, text: harmless(masked(error, reading)) });
  }
  if (sign === '!') return noted(facts, { type: 'fact', step, text: harmless(masked(text, reading)) });
  if (sign === '|') {
    const relayed = unprefixed(line).by !== undefined;
    return noted(facts, { type: 'excerpt', step, text: harmless(masked(text, reading)), relayed });
  }
  const shown = harmless(masked(text, reading));
  const markers = facts.entries.flatMap((entry) => (entry.type === 'marker' ? [entry.marker] : []));
  if (sign === '~') {
    const beat = readBeat(markers, step, shown);
    return beat === undefined || kind.cut ? facts : heardOnce(facts, { type: 'alive', beat });
  }
  if (kind.cut || facts.heard.length >= KEPT_LINES) return facts;
  return heardOnce(facts, { type: 'said', line: { run: markers.at(-1)?.run, step, text: shown } });
}

/** A box prints to stdout and to its console devices, which may be one and the same: say each line once. */
const heardOnce = (facts: Facts, one: Spoken): Facts =>
  isHeard(facts.heard, one) ? facts : { ...facts, heard: [...facts.heard, one] };

type Spoken = Exclude<Heard, { readonly type: 'marker' }>;

const isHeard = (heard: readonly Heard[], one: Spoken): boolean =>
  heard.some((other) =>
    one.type === 'said'
      ? other.type === 'said' && equal(other.line, one.line)
      : other.type === 'alive' && isSameBeat(other.beat, one.beat),
  );

const equal = (a: StepLine, b: StepLine): boolean =>
  a.run === b.run && a.step === b.step && a.text === b.text;

/** Whoever brings a script's lines to the console brings its blank ones, too. A login prompt alone tells that the boot is over. */
function isBlank(line: string): boolean {
  const { text, by } = unprefixed(line);
  return text.trim() === '' && (by !== undefined || line.trim() === '');
}

/** Whether a pattern fits the line as it stands or as the script printed it: `^Done` is meant for the latter. */
const fits = (pattern: LinearPattern | undefined, forms: readonly string[]): boolean =>
  pattern !== undefined && forms.some((form) => pattern.test(form));

function sightings(facts: Facts, line: string, kind: LineKind, reading: Reading): Facts {
  const { success, failure } = reading;
  const sighting = { line: harmless(masked(line, reading)), context: facts.tail };
  const { text, forms } = unprefixed(line);
  const seen: readonly (readonly [SightingType, boolean])[] = [
    ['panic', PANIC.test(line)],
    ['cloud-init', CLOUD_INIT_FAILED.test(line)],
    ['failure', fits(failure, forms)],
    // Of a line that is cut only the bad is believed: "ready" may be what is left of "not ready".
    ['success', !kind.cut && fits(success, forms)],
  ];
  const told = seen.reduce((now, [type, is]) => (is ? sighted(now, { type, sighting }) : now), facts);
  const missed = seen.some(([, is]) => is) ? undefined : nearly(text, reading);
  const again = told.entries.at(-1)?.type === 'kernel';
  const known = missed === undefined ? told : { ...told, nearly: { pattern: missed, line: sighting.line } };
  return STARTED.test(line) && !again ? { ...known, entries: [...known.entries, { type: 'kernel' }] } : known;
}

/** Which pattern would fit a line if what stands before were a prefix. */
function nearly(text: string, { success, failure }: Reading): 'success' | 'failure' | undefined {
  if (success === undefined && failure === undefined) return undefined;
  const guessed = guessedForms(text);
  if (fits(failure, guessed)) return 'failure';
  return fits(success, guessed) ? 'success' : undefined;
}

/** Between two markers, and in one boot, the first of each type says enough. */
function sighted(facts: Facts, entry: Extract<Entry, { sighting: Sighting }>): Facts {
  const before = facts.entries.findLast(({ type }) => ['marker', 'kernel', entry.type].includes(type));
  return before?.type === entry.type ? facts : { ...facts, entries: [...facts.entries, entry] };
}
