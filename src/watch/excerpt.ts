/** What a failure shows: why the step failed, and the lines around that. */
import { EXCERPT_LINES, type Facts } from './facts.ts';
import { type Reason, reasonOf } from './reason/reason.ts';
import { readTold } from './reason/told.ts';
import type { EntryOf, Scene } from './scene.ts';
import type { Failure } from './verdict.ts';

type Evidence = Omit<Failure, 'step' | 'reason' | 'hint'>;

/**
 * Returns why a step failed: by what the box tells of its script and by what the script printed, or else in the
 * bootstrapper's own words. Where no line of the step came through, the console's last ones are shown.
 */
export function evidence(facts: Facts, { run, own }: Scene, step: string, status: number): Evidence {
  const isOf = (entry: { readonly type: string; readonly step?: string }) => entry.step === step;
  const isLine = (entry: { readonly type: string }): entry is EntryOf<'excerpt'> => entry.type === 'excerpt';
  const isFact = (entry: { readonly type: string }): entry is EntryOf<'fact'> => entry.type === 'fact';
  const ofStep = facts.entries.filter(isLine).filter(isOf);
  const ofRun = ofStep.filter((line) => own.includes(line));
  const ours = run.length === 0 ? facts.entries : own;
  const closing = ours.findLast((entry) => entry.type === 'closing');
  const closed = closing?.type === 'closing' && closing.step === step ? closing.text : undefined;
  const told = readTold(texts(ours.filter(isFact).filter(isOf)));
  // Lines that stand under another run are this one's only where this run's own story did not come through.
  const mine = ofRun.length > 0 || closed !== undefined || told !== undefined;
  const lines = untangled(mine ? ofRun : ofStep);
  // A failure of rolecall's own steps: the bootstrapper knows why.
  if (told === undefined && closed !== undefined) return { status, error: closed, ...shown(lines, facts) };
  const isLost = told !== undefined && !told.silent && lines.length === 0;
  const judged = lines.length > 0 || told !== undefined ? lines : facts.tail;
  const { at, ...reason } = reasonOf({ step, status, told, lines: judged });
  const { error = closed, ...known } = reason;
  const text = isLost ? closed : error;
  return {
    ...withStatus(known, status),
    ...(text !== undefined && { error: text }),
    ...shown(lines, facts, at),
  };
}

function withStatus({ status: own, ...known }: Omit<Reason, 'error' | 'at'>, status: number) {
  return { status, ...known, ...(own !== undefined && { commandStatus: own }) };
}

/** The lines around the error, which stands in line `at`; without any, the console's last ones. */
function shown(lines: readonly string[], facts: Facts, at = lines.length): Pick<Failure, 'excerpt'> {
  if (lines.length === 0) return { excerpt: facts.tail };
  const last = Math.max(0, lines.length - EXCERPT_LINES);
  // The end shows what came of the error; where the error stands far before it, the lines around the error are shown.
  const from = at >= last ? last : Math.max(0, at - EXCERPT_LINES / 2);
  return { excerpt: lines.slice(from, from + EXCERPT_LINES) };
}

const texts = (lines: readonly { readonly text: string }[]): string[] => lines.map(({ text }) => text);

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
