import type { MachineDocument } from '../../results/document.ts';
import type { MachineTimeline, PageData } from '../../results/page-data.ts';

/** A machine with its times. */
export interface Timed {
  readonly machine: MachineDocument;
  readonly timeline: MachineTimeline;
  /** Position in the launch, zero-based. */
  readonly index: number;
}

/** A part of a machine's boot; milliseconds from EC2's launch time. */
export interface Segment {
  readonly kind: 'pending' | 'kernel' | 'begin' | 'step' | 'failed' | 'verdict';
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The parts before the first step, and what follows the last one. */
export interface Phase {
  readonly kind: Exclude<Segment['kind'], 'step' | 'failed'> | 'steps';
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Pairs each machine with its timeline. A machine without one gets one that tells nothing. */
export const timedMachines = ({ document, timelines }: Pick<PageData, 'document' | 'timelines'>): Timed[] =>
  document.machines.map((machine, index) => ({
    machine,
    index,
    timeline: timelines[index] ?? unknownTimeline(machine),
  }));

const unknownTimeline = ({ instance_id }: MachineDocument): MachineTimeline => ({
  instance_id,
  launched: null,
  running_ms: null,
  kernel_ms: null,
  begin_ms: null,
  steps: [],
  verdict_ms: null,
  over_budget: false,
});

/**
 * Returns the phases of a boot whose both ends are known. EC2 may show a machine as running later than its own kernel or
 * bootstrapper tells of itself: the earlier time counts.
 */
export function phasesOf({ running_ms, kernel_ms, begin_ms, verdict_ms }: MachineTimeline): Phase[] {
  const end = verdict_ms ?? Number.POSITIVE_INFINITY;
  const begin = begin_ms === null ? null : Math.min(begin_ms, end);
  const kernel = kernel_ms === null ? null : Math.min(kernel_ms, begin ?? end);
  const running = running_ms === null ? null : Math.min(running_ms, kernel ?? begin ?? end);
  const known: [Phase['kind'], string, string, number | null][] = [
    ['pending', 'pending', 'running', running],
    ['kernel', 'running', 'kernel', kernel],
    ['begin', 'kernel', 'begin', begin],
    ['steps', 'begin', 'verdict', verdict_ms],
  ];
  const phases: Phase[] = [];
  let before = { name: 'launch', at: 0 };
  for (const [kind, , name, at] of known) {
    if (at === null) continue;
    phases.push({ kind, name: phaseName(before.name, name), from: before.at, to: at });
    before = { name, at };
  }
  return phases;
}

const phaseName = (from: string, to: string): string =>
  from === 'launch' && to === 'running' ? 'pending' : `${from} to ${to}`;

/** Returns what a bar shows of a machine, in order: phases up to begin, each step, and the rest up to the verdict. */
export function segmentsOf({ timeline }: Timed): Segment[] {
  const { steps, verdict_ms } = timeline;
  const segments: Segment[] = [];
  for (const { kind, name, from, to } of phasesOf(timeline)) {
    if (kind !== 'steps') segments.push({ kind, name, from, to });
    else if (steps.length === 0) segments.push({ kind: 'verdict', name, from, to });
  }
  for (const { name, start_ms, ms, status } of steps) {
    const kind = status === 0 ? 'step' : 'failed';
    segments.push({ kind, name, from: start_ms, to: start_ms + ms });
  }
  const last = steps.at(-1);
  const end = last === undefined ? undefined : last.start_ms + last.ms;
  if (end !== undefined && verdict_ms !== null && verdict_ms > end)
    segments.push({ kind: 'verdict', name: 'last step to verdict', from: end, to: verdict_ms });
  return segments;
}

/** Returns when a machine's story ends: at its verdict, or at the last thing that is known of it. Milliseconds. */
export function endOf({ timeline, machine }: Timed): number | undefined {
  const told = timeline.verdict_ms ?? machine.boot_ms;
  if (told !== null) return told;
  const ends = [
    timeline.running_ms,
    timeline.kernel_ms,
    timeline.begin_ms,
    ...timeline.steps.map(({ start_ms, ms }) => start_ms + ms),
  ].filter((at) => at !== null);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Returns a machine's boot time, where it has a verdict. Milliseconds. */
export const bootOf = ({ timeline, machine }: Timed): number | null => machine.boot_ms ?? timeline.verdict_ms;
