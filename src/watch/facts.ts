/** What a machine's text tells, folded line by line: pure, so that any way of reading the same lines gives the same facts. */
import type { LinearPattern } from '../yaml/pattern.ts';
import { type Beat, isSameBeat } from './beats.ts';
import { withBoot } from './kernel-start.ts';
import { isBad, type Marker, type Trust } from './markers.ts';

/** Most lines of an excerpt in a report. The box prints up to 80, of which the report shows those around the error. */
export const EXCERPT_LINES = 40;
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

/** A box prints to stdout and to its console devices, which may be one and the same: say each line once. */
export const heardOnce = (facts: Facts, one: Spoken): Facts =>
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
