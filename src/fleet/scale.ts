import { InterruptedError } from '../errors.ts';
import type { Outcome } from '../model.ts';
import { chooseToEnd } from './choose.ts';
import { endMembers } from './end.ts';
import { judgedFleet, lookAtFleet, standingAs } from './look.ts';
import type { Fleet, Member } from './members.ts';
import { bar, judgeWave, openRollout, rollWave } from './rollout.ts';
import { settleOpen, withdrawOpen } from './settle.ts';
import type { FleetPlan, FleetRun, FleetStream, FleetTools } from './tools.ts';

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
export async function* scaleFleet(plan: FleetPlan, tools: FleetTools): FleetStream {
  const run = { ...tools, plan };
  const target = plan.launch.count;
  const { role } = plan.launch;
  yield* target === 0 ? withdrawOpen(role, tools) : settleOpen(role, tools);
  const fleet = yield* fleetToScale(run, target);
  const { members, strangers } = fleet;
  yield { type: 'fleet-seen', at: tools.clock.now(), members, strangers: strangers.length, target };
  const need = needOf(fleet, target, plan.rules.policy);
  if (need.kind === 'fewer' && !(await tools.agreed(need.members))) return;
  await tools.book.setTarget(target);
  if (need.kind === 'fewer') yield* endMembers(need.members, 'terminate', 'surplus', tools);
  else yield* growTo(run, fleet, target);
}

/**
 * The fleet as far as its size depends on it. Machines of this very launch are followed with its new ones, but where they
 * may be too many.
 */
async function* fleetToScale(run: FleetRun, target: number): FleetStream<Fleet> {
  const fleet = await lookAtFleet(run.plan.launch.role, run.plan.wanted, run);
  // None is none, however they boot.
  if (target === 0) return fleet;
  const { launch } = run.plan.launch;
  const isOwn = ({ machine }: Member) => machine.tags['rolecall:launch'] === launch;
  const judged = yield* withVerdicts(fleet, (member) => !isOwn(member), run);
  const mayBeTooMany = standingAs(judged, 'proved', 'unjudged').length > target;
  return mayBeTooMany ? yield* withVerdicts(judged, isOwn, run) : judged;
}

/** The fleet, once it is known of every machine how its boot ended. @throws InterruptedError where that stays unknown */
export async function* judgedNow(run: FleetRun): FleetStream<Fleet> {
  const fleet = await lookAtFleet(run.plan.launch.role, run.plan.wanted, run);
  return yield* withVerdicts(fleet, () => true, run);
}

async function* withVerdicts(
  fleet: Fleet,
  isMeant: (member: Member) => boolean,
  run: FleetRun,
): FleetStream<Fleet> {
  const unjudged = standingAs(fleet, 'unjudged').filter(isMeant);
  if (unjudged.length === 0) return fleet;
  const text = `${unjudged.length} of the fleet's machines were never judged: waiting for their verdicts`;
  yield { type: 'notice', at: run.clock.now(), text };
  const outcomes = await run.judge(unjudged.map(({ machine }) => machine));
  // Who is not judged would count as useless.
  if (run.signal?.aborted)
    throw new InterruptedError("stopped before all of the fleet's machines were judged", {
      hint: 'run the same command again: it goes on from where the fleet stands then',
    });
  return judgedFleet(fleet, outcomes);
}

/** Launches until so many are proved, or may not be launched. */
async function* growTo(run: FleetRun, fleet: Fleet, target: number): FleetStream {
  const { launch } = run.plan.launch;
  const isOwn = ({ machine }: Member) => machine.tags['rolecall:launch'] === launch;
  const others = standingAs(fleet, 'proved').filter((member) => !isOwn(member));
  const total = target - others.length;
  if (total <= 0) return;
  const opened = yield* openOwn(run, others, total);
  if (opened.left <= 0 || opened.gate === 'shut') return;
  for (let left = opened.left; left > 0; left = total - opened.state.proved)
    if ((yield* rollWave(run, opened.state, left)) === 'shut') return;
}

/** Opens the launch, and waits for what an earlier run of it has launched. */
async function* openOwn(run: FleetRun, others: readonly Member[], total: number) {
  // What an earlier run has judged and found wanting is no part of this run.
  const state = yield* openRollout(run, others, total, ({ tags }) => !isBad(tags['rolecall:verdict']));
  const { standing } = state;
  standing.wanted = total;
  for (const [id, { tags }] of standing.living) if (isBad(tags['rolecall:verdict'])) bar(standing, id);
  const mine = [...standing.living.values()];
  const gate = mine.length === 0 ? ('open' as const) : yield* judgeWave(run, state, mine, total);
  return { state, gate, left: total - state.proved };
}

const isBad = (verdict: string | undefined): boolean =>
  verdict !== undefined && verdict !== ('succeeded' satisfies Outcome);
