/** What the watch knows of one machine, and what follows from it. */
import type { InstanceId, Machine } from '../model.ts';
import { type Claim, withClaims } from './claims.ts';
import type { WatchEvent } from './events.ts';
import type { Facts, Heard, Reading } from './facts.ts';
import { type Judgement, judge } from './judge.ts';
import { findPieces } from './markers.ts';
import { isCutOffForGood, sceneOf } from './scene.ts';
import { type ReadText, settledFacts, unreadText } from './text.ts';
import type { Verdict } from './verdict.ts';

/**
 * A machine that can't succeed any more is given this long to tell the rest (the excerpt, its own verdict), and one
 * that a pattern calls a success, to contradict it (a script that fails after its last words).
 */
export const GRACE_MS = 5_000;
/** A console that rests this long without ending its line is judged with the line as it stands. */
const QUIET_MS = 5_000;

/** One moment by both of the watcher's clocks, milliseconds each. */
export interface Moment {
  /** For intervals. */
  readonly monotonic: number;
  /** Epoch milliseconds, for dates. */
  readonly wall: number;
}

/** Mutable: the watch loop's own record. Times are milliseconds by the watcher's monotonic clock. */
export interface Tracked {
  machine: Machine;
  /** The how manieth of its launch it was to become known, from 0. */
  readonly nth: number;
  readonly knownSince: number;
  /** From when its boot is reckoned; a machine of an earlier process may have been there for long. */
  readonly bootingSince: number;
  /** Whether DescribeInstances has ever told of it, and whether its newest answer did. */
  described: boolean;
  present: boolean;
  runningSince?: number;
  stoppingSince?: number;
  /** What was read of its console. */
  text: ReadText;
  /** Absent until it is settled whether the machine's nonce can be had. */
  reading?: Reading;
  /** What channels have brought beside the text, proved. */
  claims: readonly Claim[];
  readAt: number;
  /** How many readings of its console have told of no verdict so far. */
  looks: number;
  /** When the console last told something new. */
  changedAt: number;
  /** Since when it is doomed or hopeful. */
  leaningSince?: number;
  /** When a console first showed a success, which the kernel or cloud-init may still contradict. */
  provedSince?: number;
  /** Since when nothing tells that it could still come to a verdict: a reboot has cut its only run off. */
  cutOffSince?: number;
  finalSince?: number;
  told: { heard: number; losses: number };
  verdict?: Verdict;
}

/**
 * @param ours whether this process made the launch. Where it did not, a machine may have been running for long, and
 *   its launch time by EC2's clock is the nearest that is known.
 */
export function track(
  machine: Machine,
  { monotonic: now, wall }: Moment,
  ours: boolean,
  nth: number,
): Tracked {
  const bootingSince = ours ? now : now - Math.max(0, wall - machine.launchedAt);
  return {
    machine,
    nth,
    knownSince: now,
    bootingSince,
    described: false,
    present: false,
    ...(machine.state === 'running' && { runningSince: bootingSince }),
    text: unreadText(),
    claims: [],
    readAt: Number.NEGATIVE_INFINITY,
    looks: 0,
    changedAt: now,
    told: { heard: 0, losses: 0 },
  };
}

export interface Limits {
  /** From running to the verdict, milliseconds. */
  readonly timeoutMs: number;
  /** From launch to running, milliseconds. */
  readonly neverRunningMs: number;
}

export const isGone = ({ machine: { state } }: Tracked): boolean =>
  state === 'stopped' || state === 'terminated';

/** Takes EC2's newest description. @returns whether it is news */
export function describe(tracked: Tracked, machine: Machine, now: number): boolean {
  const changed = tracked.machine.state !== machine.state;
  const { state } = machine;
  tracked.described = true;
  tracked.present = true;
  // Never back to pending: answers come from replicas, and some are late.
  if (changed && state === 'pending') return false;
  if (state === 'running') tracked.runningSince ??= now;
  if (state === 'stopping' || state === 'shutting-down') tracked.stoppingSince ??= now;
  else delete tracked.stoppingSince;
  tracked.machine = machine;
  return changed;
}

