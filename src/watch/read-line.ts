/** One line of console text: the markers in it, and what a step or the machine's system tells by it. */
import { withoutEscapes } from '../text.ts';
import { readBeat } from './beats.ts';
import {
  type Entry,
  EXCERPT_LINES,
  type Facts,
  heardOnce,
  type LineKind,
  type Reading,
  withMarker,
} from './facts.ts';
import { bootedAtOf, stampOf, withBoot } from './kernel-start.ts';
import { type Found, findPieces, isAnonymous, isTrue, type Trust, withoutMarkers } from './markers.ts';
import { unprefixed } from './prefixes.ts';
import { shown, WAITING, withSightings } from './sightings.ts';

/**
 * Excerpt, summary and torn lines kept a machine: a box prints at most 80 lines of excerpt, on up to three consoles and by
 * cloud-init once more. A runaway one must not fill our memory.
 */
const KEPT_LINES = 400;

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
            : [...facts.tail, shown(line, reading)].slice(-EXCERPT_LINES),
      };
  return withSightings(told, rest, kind, reading);
}

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

const STEP_LINE = /rolecall\[([A-Za-z0-9_.:-]{1,48})\]([|:!~]) ?(.*)$/;
/** Facts and signs of life: they are told in other places, and show nobody what the console says. */
const IS_FOR_PROGRAMS = /rolecall\[[A-Za-z0-9_.:-]{1,48}\][!~](?: |$)/;
const CLOSING = /ERROR Bootstrapping failed at step ([A-Za-z0-9_.:-]{1,48}) \(status \d{1,3}\): (.+)$/;

function readStepLine(facts: Facts, line: string, kind: LineKind, reading: Reading): Facts {
  const [, step = '', sign, text = ''] = STEP_LINE.exec(line) ?? [];
  if (sign === undefined) {
    const [, closed, error = ''] = CLOSING.exec(line) ?? [];
    if (closed === undefined) return facts;
    return noted(facts, { type: 'closing', step: closed, text: shown(error, reading) });
  }
  if (sign === '!') return noted(facts, { type: 'fact', step, text: shown(text, reading) });
  if (sign === '|') {
    const relayed = unprefixed(line).by !== undefined;
    return noted(facts, { type: 'excerpt', step, text: shown(text, reading), relayed });
  }
  const markers = facts.entries.flatMap((entry) => (entry.type === 'marker' ? [entry.marker] : []));
  if (sign === '~') {
    const beat = readBeat(markers, step, shown(text, reading));
    return beat === undefined || kind.cut ? facts : heardOnce(facts, { type: 'alive', beat });
  }
  if (kind.cut || facts.heard.length >= KEPT_LINES) return facts;
  return heardOnce(facts, {
    type: 'said',
    line: { run: markers.at(-1)?.run, step, text: shown(text, reading) },
  });
}

/** Whoever brings a script's lines to the console brings its blank ones, too. A login prompt alone tells that the boot is over. */
function isBlank(line: string): boolean {
  const { text, by } = unprefixed(line);
  return text.trim() === '' && (by !== undefined || line.trim() === '');
}
