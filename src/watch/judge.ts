/** The verdict on one machine: a pure fold over what its console told (rules: docs/markers.md). */
import { evidence } from './excerpt.ts';
import type { Entry, Facts, Sighting, SightingType } from './facts.ts';
import { isBad, type Marker } from './markers.ts';
import { unprefixed } from './prefixes.ts';
import { reasonOf } from './reason/reason.ts';
import { stepsAndTimes } from './run-times.ts';
import { notesOf, type Scene, sceneOf } from './scene.ts';
import type { Failure, Verdict } from './verdict.ts';

/** Times that a verdict needs, epoch milliseconds. */
export interface Times {
  readonly launchedAt: number;
  /** Stands for the box's own time where a verdict rests on no marker. */
  readonly now: number;
}

export type Judgement =
  /** Nothing decides yet. */
  | { readonly kind: 'open' }
  /** Counts only if nothing else comes: a shutdown in progress may have been the reason. */
  | { readonly kind: 'waiting'; readonly verdict: Verdict }
  /** It can't become a success any more, but the rest of the story (the excerpt, the verdict) may still come. */
  | { readonly kind: 'doomed'; readonly verdict: Verdict }
  /** A line matched the success pattern: whoever printed it may still fail, and say so a moment later. */
  | { readonly kind: 'hopeful'; readonly verdict: Verdict }
  | { readonly kind: 'decided'; readonly verdict: Verdict };

/** Judges what has been read so far. */
export function judge(facts: Facts, times: Times): Judgement {
  const scene = sceneOf(facts.entries);
  const ok = scene.run.find(({ event }) => event.type === 'verdict' && event.ok);
  const trouble = findTrouble(facts, scene, ok);
  if (trouble !== undefined) return { kind: trouble.kind, verdict: failed(trouble, facts, scene, times) };
  if (ok !== undefined)
    return scene.unread ? OPEN : { kind: 'decided', verdict: succeeded(facts, scene, times, ok.epoch) };
  // A pattern needs no marker; but where rolecall's bootstrapper runs, its own verdict is waited for.
  const matched = scene.run.length === 0 && sightingOf(scene.own, 'success') !== undefined;
  return matched ? { kind: 'hopeful', verdict: succeeded(facts, scene, times) } : OPEN;
}

const OPEN: Judgement = { kind: 'open' };

/**
 * Judges when nothing more will come: what is open becomes a failure if an unproved marker from before user data
 * was read says so, else `otherwise` (silent or lost).
 */
export function judgeFinally(facts: Facts, times: Times, otherwise: () => Verdict): Verdict {
  const judgement = judge(facts, times);
  const scene = sceneOf(facts.entries);
  if (judgement.kind === 'waiting' && isShutDown(scene)) return otherwise();
  if (judgement.kind !== 'open') return judgement.verdict;
  const anonymous = scene.run.length === 0 ? anonymousOf(facts.entries) : undefined;
  return anonymous === undefined
    ? otherwise()
    : failed(anonymousTrouble(facts, anonymous), facts, scene, times);
}

interface Trouble {
  readonly failure: Failure;
  /** By the box's clock, seconds. */
  readonly epoch?: number | undefined;
  readonly kind: 'waiting' | 'doomed' | 'decided';
}

/** Everything that beats an ok, the most telling first. */
function findTrouble(facts: Facts, scene: Scene, ok: Marker | undefined): Trouble | undefined {
  const { run, own } = scene;
  const bad = run.filter(isBad);
  const verdict = bad.find(({ event }) => event.type === 'verdict');
  const marker = verdict ?? bad[0];
  const success = sightingOf(own, 'success');
  const failure = sightingOf(own, 'failure');
  const final = verdict !== undefined || ok !== undefined || success !== undefined || failure !== undefined;
  const kind = final ? 'decided' : 'doomed';
  if (marker !== undefined) return { ...markerTrouble(facts, scene, marker), kind };
  const panic = panicBehind(scene, ok);
  if (panic !== undefined) return { failure: panicFailure(panic), epoch: ok?.epoch, kind };
  if (failure !== undefined) return { failure: patternFailure(failure), epoch: ok?.epoch, kind };
  const cloudInit = sightingOf(own, 'cloud-init');
  if (cloudInit !== undefined) {
    const ended = !final && (isShutDown(scene) || isTerminated(cloudInit));
    return { failure: cloudInitFailure(cloudInit), epoch: ok?.epoch, kind: ended ? 'waiting' : kind };
  }
  const anonymous = success !== undefined && run.length === 0 ? anonymousOf(own) : undefined;
  return anonymous && anonymousTrouble(facts, anonymous);
}

