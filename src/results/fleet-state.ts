import type { FleetName } from '../catalogue/role.ts';
import type { EndReason, FleetEvent } from '../fleet/events.ts';
import type { Fleet, Member, Standing, Wanted } from '../fleet/members.ts';
import type { EndHow } from '../fleet/record.ts';
import type { InstanceId } from '../model.ts';

/** A machine that was ended, and why. */
export interface Ended {
  readonly instanceId: InstanceId;
  readonly how: EndHow;
  readonly reason: EndReason;
}

/** What is known of the fleet that a command changes; the fold of its events. */
export interface FleetView {
  readonly target: number;
  /** The machines that were there when it was looked at. */
  readonly before: Readonly<Record<Standing | 'stale', number>>;
  /** Those of them that had proved their boot. */
  readonly proved: ReadonlySet<InstanceId>;
  /** Those that had not, and were there. */
  readonly useless: ReadonlySet<InstanceId>;
  /** Machines under the fleet's tags that rolecall did not launch. */
  readonly strangers: number;
  readonly ended: readonly Ended[];
  readonly wave?: { readonly number: number; readonly size: number; readonly canary: boolean };
  /** Too many failures: what is not launched for it. */
  readonly stopped?: { readonly failures: number; readonly allowed: number; readonly left: number };
}

/** Events of a fleet that are of no launch. */
export type FleetOnlyEvent = Exclude<FleetEvent, { readonly type: 'notice' | 'machine-died' }>;

/** The fleet after one more event; undefined before it was looked at. Pure. */
export function advanceFleet(view: FleetView | undefined, event: FleetOnlyEvent): FleetView | undefined {
  if (event.type === 'fleet-seen') return seenFleet(event.members, event);
  if (view === undefined) return undefined;
  switch (event.type) {
    case 'wave-started':
      return { ...view, wave: { number: event.wave, size: event.size, canary: event.canary } };
    case 'machines-ended': {
      const { how, reason } = event;
      const ended = event.members.map(({ machine }) => ({ instanceId: machine.instanceId, how, reason }));
      return { ...view, ended: [...view.ended, ...ended] };
    }
    case 'breaker-tripped': {
      const { failures, allowed, left } = event;
      return { ...view, stopped: { failures, allowed, left } };
    }
  }
}

function seenFleet(
  members: readonly Member[],
  { target, strangers }: { readonly target: number; readonly strangers: number },
): FleetView {
  const count = (standing: Standing) => members.filter((member) => member.standing === standing).length;
  const ids = (...standings: readonly Standing[]) =>
    new Set(
      members.filter(({ standing }) => standings.includes(standing)).map(({ machine }) => machine.instanceId),
    );
  return {
    target,
    strangers,
    before: {
      proved: count('proved'),
      unjudged: count('unjudged'),
      failed: count('failed'),
      stopped: count('stopped'),
      ending: count('ending'),
      stale: members.filter(({ stale, standing }) => standing === 'proved' && stale.length > 0).length,
    },
    proved: ids('proved'),
    useless: ids('failed', 'stopped'),
    ended: [],
  };
}

/** A fleet as `status` shows it. */
export interface FleetStatus {
  readonly name: FleetName;
  readonly fleet: Fleet;
  /** What a launch would give now; undefined where the catalogue has no such role any more. */
  readonly wanted: Wanted | undefined;
  /** The size that the fleet is to have; null where none was recorded. */
  readonly target: number | null;
  /** Who is at work on it, in words; undefined where nobody is. */
  readonly busy: string | undefined;
}

export type { Member } from '../fleet/members.ts';
