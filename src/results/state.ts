import type { AwsError } from '../errors.ts';
import type { InstanceId, LaunchId, Machine } from '../model.ts';
import type { WatchEvent } from '../watch/events.ts';
import type { Verdict } from '../watch/verdict.ts';
import type { ReportedEvent } from './events.ts';
import { advanceFleet, type FleetOnlyEvent, type FleetView } from './fleet-state.ts';
import type { MachineRow } from './row.ts';
import { Rows } from './rows.ts';

/** Machines that AWS would not give. */
export interface Refusal {
  readonly batch: number;
  readonly missing: number;
  readonly error: AwsError;
}

/** All that is known of a launch at one moment: the fold of its events. */
export interface LaunchView {
  readonly launch?: LaunchId;
  readonly requested: number;
  readonly resumed: boolean;
  readonly startedAt?: number;
  /** By instance id, in the order of their first appearance. */
  readonly machines: Rows;
  readonly refused: readonly Refusal[];
  /** Machines asked for in calls that are not answered yet. */
  readonly asking: number;
  /** When EC2 will have been asked for all that is missing; absent where nothing waits. Epoch milliseconds. */
  readonly askedBy?: number;
  /** Of the fleet that the command changes; absent for a command about one launch. */
  readonly fleet?: FleetView;
  /** Machines whose tag rolecall:verdict stays unset, and why. */
  readonly untagged?: { readonly instanceIds: readonly InstanceId[]; readonly reason: string };
  /** The newest, oldest first. */
  readonly notices: readonly string[];
}

/** More notices than that say nothing more, and a copy of all at each would cost their square. */
const NOTICES_KEPT = 20;

/** Nothing known yet. `requested` is for commands that start from an earlier launch (`watch`). */
export const emptyView = (requested = 0): LaunchView => ({
  requested,
  resumed: false,
  machines: Rows.none(),
  refused: [],
  asking: 0,
  notices: [],
});

/** The view after one more event. Pure, and as quick with ten thousand machines as with one. */
export function advance(view: LaunchView, event: ReportedEvent): LaunchView {
  const next = view.startedAt === undefined ? { ...view, startedAt: event.at } : view;
  switch (event.type) {
    case 'launch-started':
      return { ...next, launch: event.launch, requested: event.requested, resumed: event.resumed };
    case 'batch-requested': {
      const { askedBy: _, ...rest } = next;
      const waits = event.etaMs === undefined ? {} : { askedBy: event.at + event.etaMs };
      return { ...rest, asking: next.asking + event.count, ...waits };
    }
    case 'batch-launched':
      return {
        ...event.machines.reduce((to, machine) => seen(to, machine, event.at), next),
        asking: Math.max(0, next.asking - event.machines.length),
      };
    case 'no-capacity':
      return { ...next, asking: Math.max(0, next.asking - event.missing) };
    case 'batch-refused': {
      const { batch, missing, error } = event;
      const { askedBy: _, ...rest } = next;
      return {
        ...rest,
        asking: Math.max(0, next.asking - missing),
        refused: [...next.refused, { batch, missing, error }],
      };
    }
    case 'machine':
      return started(next, seen(next, event.machine, event.at), event.machine, event.at);
    case 'verdict':
      return judged(seen(next, event.machine, event.at), event.machine, event.verdict, event.at);
    case 'machine-died':
      return judged(seen(next, event.machine, event.at), event.machine, diedLater(event.machine), event.at);
    case 'untagged': {
      const { instanceIds, reason } = event;
      const before = next.untagged?.instanceIds ?? [];
      return { ...next, untagged: { instanceIds: [...before, ...instanceIds], reason } };
    }
    case 'notice':
      return noted(next, event.text);
    case 'fleet-seen':
    case 'wave-started':
    case 'machines-ended':
    case 'breaker-tripped':
      return ofFleet(next, event);
    default:
      return ofMachine(next, event);
  }
}

type StepEvent = Extract<WatchEvent, { readonly instanceId: unknown }>;

function ofMachine(view: LaunchView, event: StepEvent): LaunchView {
  const known = view.machines.get(event.instanceId);
  // A console line can't come before its machine; if a caller mixes launches up, a stranger's line is not ours to show.
  if (known === undefined) return view;
  const { alive: _, ...row } = known;
  switch (event.type) {
    case 'step-started':
      return withRow(view, { ...row, step: { name: event.step, since: event.at } });
    case 'step-ended': {
      const { step, ...rest } = row;
      const ended: MachineRow = { ...rest, steps: [...row.steps, event.step] };
      const other = step !== undefined && step.name !== event.step.name;
      return withRow(view, other ? { ...ended, step } : ended);
    }
    case 'said':
      return withRow(view, { ...row, said: { step: event.step, text: event.text } });
    case 'alive':
      return withRow(view, { ...row, alive: lastLineWords(event.text) });
    case 'gap':
      return noted(view, `${event.instanceId}: part of its console was overwritten before it was read`);
  }
}

/** What a sign of life shows, for people. */
export const lastLineWords = (text: string): string =>
  text === '' ? 'nothing printed yet' : `last line: ${text}`;

function ofFleet(view: LaunchView, event: FleetOnlyEvent): LaunchView {
  const fleet = advanceFleet(view.fleet, event);
  if (fleet === undefined) return view;
  // What is not asked for any more is not missing.
  const stopped = event.type === 'breaker-tripped' ? { requested: view.machines.size } : {};
  return { ...view, fleet, ...stopped };
}

function seen(view: LaunchView, machine: Machine, at: number): LaunchView {
  const row = view.machines.get(machine.instanceId);
  return withRow(view, row === undefined ? { machine, seenAt: at, steps: [] } : { ...row, machine });
}

/** Notes when a machine was first seen running that was seen pending before. */
function started(
  before: LaunchView,
  view: LaunchView,
  { instanceId, state }: Machine,
  at: number,
): LaunchView {
  const row = view.machines.get(instanceId);
  const wasPending = before.machines.get(instanceId)?.machine.state === 'pending';
  return row !== undefined && wasPending && state === 'running'
    ? withRow(view, { ...row, runningAt: row.runningAt ?? at })
    : view;
}

function judged(view: LaunchView, machine: Machine, verdict: Verdict, at: number): LaunchView {
  const row = view.machines.get(machine.instanceId);
  if (row === undefined) return view;
  const { step, alive: _, ...rest } = row;
  // A silent machine's step tells where it hangs; any other verdict has ended it.
  const kept = verdict.outcome === 'silent' && step !== undefined ? { step } : {};
  return withRow(view, { ...rest, ...kept, steps: verdict.steps, verdict, verdictAt: at });
}

/** The verdict of a machine that succeeded and did not live until an old one could go for it. */
export const diedLater = ({ state, stateReason }: Machine): Verdict => ({
  outcome: 'lost',
  steps: [],
  reason: [`${state} after it had succeeded`, ...(stateReason ? [stateReason.code] : [])].join(': '),
  excerpt: [],
});

const withRow = (view: LaunchView, row: MachineRow): LaunchView => ({
  ...view,
  machines: view.machines.with(row),
});

const noted = (view: LaunchView, text: string): LaunchView => ({
  ...view,
  notices: [...view.notices, text].slice(-NOTICES_KEPT),
});
