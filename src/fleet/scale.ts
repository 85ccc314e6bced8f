import { InterruptedError } from '../errors.ts';
import { openLaunch } from '../launch/launch.ts';
import type { Outcome } from '../model.ts';
import { chooseToEnd } from './choose.ts';
import { endMembers } from './end.ts';
import type { FleetStreamEvent } from './events.ts';
import { judgedFleet, lookAtFleet, standingAs } from './look.ts';
import type { Fleet, Member } from './members.ts';
import { bar, judgeWave, type RolloutState, rollWave } from './rollout.ts';
import { settleOpen, withdrawOpen } from './settle.ts';
import type { FleetPlan, FleetTools } from './tools.ts';

/** What a fleet of this size needs: so many more, or these ended. */
export type Need =
  | { readonly kind: 'none' }
  | { readonly kind: 'more'; readonly count: number }
  | { readonly kind: 'fewer'; readonly members: readonly Member[] };

/**
 * What is to be done. Only proved machines count for the size, so failed ones are made good; where there are too many, those
 * that serve nobody go first. A failed machine that was kept for a look makes no fleet too large by itself, but none means none.
 */
export function needOf(fleet: Fleet, target: number, policy: FleetPlan['rules']['policy']): Need {
  const proved = standingAs(fleet, 'proved').length;
  const living = standingAs(fleet, 'proved', 'unjudged', 'failed', 'stopped');
  if (proved < target) return { kind: 'more', count: target - proved };
  if (proved === target && target > 0) return { kind: 'none' };
  const members = chooseToEnd(living, living.length - target, policy);
  return members.length === 0 ? { kind: 'none' } : { kind: 'fewer', members };
}

/**
 * Brings a fleet to the size of the plan's launch: every machine of it has proved its boot, or the events tell which did not.
 * @throws ConflictError where another run has taken the fleet over; what launchMachines throws
 */
export async function* scaleFleet(
  plan: FleetPlan,
  tools: FleetTools,
): AsyncGenerator<FleetStreamEvent, void> {
  const target = plan.launch.count;
  const { role } = plan.launch;
  yield* target === 0 ? withdrawOpen(role, tools) : settleOpen(role, tools);
  const fleet = yield* fleetToScale(plan, tools, target);
  const { members, strangers } = fleet;
  yield { type: 'fleet-seen', at: tools.clock.now(), members, strangers: strangers.length, target };
  const need = needOf(fleet, target, plan.rules.policy);
  if (need.kind === 'fewer' && !(await tools.agreed(need.members))) return;
  await tools.book.setTarget(target);
  if (need.kind === 'fewer') yield* endMembers(need.members, 'terminate', 'surplus', tools);
  else yield* growTo(plan, tools, fleet, target);
}

/**
 * The fleet as far as its size depends on it. Machines of this very launch are followed with its new ones, but where they
 * may be too many.
 */
async function* fleetToScale(
  plan: FleetPlan,
  tools: FleetTools,
  target: number,
): AsyncGenerator<FleetStreamEvent, Fleet> {
  const fleet = await lookAtFleet(plan.launch.role, plan.wanted, tools);
  // None is none, however they boot.
  if (target === 0) return fleet;
  const { launch } = plan.launch;
  const isOwn = ({ machine }: Member) => machine.tags['rolecall:launch'] === launch;
  const judged = yield* withVerdicts(fleet, (member) => !isOwn(member), tools);
  const mayBeTooMany = standingAs(judged, 'proved', 'unjudged').length > target;
  return mayBeTooMany ? yield* withVerdicts(judged, isOwn, tools) : judged;
}

/** The fleet, once it is known of every machine how its boot ended. @throws InterruptedError where that stays unknown */
export async function* judgedNow(
  plan: FleetPlan,
  tools: FleetTools,
): AsyncGenerator<FleetStreamEvent, Fleet> {
  const fleet = await lookAtFleet(plan.launch.role, plan.wanted, tools);
  return yield* withVerdicts(fleet, () => true, tools);
}

async function* withVerdicts(
  fleet: Fleet,
  isMeant: (member: Member) => boolean,
  tools: FleetTools,
): AsyncGenerator<FleetStreamEvent, Fleet> {
  const unjudged = standingAs(fleet, 'unjudged').filter(isMeant);
  if (unjudged.length === 0) return fleet;
  const text = `${unjudged.length} of the fleet's machines were never judged: waiting for their verdicts`;
  yield { type: 'notice', at: tools.clock.now(), text };
  const outcomes = await tools.judge(unjudged.map(({ machine }) => machine));
  // Who is not judged would count as useless.
  if (tools.signal?.aborted)
    throw new InterruptedError("stopped before all of the fleet's machines were judged", {
      hint: 'run the same command again: it goes on from where the fleet stands then',
    });
  return judgedFleet(fleet, outcomes);
}

/** Launches until so many are proved, or may not be launched. */
async function* growTo(
  plan: FleetPlan,
  tools: FleetTools,
  fleet: Fleet,
  target: number,
): AsyncGenerator<FleetStreamEvent, void> {
  const { launch } = plan.launch;
  const isOwn = ({ machine }: Member) => machine.tags['rolecall:launch'] === launch;
  const others = standingAs(fleet, 'proved').filter((member) => !isOwn(member));
  const total = target - others.length;
  if (total <= 0) return;
  const opened = yield* openOwn(plan, tools, others, total);
  if (opened.left <= 0 || opened.gate === 'shut') return;
  for (let left = opened.left; left > 0; left = total - opened.state.proved)
    if ((yield* rollWave(plan, tools, opened.state, left)) === 'shut') return;
}

/** Opens the launch, and waits for what an earlier run of it has launched. */
async function* openOwn(plan: FleetPlan, tools: FleetTools, others: readonly Member[], total: number) {
  const opening = openLaunch(
    plan.launch,
    tools,
    others.map(({ machine }) => machine),
  );
  let next = await opening.next();
  for (; !next.done; next = await opening.next()) {
    const event = next.value;
    if (event.type === 'launch-started') yield { ...event, requested: total };
    else if (event.type !== 'batch-launched') yield event;
    else {
      // What an earlier run has judged and found wanting is no part of this run.
      const machines = event.machines.filter(({ tags }) => !isBad(tags['rolecall:verdict']));
      if (machines.length > 0) yield { ...event, machines };
    }
  }
  const standing = next.value;
  standing.wanted = total;
  for (const [id, { tags }] of standing.living) if (isBad(tags['rolecall:verdict'])) bar(standing, id);
  const canary = plan.rules.canary ? 'wanted' : 'done';
  const state: RolloutState = { total, standing, wave: 0, proved: 0, failures: 0, canary };
  const mine = [...standing.living.values()];
  const gate = mine.length === 0 ? ('open' as const) : yield* judgeWave(plan, tools, state, mine, total);
  return { state, gate, left: total - state.proved };
}

const isBad = (verdict: string | undefined): boolean =>
  verdict !== undefined && verdict !== ('succeeded' satisfies Outcome);