/** Why the wait for a machine is over, if it is. */
export function isOver(tracked: Tracked, now: number, limits: Limits): 'gone' | 'late' | undefined {
  const { runningSince, stoppingSince, knownSince, cutOffSince } = tracked;
  if (isGone(tracked)) return 'gone';
  if (stoppingSince !== undefined && now - stoppingSince >= GRACE_MS) return 'gone';
  if (cutOffSince !== undefined && now - cutOffSince >= GRACE_MS) return 'late';
  if (runningSince === undefined) return now - knownSince >= limits.neverRunningMs ? 'late' : undefined;
  return now - runningSince >= limits.timeoutMs ? 'late' : undefined;
}

/** What text and claims tell now; a line that has rested unended for a while counts. */
export function factsNow({ text, changedAt, claims }: Tracked, reading: Reading, now: number): Facts {
  const resting = text.open.text !== '' && now - changedAt >= QUIET_MS;
  return withClaims(resting ? settledFacts(text, reading) : withOpenLine(text, reading), claims);
}

/** What text and claims tell when no more text is expected. */
export const factsAtEnd = ({ text, claims }: Tracked, reading: Reading): Facts =>
  withClaims(settledFacts(text, reading), claims);

/** Of a line without an end only one thing counts: the beginning of a run that was not seen before. */
function withOpenLine({ facts, open }: ReadText, { launch }: Reading): Facts {
  const torn = findPieces(open.text).flatMap((found) =>
    found.type === 'torn' && found.run !== undefined && found.launch === launch
      ? [{ type: 'torn', run: found.run } as const]
      : [],
  );
  return torn.length === 0 ? facts : { ...facts, entries: [...facts.entries, ...torn] };
}

/**
 * Judges a machine while it is waited for: a doomed or hopeful one gets a moment's grace.
 * @param okGraceMs how long a success is watched before it counts
 */
export function verdictNow(
  tracked: Tracked,
  reading: Reading,
  { monotonic: now, wall }: Moment,
  okGraceMs: number,
): Verdict | undefined {
  // What rests on no marker happened when it was first seen, not when the grace is over.
  const leanedMs = now - (tracked.leaningSince ?? now);
  const times = { launchedAt: tracked.machine.launchedAt, now: wall - leanedMs };
  const facts = factsNow(tracked, reading, now);
  const judgement: Judgement = judge(facts, times);
  if (isCutOffForGood(sceneOf(facts.entries))) tracked.cutOffSince ??= now;
  else delete tracked.cutOffSince;
  if (judgement.kind === 'decided' && judgement.verdict.outcome === 'succeeded') {
    tracked.provedSince ??= now;
    return now - tracked.provedSince >= okGraceMs ? judgement.verdict : undefined;
  }
  delete tracked.provedSince;
  if (judgement.kind === 'decided') return judgement.verdict;
  if (judgement.kind === 'open' || judgement.kind === 'waiting') {
    delete tracked.leaningSince;
    return undefined;
  }
  tracked.leaningSince ??= now;
  return now - tracked.leaningSince >= GRACE_MS ? judgement.verdict : undefined;
}

/** The events for what the console told since this was last asked. */
export function news(tracked: Tracked, at: number): WatchEvent[] {
  const { text, told } = tracked;
  const { instanceId } = tracked.machine;
  const { heard } = text.facts;
  const events = [
    ...text.losses.slice(told.losses).map((loss): WatchEvent => ({ type: 'gap', at, instanceId, loss })),
    ...heard.slice(told.heard).flatMap((one) => heardEvent(one, instanceId, at)),
  ];
  tracked.told = { heard: heard.length, losses: text.losses.length };
  return events;
}

function heardEvent(heard: Heard, instanceId: InstanceId, at: number): WatchEvent[] {
  const of = { at, instanceId };
  if (heard.type === 'said') return [{ type: 'said', ...of, step: heard.line.step, text: heard.line.text }];
  if (heard.type === 'alive') {
    const { step, ms, text } = heard.beat;
    return [{ type: 'alive', ...of, step, ms, text }];
  }
  const { event } = heard;
  switch (event.type) {
    case 'start':
      return [{ type: 'step-started', ...of, step: event.step }];
    case 'end':
      return [{ type: 'step-ended', ...of, step: { name: event.step, status: event.status, ms: event.ms } }];
    case 'begin':
    case 'alive':
    case 'interrupted':
    case 'verdict':
      return [];
  }
}
