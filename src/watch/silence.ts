/** The end of the wait for a verdict: how far a silent machine came, and why a lost one is gone. */
import type { AwsError } from '../errors.ts';
import type { Machine } from '../model.ts';
import { beginOf, lastLine } from './beats.ts';
import type { Facts, Reading } from './facts.ts';
import { judgeFinally } from './judge.ts';
import { stepsAndTimes } from './run-times.ts';
import { isCutOffForGood, type Scene, sceneOf, stepOf } from './scene.ts';
import type { ReadText } from './text.ts';
import { factsAtEnd, isOver, type Limits, type Moment, type Tracked } from './tracked.ts';
import type { Verdict } from './verdict.ts';

/** What is known of a machine when the wait for it ends. */
export interface Situation {
  /** EC2 has described it, or RunInstances' answer is all there is. */
  readonly described: boolean;
  readonly running: boolean;
  /** EC2's own status checks say that it will not work. */
  readonly impaired: boolean;
  /** Its instance type gives no console but the one that EC2 posts minutes late. */
  readonly postedOnly: boolean;
  readonly waitedMs: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What went wrong when the console was read for the last time. */
  readonly unread?: string | undefined;
  /** What channels brought that nothing proves, as sentences. */
  readonly unproved: readonly string[];
}

/** How long the last reading of a console is tried again where AWS is in trouble. */
const LAST_READING_MS = 30_000;

interface Ending extends Pick<Situation, 'impaired' | 'postedOnly' | 'unproved'> {
  readonly now: Moment;
  readonly limits: Limits;
  /** Why the console could not be read just now, if it could not. */
  readonly failed: AwsError | undefined;
  /** EC2 has described the machine, and its newest answer does not. */
  readonly vanished: boolean;
}

/** @returns the verdict on a machine whose wait is over, once its console was read for the last time */
export function verdictAtEnd(tracked: Tracked, reading: Reading, ending: Ending): Verdict | undefined {
  const { limits, failed, vanished } = ending;
  const { monotonic: now, wall } = ending.now;
  const { text, machine, finalSince, knownSince, runningSince, described } = tracked;
  if (finalSince === undefined) return undefined;
  if (failed !== undefined && now - finalSince < LAST_READING_MS) return undefined;
  const facts = factsAtEnd(tracked, reading);
  const gone = vanished || isOver(tracked, now, limits) === 'gone';
  return judgeFinally(facts, { launchedAt: machine.launchedAt, now: wall }, () => {
    if (gone) return lost(facts, machine, !vanished);
    // Once proved, and its console has rolled over since: silence takes nothing back, but a later run does.
    const { run, unread } = sceneOf(facts.entries);
    if (machine.tags['rolecall:verdict'] === 'succeeded' && run.length === 0 && !unread)
      return { outcome: 'succeeded', steps: [] };
    const running = runningSince !== undefined;
    const waitedMs = now - knownSince;
    return silent(facts, text, reading, {
      ...ending,
      ...{ described, running, waitedMs, now: wall, unread: failed?.message },
    });
  });
}

/** @returns the verdict on a machine that gave none in time */
export function silent(facts: Facts, text: ReadText, reading: Reading, situation: Situation): Verdict {
  const { impaired, unread } = situation;
  const lost = text.losses.length;
  const reason = [
    ...(impaired ? ["status check impaired: EC2's own checks of the machine fail"] : []),
    howFar(facts, reading, situation),
    ...otherVersions(facts),
    ...nearMiss(facts),
    ...(lost > 0 ? [`console text was lost in ${lost} ${lost === 1 ? 'place' : 'places'}`] : []),
    ...(situation.postedOnly && situation.running
      ? ["EC2 posts this instance type's console minutes late: a longer timeout may show more"]
      : []),
    ...(unread === undefined ? [] : [`its console could not be read at the end (${unread})`]),
    ...situation.unproved,
  ].join('; ');
  return { outcome: 'silent', ...stepsAndTimes(facts, sceneOf(facts.entries)), reason, excerpt: facts.tail };
}

/** @returns the verdict on a machine that ended before its verdict */
function lost(facts: Facts, machine: Machine, described: boolean): Verdict {
  const told = reasonOf(machine) ?? `${machine.state}; EC2 gives no reason`;
  const reason = described ? told : `EC2 no longer describes it (its last state: ${machine.state})`;
  return { outcome: 'lost', ...stepsAndTimes(facts, sceneOf(facts.entries)), reason, excerpt: facts.tail };
}

