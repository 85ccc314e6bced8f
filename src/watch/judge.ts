/** The verdict on one machine: a pure fold over what its console told (rules: docs/markers.md). */
import { EXCERPT_LINES, type ExcerptLine, type Facts, type Sighting, type StepLine } from './facts.ts';
import { isBad, type Marker } from './markers.ts';
import type { Failure, Step, Verdict } from './verdict.ts';

/** Times that a verdict needs, epoch milliseconds. */
export interface Times {
  readonly launchedAt: number;
  /** Stands for the box's own time where a verdict rests on no marker. */
  readonly now: number;
}

export type Judgement =
  /** Nothing decides yet. */
  | { readonly kind: 'open' }
  /** It can't become a success any more, but the rest of the story (the excerpt, the verdict) may still come. */
  | { readonly kind: 'doomed'; readonly verdict: Verdict }
  /** A line matched the success pattern: whoever printed it may still fail, and say so a moment later. */
  | { readonly kind: 'hopeful'; readonly verdict: Verdict }
  | { readonly kind: 'decided'; readonly verdict: Verdict };

/** Judges what has been read so far. */
export function judge(facts: Facts, times: Times): Judgement {
  const run = currentRun(facts.markers);
  const ok = run.find(({ event }) => event.type === 'verdict' && event.ok);
  const trouble = findTrouble(facts, run, ok);
  if (trouble !== undefined) {
    const verdict = failed(trouble, run, times);
    return { kind: trouble.final ? 'decided' : 'doomed', verdict };
  }
  if (ok !== undefined) return { kind: 'decided', verdict: succeeded(run, times, ok.epoch) };
  // A pattern needs no marker; but where rolecall's bootstrapper runs, its own verdict is waited for.
  const matched = facts.success !== undefined && facts.markers.length === 0;
  return matched ? { kind: 'hopeful', verdict: succeeded(run, times) } : { kind: 'open' };
}

/**
 * Judges when nothing more will come: what is open becomes a failure if an unproved marker from before user data
 * was read says so, else `otherwise` (silent or lost).
 */
export function judgeFinally(facts: Facts, times: Times, otherwise: () => Verdict): Verdict {
  const judgement = judge(facts, times);
  if (judgement.kind !== 'open') return judgement.verdict;
  const { anonymous } = facts;
  if (anonymous === undefined || facts.markers.length > 0) return otherwise();
  return failed(anonymousTrouble(facts, anonymous), [], times);
}

/**
 * The markers of the current run: the one with the greatest EPOCH, in order. Where two runs share the greatest, both
 * are current, so that the failure of either counts.
 */
export function currentRun(markers: readonly Marker[]): Marker[] {
  const greatest = markers.reduce((most, { epoch }) => Math.max(most, epoch), 0);
  const runs = new Set(markers.filter(({ epoch }) => epoch === greatest).map(({ run }) => run));
  return markers.filter(({ run }) => runs.has(run)).sort((a, b) => a.seq - b.seq || a.epoch - b.epoch);
}

/** The steps that a run has ended, in order. */
export const stepsOf = (run: readonly Marker[]): Step[] =>
  run.flatMap(({ event }) =>
    event.type === 'end' ? [{ name: event.step, status: event.status, ms: event.ms }] : [],
  );

interface Trouble {
  readonly failure: Failure;
  /** By the box's clock, seconds. */
  readonly epoch?: number | undefined;
  /** Nothing more is to be expected. */
  readonly final: boolean;
}

