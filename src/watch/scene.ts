/** Runs and boots in the order of the console: which run is the current one, and what belongs to it. */
import type { Entry } from './facts.ts';
import type { Marker } from './markers.ts';
import type { Step } from './verdict.ts';

/** Entries of one type. */
export type EntryOf<T extends Entry['type']> = Extract<Entry, { readonly type: T }>;

export interface Scene {
  /** The markers of the current run, in the order of SEQ; none where no true marker was read. */
  readonly run: readonly Marker[];
  /** What belongs to the current run, or without one to the current boot, in the order of the console. */
  readonly own: readonly Entry[];
  /** Runs that no whole marker tells of began behind this run's verdict. */
  readonly unread: boolean;
  /** A kernel has started since the current run, or the current boot, told something. */
  readonly rebooted: boolean;
  /** The steps in which earlier runs were cut off by a reboot. */
  readonly cutOff: readonly string[];
}

/**
 * Finds the current run: the one that begins last on the console, whatever the box's clock says. A line belongs to the
 * run whose marker stands before it in the same boot; before the first marker of a boot it belongs to the boot.
 */
export function sceneOf(entries: readonly Entry[]): Scene {
  const runs = runsOf(entries);
  const kernels = kernelsOf(entries, runs);
  const run = runs.at(-1);
  const own = run === undefined ? ofLastBoot(entries, kernels) : ofRun(entries, kernels, run);
  const told = own.findLast(({ entry }) => run === undefined || entry.type === 'marker')?.at ?? -1;
  const last = kernels.at(-1) ?? -1;
  return {
    run: run?.markers ?? [],
    own: own.map(({ entry }) => entry),
    unread: run !== undefined && isUnread(entries, runs, run),
    rebooted: told >= 0 && last > told,
    cutOff: cutOffOf(runs, kernels),
  };
}

interface Run {
  readonly id: string;
  readonly markers: Marker[];
  /** Where its first marker stands among the entries, and where its last. */
  readonly from: number;
  to: number;
}

/** In the order in which they begin. */
function runsOf(entries: readonly Entry[]): Run[] {
  const runs = new Map<string, Run>();
  entries.forEach((entry, at) => {
    if (entry.type !== 'marker') return;
    const { marker } = entry;
    const run = runs.get(marker.run) ?? { id: marker.run, markers: [], from: at, to: at };
    run.markers.push(marker);
    run.to = at;
    runs.set(run.id, run);
  });
  for (const { markers } of runs.values()) markers.sort((a, b) => a.seq - b.seq);
  return [...runs.values()];
}

/** Where a boot begins. No run survives one: a kernel's line between two markers of a run is an echo. */
function kernelsOf(entries: readonly Entry[], runs: readonly Run[]): number[] {
  return entries.flatMap(({ type }, at) =>
    type === 'kernel' && !runs.some(({ from, to }) => from < at && at < to) ? [at] : [],
  );
}

interface Placed {
  readonly entry: Entry;
  readonly at: number;
}

function ofRun(entries: readonly Entry[], kernels: readonly number[], run: Run): Placed[] {
  const begin = kernels.findLast((at) => at < run.from) ?? -1;
  const end = kernels.find((at) => at > run.to) ?? entries.length;
  let who: string | undefined;
  return entries.slice(begin + 1, end).flatMap((entry, index) => {
    // No run begins behind the last one: another run's marker there is an old line that was printed again.
    if (entry.type === 'marker' && who !== run.id) who = entry.marker.run;
    return who === undefined || who === run.id ? [{ entry, at: begin + 1 + index }] : [];
  });
}

/** Without any run: of the last boot that has told something. */
function ofLastBoot(entries: readonly Entry[], kernels: readonly number[]): Placed[] {
  const told = entries.findLastIndex(({ type }) => type !== 'kernel' && type !== 'torn');
  const begin = kernels.findLast((at) => at < told) ?? -1;
  const end = kernels.find((at) => at > told) ?? entries.length;
  return entries.slice(begin + 1, end).map((entry, index) => ({ entry, at: begin + 1 + index }));
}

/** Whether a run that isn't known otherwise has begun behind this one's verdict, and its marker came torn. */
function isUnread(entries: readonly Entry[], runs: readonly Run[], { id }: Run): boolean {
  const verdict = entries.findIndex(
    (entry) => entry.type === 'marker' && entry.marker.run === id && entry.marker.event.type === 'verdict',
  );
  return entries.some(
    (entry, at) => entry.type === 'torn' && at > verdict && !runs.some((run) => run.id === entry.run),
  );
}

function cutOffOf(runs: readonly Run[], kernels: readonly number[]): string[] {
  return runs.slice(0, -1).flatMap(({ markers, to }, index) => {
    const next = runs[index + 1];
    const again = kernels.some((at) => at > to && at < (next?.from ?? 0));
    const interrupted = markers.some(({ event }) => event.type === 'interrupted');
    const step = stepOf(markers);
    return step !== undefined && !isOver(markers) && (again || interrupted) ? [step] : [];
  });
}

/** Whether a run has told its verdict. */
const isOver = (run: readonly Marker[]): boolean => run.some(({ event }) => event.type === 'verdict');

/** The step that a run was in when it was last heard of; undefined before its first. */
export function stepOf(run: readonly Marker[]): string | undefined {
  const event = run.at(-1)?.event;
  return event === undefined || event.type === 'begin' ? undefined : event.step;
}

/** The steps that a run has ended, in order. */
export const stepsOf = (run: readonly Marker[]): Step[] =>
  run.flatMap(({ event }) =>
    event.type === 'end' ? [{ name: event.step, status: event.status, ms: event.ms }] : [],
  );

/**
 * Whether the current run is a start-up script's and was cut off by a reboot. cloud-init runs user data once an
 * instance: no other run will follow.
 */
export function isCutOffForGood({ run, rebooted }: Scene): boolean {
  return rebooted && !isOver(run) && run.some(({ event }) => isStartUp(event));
}

/** Whether a marker is a start-up script's: of others than `begin` the step tells. */
const isStartUp = (event: Marker['event']): boolean =>
  event.type === 'begin' ? event.scheme === 'start-up-bundle' : /^(?:bundle|module)\./.test(event.step);

/** What people should know of a machine's boots beside its verdict. */
export function notesOf({ run, rebooted, cutOff, own }: Scene): string[] {
  const decided = isOver(run) || (run.length === 0 && own.length > 0);
  return [
    ...[...new Set(cutOff)].map((step) => `rebooted during ${step}`),
    ...(rebooted && decided ? ['rebooted since'] : []),
  ];
}
