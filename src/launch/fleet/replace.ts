import { openLaunch } from '../launch.ts';
import { chooseToEnd } from './choose.ts';
import { endMembers } from './end.ts';
import type { FleetStreamEvent } from './events.ts';
import { standingAs } from './look.ts';
import type { Fleet, Member } from './members.ts';
import { type RolloutState, rollWave } from './rollout.ts';
import { judgedNow } from './scale.ts';
import { settleOpen } from './settle.ts';
import type { FleetPlan, FleetTools } from './tools.ts';

/** Which machines a replacement replaces: those that a launch would make otherwise now, or all. */
export type Replaced = 'stale' | 'all';

/** What a replacement is about. */
export interface Replacement {
  /** Machines that are to go: the stale (or all) proved ones, and those that serve nobody. */
  readonly old: readonly Member[];
  /** Proved machines that stay. */
  readonly kept: readonly Member[];
}

/** @param launch machines of this launch are new already: the launch is run again */
export function replacementOf(fleet: Fleet, which: Replaced, launch: string): Replacement {
  const proved = standingAs(fleet, 'proved');
  const isOld = ({ stale, machine }: Member) =>
    machine.tags['rolecall:launch'] !== launch && (which === 'all' || stale.length > 0);
  const useless = standingAs(fleet, 'failed', 'stopped');
  return { old: [...useless, ...proved.filter(isOld)], kept: proved.filter((member) => !isOld(member)) };
}

/**
 * Replaces machines of a fleet wave by wave: new ones prove themselves first, then as many old ones go, so that the fleet is
 * never smaller than it was. Where new ones fail, the old ones stay.
 * @throws see scaleFleet
 */
export async function* replaceFleet(
  plan: FleetPlan,
  which: Replaced,
  tools: FleetTools,
): AsyncGenerator<FleetStreamEvent, void> {
  const { book, clock } = tools;
  yield* settleOpen(tools);
  const fleet = yield* judgedNow(plan, tools);
  const { old, kept } = replacementOf(fleet, which, plan.launch.launch);
  // A replacement that was cut off has left more machines than the fleet had.
  const size = book.replacing?.size ?? standingAs(fleet, 'proved').length;
  const { members, strangers } = fleet;
  yield { type: 'fleet-seen', at: clock.now(), members, strangers: strangers.length, target: size };
  if (old.length === 0) return await book.setReplacing(null);
  if (!(await tools.agreed(old))) return;
  await book.setReplacing({ size });
  yield* roll({ ...plan, launch: { ...plan.launch, count: size, anyCount: true } }, tools, {
    old,
    kept,
    size,
  });
}

async function* roll(
  plan: FleetPlan,
  tools: FleetTools,
  { old, kept, size }: Replacement & { readonly size: number },
): AsyncGenerator<FleetStreamEvent, void> {
  const state = yield* openRoll(plan, tools, kept, Math.max(0, size - kept.length));
  let left = [...old];
  for (;;) {
    const missing = size - kept.length - state.proved;
    const gate = missing > 0 ? yield* rollWave(plan, tools, state, missing) : 'open';
    // Where it stops here, what is new has proved itself all the same: the fleet is as large as it was.
    const stillNeeded = Math.max(0, size - kept.length - state.proved);
    // Until something new has proved itself nothing goes, also of what serves nobody: it may be kept for a look.
    const mayGo = missing <= 0 || state.proved > 0;
    const going = mayGo ? chooseToEnd(left, left.length - stillNeeded, plan.rules.policy) : [];
    yield* endMembers(going, 'terminate', 'replaced', tools);
    left = left.filter((member) => !going.includes(member));
    if (gate === 'shut' || (left.length === 0 && stillNeeded === 0))
      return await tools.book.setReplacing(null);
  }
}

/** Opens the launch that brings the new machines. */
async function* openRoll(
  plan: FleetPlan,
  tools: FleetTools,
  kept: readonly Member[],
  total: number,
): AsyncGenerator<FleetStreamEvent, RolloutState> {
  const others = kept.map(({ machine }) => machine);
  const opening = openLaunch(plan.launch, tools, others);
  let next = await opening.next();
  for (; !next.done; next = await opening.next()) {
    // Those that an earlier run has launched were judged with the fleet: they are among the kept ones.
    if (next.value.type === 'launch-started') yield { ...next.value, requested: total };
    else if (next.value.type !== 'batch-launched') yield next.value;
  }
  const standing = next.value;
  standing.wanted = standing.living.size + total;
  const canary = plan.rules.canary ? 'wanted' : 'done';
  return { total, standing, wave: 0, proved: 0, failures: 0, canary };
}