/** Everything that beats an ok, the most telling first. */
function findTrouble(facts: Facts, run: readonly Marker[], ok: Marker | undefined): Trouble | undefined {
  const bad = run.filter(isBad);
  const verdict = bad.find(({ event }) => event.type === 'verdict');
  const marker = verdict ?? bad[0];
  const matched = facts.success !== undefined || facts.failure !== undefined;
  const final = verdict !== undefined || ok !== undefined || matched;
  if (marker !== undefined) return { ...markerTrouble(facts, run, marker), final };
  if (facts.failure !== undefined) return { failure: patternFailure(facts.failure), epoch: ok?.epoch, final };
  if (facts.cloudInit !== undefined)
    return { failure: cloudInitFailure(facts.cloudInit), epoch: ok?.epoch, final };
  const contradicted = facts.success !== undefined && facts.markers.length === 0;
  return contradicted && facts.anonymous !== undefined ? anonymousTrouble(facts, facts.anonymous) : undefined;
}

const anonymousTrouble = (facts: Facts, marker: Marker): Trouble => {
  const trouble = markerTrouble(facts, [], marker);
  const reason = 'reported before the box had read its user data, so no MAC proves it';
  return { ...trouble, failure: { ...trouble.failure, reason }, final: true };
};

function markerTrouble(facts: Facts, run: readonly Marker[], { event, epoch }: Marker): Trouble {
  const { step, status } = event.type === 'end' || event.type === 'verdict' ? event : { step: '', status: 1 };
  return { failure: { step, status, ...evidence(facts, run, step) }, epoch, final: false };
}

/**
 * The failing step's log lines, or else the console's last ones, and what went wrong: in the bootstrapper's own words
 * where they came through (it has seen the whole log), or else the first of the lines that looks like an error.
 */
function evidence(
  facts: Facts,
  run: readonly Marker[],
  step: string,
): Pick<Failure, 'excerpt' | 'firstError'> {
  const ofStep = facts.excerpts.filter((line) => line.step === step);
  const runs = new Set<string | undefined>(run.map((marker) => marker.run));
  const ofRun = ofStep.filter((line) => runs.has(line.run));
  const { closing } = facts;
  const told =
    closing?.step === step && (runs.size === 0 || runs.has(closing.run)) ? closing.text : undefined;
  // Lines that stand under another run are this one's only where this run's own story did not come through.
  const log = untangled(ofRun.length > 0 || told !== undefined ? ofRun : ofStep).slice(-EXCERPT_LINES);
  const excerpt = log.length > 0 ? log : facts.tail;
  const error = told ?? firstError(excerpt) ?? excerpt.at(-1);
  return { excerpt, ...(error !== undefined && { firstError: error }) };
}

const texts = (lines: readonly StepLine[]): string[] => lines.map(({ text }) => text);

/**
 * Lines that a script prints to the console, and that cloud-init repeats there from its stdout, come in any order among
 * each other: where one of the two tells all that the other does, it is shown. (Without a console of its own a script's
 * lines come by cloud-init alone, some without its prefix: then both tell a part, and all is shown.)
 */
function untangled(lines: readonly ExcerptLine[]): readonly string[] {
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

const patternFailure = ({ line, context }: Sighting): Failure => ({
  step: 'pattern',
  status: 1,
  firstError: line,
  excerpt: context,
  reason: "a console line matches the catalogue's failure pattern",
});

const cloudInitFailure = ({ line, context }: Sighting): Failure => ({
  step: 'cloud-init',
  status: Number(/\[(\d{1,3})\]\s*$/.exec(line)?.[1] ?? 1),
  firstError: line,
  excerpt: context,
  reason: 'cloud-init reports that a user script failed',
});

const succeeded = (run: readonly Marker[], times: Times, epoch?: number): Verdict => ({
  outcome: 'succeeded',
  bootMs: bootMs(times, epoch),
  steps: stepsOf(run),
});

const failed = ({ failure, epoch }: Trouble, run: readonly Marker[], times: Times): Verdict => ({
  outcome: 'failed',
  bootMs: bootMs(times, epoch),
  steps: stepsOf(run),
  failure,
});

/** From EC2's launch time to the box's verdict; two clocks, so never below 0. */
const bootMs = ({ launchedAt, now }: Times, epoch?: number): number =>
  Math.max(0, Math.round((epoch === undefined ? now : epoch * 1000) - launchedAt));
