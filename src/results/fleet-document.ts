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
export function keptIn(view: LaunchView, fleet: FleetView): string[] {
  const gone = new Set(fleet.ended.map(({ instanceId }) => instanceId));
  return [...view.machines.values()]
    .filter(({ verdict }) => verdict?.outcome === 'failed' || verdict?.outcome === 'silent')
    .map(({ machine }) => machine.instanceId)
    .filter((id) => !gone.has(id));
}

/** How many machines without success the fleet had before, and still has. They may serve: a silent machine often does. */
export function olderIn(kept: readonly string[], fleet: FleetView): number {
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
