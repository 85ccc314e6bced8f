import { fleetTags } from '../launch/identity.ts';
import { openLaunch } from '../launch/launch.ts';
import type { InstanceId, Machine } from '../model.ts';
import { chooseToEnd } from './choose.ts';
import { endMembers } from './end.ts';
import type { FleetStreamEvent } from './events.ts';
import type { Member } from './members.ts';
import { type Replacement, type ReplaceOrder, replacementOf } from './replacement.ts';
import { bar, type Gate, type RolloutState, rollWave } from './rollout.ts';
import { judgedNow } from './scale.ts';
import { settleOpen } from './settle.ts';
import type { FleetPlan, FleetTools } from './tools.ts';

/**
 * Replaces machines of a fleet wave by wave: new ones prove themselves first, then as many old ones go, so that the fleet is
 * never smaller than it was. Where new ones fail, the old ones stay.
 * @throws see scaleFleet
 */
export async function* replaceFleet(
  plan: FleetPlan,
  { which, allowShrink }: Pick<ReplaceOrder, 'which' | 'allowShrink'>,
  tools: FleetTools,
): AsyncGenerator<FleetStreamEvent, void> {
  const { book, clock } = tools;
  yield* settleOpen(plan.launch.role, tools);
  const fleet = yield* judgedNow(plan, tools);
  const { launch } = plan.launch;
  const { target, replacing: begun } = book;
  const replacement = replacementOf(fleet, { which, launch, target, begun, allowShrink });
  const { old, beyond, size, count } = replacement;
  const { members, strangers } = fleet;
  yield { type: 'fleet-seen', at: clock.now(), members, strangers: strangers.length, target: size };
  const surplus = allowShrink ? beyond : [];
  const going = [...old, ...surplus];
  if (going.length === 0) return await book.endReplacing();
  if (!(await tools.agreed(going))) return;
  await book.beginReplacing(replacement.begun, size);
  yield* roll({ ...plan, launch: { ...plan.launch, count, anyCount: true } }, tools, replacement, surplus);
}

/** @param surplus machines that go in the end, without a new one */
async function* roll(
  plan: FleetPlan,
  tools: FleetTools,
  { old, kept, count, arrived }: Replacement,
  surplus: readonly Member[],
): AsyncGenerator<FleetStreamEvent, void> {
  const { policy } = plan.rules;
  const state = yield* openRoll(plan, tools, kept, count - arrived.length);
  /** New machines that have proved their boot, and are still there. */
  const proved = new Map(arrived.map(({ machine }) => [machine.instanceId, machine]));
  let left = [...old];
  for (;;) {
    const gate = yield* bringMore(plan, tools, state, proved, count);
    // One goes for each new machine that has proved its boot, once the fleet has grown to its size.
    const going = chooseToEnd(left, left.length + proved.size - count, policy);
    yield* endMembers(going, 'terminate', 'replaced', tools);
    left = left.filter((member) => !going.includes(member));
    const isComplete = proved.size >= count;
    if (isComplete && gate === 'open') yield* endMembers(surplus, 'terminate', 'surplus', tools);
    if (isComplete || gate === 'shut') return await tools.book.endReplacing();
  }
}

/** Launches one wave where new machines are missing. @param proved gets those that have proved their boot, and live */
async function* bringMore(
  plan: FleetPlan,
  tools: FleetTools,
  state: RolloutState,
  proved: Map<InstanceId, Machine>,
  count: number,
): AsyncGenerator<FleetStreamEvent, Gate> {
  let gate: Gate = 'open';
  if (proved.size < count) {
    const before = new Set(state.standing.living.keys());
    gate = yield* rollWave(plan, tools, state, count - proved.size);
    for (const [id, machine] of state.standing.living) if (!before.has(id)) proved.set(id, machine);
  }
  const afterDeaths = yield* withoutDead(plan, tools, state, proved, count);
  return afterDeaths === 'shut' ? 'shut' : gate;
}

/** Takes out new machines that died after they had proved their boot: no old one goes for them. Each counts as a failure. */
async function* withoutDead(
  { launch, rules }: FleetPlan,
  { ec2, clock }: FleetTools,
  state: RolloutState,
  proved: Map<InstanceId, Machine>,
  count: number,
): AsyncGenerator<FleetStreamEvent, Gate> {
  const dead = (await ec2.machinesWithTags(fleetTags(launch.role))).filter(
    (machine) => proved.has(machine.instanceId) && !isRunning(machine),
  );
  for (const machine of dead) {
    proved.delete(machine.instanceId);
    bar(state.standing, machine.instanceId);
    yield { type: 'machine-died', at: clock.now(), machine };
  }
  state.failures += dead.length;
  if (dead.length === 0 || state.failures <= rules.maxFailures) return 'open';
  const { failures } = state;
  const at = clock.now();
  yield { type: 'breaker-tripped', at, failures, allowed: rules.maxFailures, left: count - proved.size };
  return 'shut';
}

const isRunning = ({ state }: Machine): boolean => state === 'pending' || state === 'running';

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