/** Most messages begin with the code. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
function reasonOf({ stateReason: why }: Machine): string | undefined {
  if (why === undefined) return undefined;
  return why.message.startsWith(why.code) ? why.message : `${why.code}: ${why.message}`;
}

function howFar(facts: Facts, reading: Reading, { described, running, waitedMs, now }: Situation): string {
  const scene = sceneOf(facts.entries);
  const last = scene.run.at(-1);
  const panic = scene.own.findLast(({ type }) => type === 'panic');
  if (panic !== undefined && 'sighting' in panic) return `the kernel panicked: ${panic.sighting.line}`;
  if (last === undefined) {
    if (running) return withoutBegin(facts, reading);
    const waited = seconds(waitedMs);
    return described
      ? `never running: still pending after ${waited}`
      : `never running: EC2 has not described it within ${waited}`;
  }
  const since = seconds(now - last.epoch * 1000);
  if (scene.rebooted || last.event.type === 'interrupted') return rebooted(scene, since);
  switch (last.event.type) {
    case 'begin':
      return `no step: the bootstrapper began ${since} ago and started none`;
    case 'start':
    case 'alive':
      return stuck(facts, scene, last.run, last.event.step, now);
    case 'end':
      return `no verdict: step ${last.event.step} ended ${since} ago and nothing followed`;
    case 'verdict':
      return scene.unread
        ? `no verdict: a later run began behind that of step ${last.event.step}, and its markers came torn`
        : `no verdict that counts (step ${last.event.step})`;
  }
}

/** The step has begun and told no end: for how long, and the last line that it printed, where the box gave signs of life. */
function stuck(facts: Facts, { run: markers }: Scene, run: string, step: string, now: number): string {
  const began = beginOf(markers, run, step) ?? (markers.at(-1)?.epoch ?? 0) * 1000;
  const beats = facts.heard.flatMap((one) => (one.type === 'alive' ? [one.beat] : []));
  const last = lastLine(beats, run, step);
  const told = `stuck in step ${step} for ${seconds(now - began)}`;
  if (last === undefined) return told;
  if (last.text === '') return `${told}: it has printed nothing`;
  return `${told}: last line "${last.text}", ${seconds(now - last.since)} ago`;
}

/** The machine was shut down in the middle of its run. */
function rebooted(scene: Scene, since: string): string {
  const step = stepOf(scene.run);
  const during = step === undefined ? 'rebooted before its first step' : `rebooted during ${step}`;
  return isCutOffForGood(scene)
    ? `${during}: cloud-init runs a start-up script once an instance, so it won't run again; launch another machine`
    : `${during} ${since} ago, and no later run has told a verdict`;
}

/** Running, and not one marker that counts: whether anything else shows the bootstrapper at work. */
function withoutBegin(facts: Facts, reading: Reading): string {
  const last = facts.tail.at(-1);
  const doubts = doubtsOf(facts, reading);
  const doubtful = facts.disbelieved + facts.torn + facts.versions.length > 0;
  if (last === undefined && !doubtful) return 'console empty';
  const closing = facts.entries.findLast((entry) => entry.type === 'closing');
  const step = [...facts.heard].reverse().find((one) => one.type === 'said')?.line.step;
  const shown = last === undefined ? '' : `; the console's last line: ${last}`;
  if (closing?.type === 'closing') {
    const told = `the console says that step ${closing.step} failed: ${closing.text}`;
    return [`no marker that counts, but ${told}`, ...doubts].join('; ');
  }
  if (step !== undefined)
    return [`no marker that counts after lines of step ${step}`, ...doubts].join('; ') + shown;
  if (doubtful) return ['no marker that counts', ...doubts].join('; ') + shown;
  const patterns = reading.success === undefined ? '' : ' and no match of the success pattern';
  return [`no begin marker${patterns}: the bootstrapper never started`, ...doubts].join('; ') + shown;
}

function doubtsOf({ disbelieved, torn }: Facts, { nonce }: Reading): string[] {
  const markers = (count: number) => (count === 1 ? '1 marker' : `${count} markers`);
  return [
    ...(torn > 0 ? [`${markers(torn)} came torn: the console loses text`] : []),
    ...(disbelieved > 0 ? [`${markers(disbelieved)} with another launch or a wrong MAC ignored`] : []),
    ...(nonce === undefined
      ? ['its user data holds no nonce of this launch, so no marker can be believed']
      : []),
  ];
}

/** A pattern that begins with `^` fits no line behind a prefix that rolecall doesn't know. */
const nearMiss = ({ nearly }: Facts): string[] =>
  nearly === undefined
    ? []
    : [
        `the ${nearly.pattern} pattern would fit behind what stands before it in the line: ${nearly.line}; leave out its ^, or print without that prefix`,
      ];

const otherVersions = ({ versions }: Facts): string[] =>
  versions.length === 0
    ? []
    : [
        `it printed markers of another version (${versions.join(', ')}): its AMI holds the bootstrapper of another rolecall`,
      ];

const seconds = (ms: number): string => `${Math.max(0, Math.round(ms / 1000))} s`;
