import type { Paint } from '../terminal/paint.ts';
import { counted, shellWord } from '../text.ts';
import type { LaunchMeta } from './document.ts';
import type { Ended, FleetView } from './fleet-state.ts';
import type { LaunchView } from './state.ts';

/** A fleet as the JSON document of its command has it (docs/output.md). */
export interface FleetDocument {
  readonly target: number;
  readonly before: Readonly<Record<'proved' | 'failed' | 'stopped' | 'stale', number>>;
  /** Machines that have proved their boot, and serve, in the end. */
  readonly proved: number;
  readonly ended: readonly {
    readonly instance_id: string;
    readonly how: Ended['how'];
    readonly reason: Ended['reason'];
  }[];
  /** Machines of this launch that did not succeed, and were kept for a look. */
  readonly kept: readonly string[];
  /** Set where too many failures stopped it. */
  readonly stopped?: { readonly failures: number; readonly allowed: number; readonly left: number };
  /** Machines under the fleet's tags that rolecall did not launch: never touched. */
  readonly strangers: number;
}

/** Machines that have proved their boot and were not ended since. */
export function provedIn(view: LaunchView, fleet: FleetView): number {
  const gone = new Set(fleet.ended.map(({ instanceId }) => instanceId));
  const proved = new Set(fleet.proved);
  for (const { machine, verdict } of view.machines.values()) {
    if (verdict?.outcome === 'succeeded') proved.add(machine.instanceId);
    else if (verdict !== undefined) proved.delete(machine.instanceId);
  }
  return [...proved].filter((id) => !gone.has(id)).length;
}

/** Machines of this launch that did not succeed and are still there. */
function keptIn(view: LaunchView, fleet: FleetView): string[] {
  const gone = new Set(fleet.ended.map(({ instanceId }) => instanceId));
  return [...view.machines.values()]
    .filter(({ verdict }) => verdict?.outcome === 'failed' || verdict?.outcome === 'silent')
    .map(({ machine }) => machine.instanceId)
    .filter((id) => !gone.has(id));
}

/** How many machines without success the fleet had before, and still has. They may serve: a silent machine often does. */
function olderIn(kept: readonly string[], fleet: FleetView): number {
  const others = new Set([...kept, ...fleet.ended.map(({ instanceId }) => instanceId)]);
  return [...fleet.useless].filter((id) => !others.has(id)).length;
}

export const fleetDocument = (view: LaunchView, fleet: FleetView): FleetDocument => {
  const { proved, failed, stopped, stale } = fleet.before;
  return {
    target: fleet.target,
    before: { proved, failed, stopped, stale },
    proved: provedIn(view, fleet),
    ended: fleet.ended.map(({ instanceId, how, reason }) => ({ instance_id: instanceId, how, reason })),
    kept: keptIn(view, fleet),
    ...(fleet.stopped && { stopped: fleet.stopped }),
    strangers: fleet.strangers,
  };
};

/** What the report says of the fleet beside its machines: a line each. */
export function fleetLines(
  view: LaunchView,
  fleet: FleetView,
  { role, environment, context }: LaunchMeta,
  { paint, followUp }: { readonly paint: Paint; readonly followUp?: readonly string[] | undefined },
): string[] {
  const { stopped, strangers } = fleet;
  const kept = keptIn(view, fleet);
  const which = ['--role', role, '--env', environment, '--context', context, ...(followUp ?? [])];
  const clearing = ['rolecall', 'terminate', '--fleet', '--failed', ...which].map(shellWord).join(' ');
  return [
    ...endedLines(fleet.ended),
    ...(stopped === undefined ? [] : [`${paint.bad('✖')} ${stoppedWords(stopped)}`]),
    ...(kept.length === 0 ? [] : [keptLine(kept.length, olderIn(kept, fleet)), `    ${clearing}`]),
    ...(strangers === 0 ? [] : [strangerWords(strangers)]),
  ];
}

/** Why a roll-out was stopped. */
export const stoppedWords = ({ failures, allowed, left }: NonNullable<FleetView['stopped']>): string =>
  `stopped after ${counted(failures, 'failure')} (--max-failures ${allowed}): ${counted(left, 'machine')} not launched`;

/** What became of machines that rolecall did not launch. */
export const strangerWords = (strangers: number): string =>
  `${counted(strangers, 'machine')} under the fleet's tags ${strangers === 1 ? 'was' : 'were'} not launched by rolecall: left alone`;

/** `terminate --fleet --failed` ends the older machines, too. */
function keptLine(kept: number, older: number): string {
  const [are, them] = kept === 1 ? ['is', 'it'] : ['are', 'them'];
  const others = older === 0 ? '' : `, and ${counted(older, 'older machine')} without success that may serve`;
  return `${counted(kept, 'machine')} without success ${are} kept for a look; what ends ${them}${others}:`;
}

const WHY = {
  surplus: 'too many',
  failed: 'without success',
  replaced: 'replaced',
  asked: 'as asked',
} as const;

/** How many machines were ended, and why: a line for each reason. */
export function endedLines(ended: readonly Pick<Ended, 'how' | 'reason'>[]): string[] {
  const counts = new Map<string, number>();
  for (const { how, reason } of ended) {
    const what = `${how === 'stop' ? 'stopped' : 'terminated'}: ${WHY[reason]}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${counted(count, 'machine')} ${what}`);
}

/** `20 of 20 machines proved`: where the fleet stands. */
export const fleetSummary = (view: LaunchView, fleet: FleetView): string =>
  provedWords(provedIn(view, fleet), fleet.target);

/** `20 of 20 machines proved`. */
export const provedWords = (proved: number, target: number): string =>
  `${proved} of ${counted(target, 'machine')} proved`;