/** The machine was shutting down in this run or boot: then its scripts are ended, and cloud-init calls that a failure. */
const isShutDown = ({ run, rebooted }: Scene): boolean =>
  rebooted || run.some(({ event }) => event.type === 'interrupted');

/** cloud-init tells SIGTERM so, which a shutdown sends to all processes. */
const isTerminated = ({ line }: Sighting): boolean => /\[(?:-15|143)\]\s*$/.test(line);

const sightingOf = (own: readonly Entry[], type: SightingType): Sighting | undefined => {
  const found = own.find((entry) => entry.type === type);
  return found !== undefined && 'sighting' in found ? found.sighting : undefined;
};

/**
 * A panic behind the success and the last that the boot told: a kernel that has panicked runs no script any more, so
 * whatever is followed by a new marker was printed by a script.
 */
function panicBehind({ run, own }: Scene, ok: Marker | undefined): Sighting | undefined {
  // A panic before a success decides nothing: the kernel may reboot by itself, and the next run succeed.
  if (run.length > 0 && ok === undefined) return undefined;
  const told = own.findLastIndex(({ type }) => type === (run.length > 0 ? 'marker' : 'success'));
  return told < 0 ? undefined : sightingOf(own.slice(told + 1), 'panic');
}

const anonymousOf = (entries: readonly Entry[]): Marker | undefined => {
  const found = entries.findLast(({ type }) => type === 'anonymous');
  return found?.type === 'anonymous' ? found.marker : undefined;
};

const anonymousTrouble = (facts: Facts, marker: Marker): Trouble => {
  const trouble = markerTrouble(facts, sceneOf(facts.entries), marker);
  const reason = 'reported before the box knew who it is, so no MAC proves it';
  return { ...trouble, failure: { ...trouble.failure, reason }, kind: 'decided' };
};

function markerTrouble(facts: Facts, scene: Scene, { event, epoch }: Marker): Omit<Trouble, 'kind'> {
  const { step, status } = event.type === 'end' || event.type === 'verdict' ? event : { step: '', status: 1 };
  return { failure: { step, ...evidence(facts, scene, step, status) }, epoch };
}

const patternFailure = ({ line, context }: Sighting): Failure => ({
  step: 'pattern',
  status: 1,
  ...foreignReason(line, context),
  excerpt: context,
  reason: "a console line matches the catalogue's failure pattern",
});

const cloudInitFailure = ({ line, context }: Sighting): Failure => {
  const status = Number(/\[(\d{1,3})\]\s*$/.exec(line)?.[1] ?? 1);
  const printed = context.filter((each) => unprefixed(each).by === 'cloud-init');
  return {
    step: 'cloud-init',
    status,
    ...foreignReason(line, printed.at(-1) === line ? printed : [...printed, line]),
    excerpt: context,
    reason: 'cloud-init reports that a user script failed',
  };
};

/** Why a script failed that isn't run by rolecall's bootstrapper: by what it printed before the line that says so. */
function foreignReason(line: string, context: readonly string[]): Pick<Failure, 'error' | 'location'> {
  const printed = context.map(unprefixed).filter(({ isSystem }) => !isSystem);
  const lines = printed.map(({ text }) => text);
  const { error, location, at } = reasonOf({ step: '', status: 1, told: undefined, lines });
  if (error === undefined || at === undefined) return { error: unprefixed(line).text };
  return { error, ...(location !== undefined && { location }) };
}

const panicFailure = ({ line, context }: Sighting): Failure => ({
  step: 'kernel',
  status: 1,
  error: line,
  excerpt: context,
  reason: 'the kernel panicked after the boot had succeeded',
});

const succeeded = (facts: Facts, scene: Scene, times: Times, epoch?: number): Verdict => ({
  outcome: 'succeeded',
  ...told(facts, scene, times, epoch),
});

const failed = ({ failure, epoch }: Trouble, facts: Facts, scene: Scene, times: Times): Verdict => ({
  outcome: 'failed',
  failure,
  ...told(facts, scene, times, epoch),
});

function told(facts: Facts, scene: Scene, times: Times, epoch?: number) {
  const notes = notesOf(scene);
  return {
    bootMs: bootMs(times, epoch),
    ...stepsAndTimes(facts, scene),
    ...(notes.length > 0 && { notes }),
  };
}

/** From EC2's launch time to the box's verdict; two clocks, so never below 0. */
const bootMs = ({ launchedAt, now }: Times, epoch?: number): number =>
  Math.max(0, Math.round((epoch === undefined ? now : epoch * 1000) - launchedAt));
