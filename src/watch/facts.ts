/** What a console tells, folded line by line: pure, so that any way of reading the same lines gives the same facts. */
import {
  findMarkers,
  isAnonymous,
  isBad,
  isTrue,
  MARKER_BEGINS,
  type Marker,
  type Trust,
  withoutMarkers,
} from './markers.ts';
import { harmless, withoutEscapes } from './text.ts';

/** Most lines of an excerpt, as the box prints them and as a report shows them. */
export const EXCERPT_LINES = 40;
/** Excerpt and summary lines kept a machine; a box prints far fewer, a runaway one must not fill our memory. */
const KEPT_LINES = 200;

/** What is looked for in a line. */
export interface Reading extends Trust {
  /** Patterns of a bootstrapper that is not rolecall's, applied line by line. */
  readonly success?: RegExp | undefined;
  readonly failure?: RegExp | undefined;
}

/** A line that mattered, with the console lines before it (itself the last). */
export interface Sighting {
  readonly line: string;
  readonly context: readonly string[];
}

/** A line that a step printed. `run` is the run whose marker came last before it. */
export interface StepLine {
  readonly run: string | undefined;
  readonly step: string;
  readonly text: string;
}

/** A line of an excerpt, and whether it came by cloud-init, which repeats what a script prints to stdout. */
export interface ExcerptLine extends StepLine {
  readonly relayed: boolean;
}

/** A true marker, or what a step tells people (`rolecall[STEP]: text`). */
export type Heard =
  | { readonly type: 'marker'; readonly event: Marker['event'] }
  | { readonly type: 'said'; readonly line: StepLine };

export interface Facts {
  /** True markers, one of each (RUN, SEQ), as they came. */
  readonly markers: readonly Marker[];
  /** The last failed verdict from before user data was read: unproved. */
  readonly anonymous?: Marker;
  /** Well-formed markers that were not believed (another launch, a wrong MAC). */
  readonly disbelieved: number;
  /** Beginnings of markers that no well-formed marker follows: the console lost text there. */
  readonly torn: number;
  /** `rolecall[STEP]| text`: the log excerpt of a failed step. */
  readonly excerpts: readonly ExcerptLine[];
  /** What is worth telling while it happens, in the order in which it was read. */
  readonly heard: readonly Heard[];
  /** The error in the bootstrapper's closing line for people. */
  readonly closing?: StepLine;
  readonly cloudInit?: Sighting;
  readonly success?: Sighting;
  readonly failure?: Sighting;
  /** The newest console lines, harmless, without markers and blank ones. */
  readonly tail: readonly string[];
}

export const NO_FACTS: Facts = { markers: [], disbelieved: 0, torn: 0, excerpts: [], heard: [], tail: [] };

/** What is known of a line besides its text. */
export interface LineKind {
  /** Its beginning or its end may be missing. */
  readonly cut: boolean;
  /** It comes from before the lines read so far. */
  readonly older: boolean;
}

/** Takes one line of console text. */
export function readLine(facts: Facts, raw: string, kind: LineKind, reading: Reading): Facts {
  if (raw.trim() === '') return facts;
  const found = findMarkers(raw);
  const line = withoutEscapes(raw);
  const torn = facts.torn + line.split(MARKER_BEGINS).length - 1 - found.length;
  if (found.length > 0) {
    const marked = found.reduce((now, marker) => readMarker(now, marker, reading), { ...facts, torn });
    return sightings(marked, withoutMarkers(line), kind, reading);
  }
  const tail = kind.older ? facts.tail : [...facts.tail, harmless(line)].slice(-EXCERPT_LINES);
  return sightings({ ...readStepLine({ ...facts, torn }, line, kind), tail }, line, kind, reading);
}

function readMarker(facts: Facts, marker: Marker, trust: Trust): Facts {
  if (isAnonymous(marker)) return { ...facts, anonymous: marker };
  if (!isTrue(marker, trust)) return { ...facts, disbelieved: facts.disbelieved + 1 };
  const same = facts.markers.findIndex(({ run, seq }) => run === marker.run && seq === marker.seq);
  const known = facts.markers[same];
  if (known === undefined) {
    const heard = [...facts.heard, { type: 'marker', event: marker.event } as const];
    return { ...facts, markers: [...facts.markers, marker], heard };
  }
  // Two that contradict each other under one number: bad news wins, whichever came first.
  if (isBad(marker) && !isBad(known)) return { ...facts, markers: facts.markers.with(same, marker) };
  return facts;
}

const STEP_LINE = /rolecall\[([A-Za-z0-9_.:-]{1,48})\]([|:]) ?(.*)$/;
const CLOSING = /ERROR Bootstrapping failed at step ([A-Za-z0-9_.:-]{1,48}) \(status \d{1,3}\): (.+)$/;

function readStepLine(facts: Facts, line: string, kind: LineKind): Facts {
  const run = facts.markers.at(-1)?.run;
  const [, step = '', sign, text = ''] = STEP_LINE.exec(line) ?? [];
  if (sign === undefined) {
    const [, closed, error = ''] = CLOSING.exec(line) ?? [];
    return closed === undefined ? facts : { ...facts, closing: { run, step: closed, text: harmless(error) } };
  }
  const entry = { run, step, text: harmless(text) };
  if (sign === '|') {
    const excerptLine = { ...entry, relayed: CLOUD_INIT_PREFIX.test(line) };
    return { ...facts, excerpts: [...facts.excerpts, excerptLine].slice(-KEPT_LINES) };
  }
  // A box prints to stdout and to its console devices, which may be one and the same: say each line once.
  const again = facts.heard.some((one) => one.type === 'said' && equal(one.line, entry));
  if (kind.cut || again || facts.heard.length >= KEPT_LINES) return facts;
  return { ...facts, heard: [...facts.heard, { type: 'said', line: entry }] };
}

const equal = (a: StepLine, b: StepLine): boolean =>
  a.run === b.run && a.step === b.step && a.text === b.text;

/**
 * cloud-init's words for a user script that failed, in its older and newer spellings. Its warning about user data
 * of an unknown kind (`Unhandled non-multipart`) is no failure: a personality is of no kind it knows.
 * @see https://github.com/canonical/cloud-init/blob/main/cloudinit/config/cc_scripts_user.py
 */
const CLOUD_INIT_FAILED =
  /Failed to run module scripts[-_](?:user|vendor|per[-_](?:boot|instance|once))\b|Running module scripts[-_]\w+ \(.*\) failed|Failed running \/var\/lib\/cloud\/\S+/;

/** What cloud-init (and a login prompt glued before it) puts before each line of a script's output. */
const CLOUD_INIT_PREFIX = /^.{0,200}?\[ *\d+\.\d+\] cloud-init\[\d+\]: /;

/** Whether a pattern fits the line as it stands or as the script printed it: `^Done` is meant for the latter. */
const fits = (pattern: RegExp | undefined, line: string): boolean =>
  pattern !== undefined && (pattern.test(line) || pattern.test(line.replace(CLOUD_INIT_PREFIX, '')));

function sightings(facts: Facts, line: string, kind: LineKind, reading: Reading): Facts {
  const sighting = { line: harmless(line), context: facts.tail };
  return {
    ...facts,
    ...(facts.cloudInit === undefined && CLOUD_INIT_FAILED.test(line) && { cloudInit: sighting }),
    ...(facts.failure === undefined && fits(reading.failure, line) && { failure: sighting }),
    // Of a line that is cut only the bad is believed: "ready" may be what is left of "not ready".
    ...(facts.success === undefined && !kind.cut && fits(reading.success, line) && { success: sighting }),
  };
}
