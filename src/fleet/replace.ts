import { fleetTags } from '../launch/identity.ts';
import type { InstanceId, Machine } from '../model.ts';
import { chooseToEnd } from './choose.ts';
import { endMembers } from './end.ts';
import type { Member } from './members.ts';
import { type Replacement, type ReplaceOrder, replacementOf } from './replacement.ts';
import { bar, type Gate, openRollout, type RolloutState, rollWave } from './rollout.ts';
import { judgedNow } from './scale.ts';
import { settleOpen } from './settle.ts';
import type { FleetPlan, FleetRun, FleetStream, FleetTools } from './tools.ts';

/**
 * Replaces machines of a fleet wave by wave: new ones prove themselves first, then as many old ones go, so that the fleet is
 * never smaller than it was. Where new ones fail, the old ones stay.
 * @throws see scaleFleet
 */
export async function* replaceFleet(
  plan: FleetPlan,
  { which, allowShrink }: Pick<ReplaceOrder, 'which' | 'allowShrink'>,
  tools: FleetTools,
): FleetStream {
  const { book, clock } = tools;
  yield* settleOpen(plan.launch.role, tools);
  const fleet = yield* judgedNow({ ...tools, plan });
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
  const rolled = { ...plan, launch: { ...plan.launch, count, anyCount: true } };
  yield* roll({ ...tools, plan: rolled }, replacement, surplus);
}

/** @param surplus machines that go in the end, without a new one */
async function* roll(
  run: FleetRun,
  { old, kept, count, arrived }: Replacement,
  surplus: readonly Member[],
): FleetStream {
  const { policy } = run.plan.rules;
  // New machines that an earlier run has launched were judged with the fleet: they are among the kept ones.
  const state = yield* openRollout(run, kept, count - arrived.length, () => false);
  state.standing.wanted = state.standing.living.size + state.total;
  /** New machines that have proved their boot, and are still there. */
  const proved = new Map(arrived.map(({ machine }) => [machine.instanceId, machine]));
  let left = [...old];
  for (;;) {
    const gate = yield* bringMore(run, state, proved, count);
    // One goes for each new machine that has proved its boot, once the fleet has grown to its size.
    const going = chooseToEnd(left, left.length + proved.size - count, policy);
    yield* endMembers(going, 'terminate', 'replaced', run);
    left = left.filter((member) => !going.includes(member));
    const isComplete = proved.size >= count;
    if (isComplete && gate === 'open') yield* endMembers(surplus, 'terminate', 'surplus', run);
    if (isComplete || gate === 'shut') return await run.book.endReplacing();
  }
}

/** Launches one wave where new machines are missing. @param proved gets those that have proved their boot, and live */
async function* bringMore(
  run: FleetRun,
  state: RolloutState,
  proved: Map<InstanceId, Machine>,
  count: number,
): FleetStream<Gate> {
  let gate: Gate = 'open';
  if (proved.size < count) {
    const before = new Set(state.standing.living.keys());
    gate = yield* rollWave(run, state, count - proved.size);
    for (const [id, machine] of state.standing.living) if (!before.has(id)) proved.set(id, machine);
  }
  const afterDeaths = yield* withoutDead(run, state, proved, count);
  return afterDeaths === 'shut' ? 'shut' : gate;
}

/** Takes out new machines that died after they had proved their boot: no old one goes for them. Each counts as a failure. */
async function* withoutDead(
  { plan: { launch, rules }, ec2, clock }: FleetRun,
  state: RolloutState,
  proved: Map<InstanceId, Machine>,
  count: number,
): FleetStream<Gate> {
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
