import type { Member, Standing } from './members.ts';

/** Which of equal machines goes first. */
export type Policy = 'oldest' | 'newest';

const RANKS: Readonly<Record<Standing, number>> = {
  failed: 0,
  stopped: 1,
  unjudged: 2,
  proved: 4,
  ending: 5,
};

/** What goes first: what serves nobody, then what nobody has proved, then what a launch would make otherwise. */
const rank = ({ standing, stale }: Member): number =>
  standing === 'proved' && stale.length > 0 ? 3 : RANKS[standing];

/**
 * Chooses the machines that a fleet can spare most: by rank, of the same rank from the fullest zone, there by age. Pure,
 * the same fleet gives the same choice.
 */
export function chooseToEnd(members: readonly Member[], count: number, policy: Policy): Member[] {
  const left = members.filter(({ standing }) => standing !== 'ending');
  if (count >= left.length) return left;
  const chosen: Member[] = [];
  while (chosen.length < count && left.length > 0) {
    const zones = zoneSizes(left);
    const full = ({ machine }: Member) => zones.get(machine.zone) ?? 0;
    const first = left.reduce((best, each) => (order(each, best, full, policy) < 0 ? each : best));
    left.splice(left.indexOf(first), 1);
    chosen.push(first);
  }
  return chosen;
}

const order = (a: Member, b: Member, full: (member: Member) => number, policy: Policy): number =>
  rank(a) - rank(b) || full(b) - full(a) || byAge(a, b, policy);

/** Ids decide between machines of one call. */
function byAge({ machine: a }: Member, { machine: b }: Member, policy: Policy): number {
  const age = a.launchedAt - b.launchedAt || (a.instanceId < b.instanceId ? -1 : 1);
  return policy === 'oldest' ? age : -age;
}

function zoneSizes(members: readonly Member[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { machine } of members) sizes.set(machine.zone, (sizes.get(machine.zone) ?? 0) + 1);
  return sizes;
}
