import type { LaunchId } from '../model.ts';
import type { Fleet, Member, Standing } from './members.ts';
import type { Replacing } from './record.ts';

/** Which machines a replacement replaces: those that a launch would make otherwise now, or all. */
export type Replaced = 'stale' | 'all';

/** What a replacement is asked for, and what the fleet's record knows. */
export interface ReplaceOrder {
  readonly which: Replaced;
  /** The launch that brings the new machines. */
  readonly launch: LaunchId;
  /** Recorded target size of the fleet; null where none was recorded. */
  readonly target: number | null;
  /** A replacement that was cut off; null where there is none. */
  readonly begun: Replacing | null;
  /** The fleet may end with its target size, though it has more machines. */
  readonly allowShrink: boolean;
}

/** What a replacement does: `count` new machines prove their boot, and for each of them an old one goes. */
export interface Replacement {
  /** Machines that have proved their boot, and that the fleet has in the end. */
  readonly size: number;
  /** Machines that go, a new one first for each. */
  readonly old: readonly Member[];
  /** Proved machines that stay. */
  readonly kept: readonly Member[];
  /** Machines that no new one replaces. They stay, unless the fleet may shrink. */
  readonly beyond: readonly Member[];
  /** New machines in all, those that arrived too; where more are to come than `old` has, the fleet grows. */
  readonly count: number;
  /** New machines that an earlier run of the same launch brought, and that have proved their boot: a part of `kept`. */
  readonly arrived: readonly Member[];
  /** What the fleet's record keeps of it. */
  readonly begun: Replacing;
}

/**
 * Plans a replacement. The fleet's size is its recorded target, or as many proved machines as it has where these are more;
 * without a target all machines that run count, whatever their verdict. A machine without a success may serve: it is replaced
 * like any other, and stays where there are more machines than the fleet's size.
 */
export function replacementOf(fleet: Fleet, order: ReplaceOrder): Replacement {
  const { which, launch, begun } = order;
  const launches = new Set<string>([...(begun?.launches ?? []), launch]);
  const isNew = ({ machine }: Member) => launches.has(machine.tags['rolecall:launch'] ?? '');
  const isOutdated = (member: Member) =>
    member.machine.tags['rolecall:launch'] !== launch &&
    (member.stale.length > 0 || (which === 'all' && !isNew(member)));
  const here = fleet.members.filter(({ standing }) => standing !== 'ending');
  const isKept = (member: Member) => member.standing === 'proved' && !isOutdated(member);
  // What becomes of new machines that did not succeed is a rule of its own: --on-failure.
  const rest = here.filter((member) => !isKept(member) && (member.standing === 'proved' || !isNew(member)));
  const kept = here.filter(isKept);
  const sorted = { kept, rest, isNew, launches };
  return begun === null ? begin(sorted, order) : goOn(sorted, begun, order);
}

interface Sorted {
  readonly kept: readonly Member[];
  /** All others, but for new machines that did not succeed. */
  readonly rest: readonly Member[];
  readonly isNew: (member: Member) => boolean;
  readonly launches: ReadonlySet<string>;
}

function begin({ kept, rest, isNew, launches }: Sorted, { target, allowShrink }: ReplaceOrder): Replacement {
  const missing = Math.max(0, sizeOf(kept, rest, target, allowShrink) - kept.length);
  // The machines that most likely serve are replaced first; the sort is stable.
  const ordered = [...rest].sort((a, b) => idleness(a) - idleness(b));
  const old = ordered.slice(0, missing);
  // A launch that is run again after its end has machines already: they are counted, since whoever goes on counts them.
  const arrived = kept.filter(isNew);
  const count = missing + arrived.length;
  return planned({ kept, old, beyond: ordered.slice(missing), count, arrived }, launches);
}

function sizeOf(
  kept: readonly Member[],
  rest: readonly Member[],
  target: number | null,
  allowShrink: boolean,
): number {
  const running = kept.length + rest.filter(({ standing }) => standing !== 'stopped').length;
  const proved = kept.length + rest.filter(({ standing }) => standing === 'proved').length;
  if (target === null) return running;
  return allowShrink ? target : Math.max(target, proved);
}

const IDLENESS: Readonly<Record<Standing, number>> = {
  proved: 0,
  unjudged: 1,
  failed: 3,
  stopped: 4,
  ending: 5,
};

/** How unlikely it is that a machine serves. */
const idleness = ({ standing, verdict }: Member): number =>
  standing === 'failed' && verdict === 'silent' ? 2 : IDLENESS[standing];

/** Machines that came since it was cut off, and that are outdated, are replaced too. */
function goOn(
  { kept, rest, isNew, launches }: Sorted,
  begun: Replacing,
  { allowShrink }: ReplaceOrder,
): Replacement {
  const listed = new Set<string>(begun.old);
  const isListed = ({ machine }: Member) => listed.has(machine.instanceId);
  const isMore = (member: Member) =>
    !allowShrink && member.standing === 'proved' && !isListed(member) && !isNew(member);
  const goes = (member: Member) => isListed(member) || isNew(member) || isMore(member);
  // A machine that is no longer outdated, since another build was promoted, needs no new one.
  const current = kept.filter((member) => isListed(member) && !isNew(member)).length;
  const count = begun.count + rest.filter(isMore).length - current;
  const arrived = kept.filter(isNew);
  const beyond = rest.filter((member) => !goes(member));
  return planned(
    { kept, old: rest.filter(goes), beyond, count: Math.max(count, arrived.length), arrived },
    launches,
  );
}

const planned = (parts: Omit<Replacement, 'size' | 'begun'>, launches: ReadonlySet<string>): Replacement => ({
  ...parts,
  size: parts.kept.length - parts.arrived.length + parts.count,
  begun: {
    count: parts.count,
    old: parts.old.map(({ machine }) => machine.instanceId),
    launches: [...launches] as LaunchId[],
  },
});
