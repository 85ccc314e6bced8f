import { InterruptedError } from '../errors.ts';
import { launchUpTo, openLaunch, type Standing } from '../launch/launch.ts';
import type { InstanceId, Machine, Outcome } from '../model.ts';
import { endMembers } from './end.ts';
import { type Member, standingOf } from './members.ts';
import { type FleetRun, type FleetStream, launchRun } from './tools.ts';
import { waveSize } from './waves.ts';

/** A roll-out under way. */
export interface RolloutState {
  /** Machines that are to come in all. */
  readonly total: number;
  readonly standing: Standing;
  wave: number;
  proved: number;
  failures: number;
  canary: 'wanted' | 'done';
}

/** Whether the roll-out may go on after this. */
export type Gate = 'open' | 'shut';

/**
 * Opens the launch that brings a roll-out's machines.
 * @param others machines of the fleet that are not of this launch
 * @param isTold which machines that an earlier run of the launch has brought are told of
 */
export async function* openRollout(
  run: FleetRun,
  others: readonly Member[],
  total: number,
  isTold: (machine: Machine) => boolean,
): FleetStream<RolloutState> {
  const opening = openLaunch(
    launchRun(run),
    others.map(({ machine }) => machine),
  );
  let next = await opening.next();
  for (; !next.done; next = await opening.next()) {
    const event = next.value;
    if (event.type === 'launch-started') yield { ...event, requested: total };
    else if (event.type !== 'batch-launched') yield event;
    else {
      const machines = event.machines.filter(isTold);
      if (machines.length > 0) yield { ...event, machines };
    }
  }
  const canary = run.plan.rules.canary ? 'wanted' : 'done';
  return { total, standing: next.value, wave: 0, proved: 0, failures: 0, canary };
}

/**
 * One wave: launches its machines, waits for their verdicts, and deals with those that failed.
 * @param left machines that are still to come, this wave's included
 * @returns shut, where there were too many failures, or where AWS gives no more
 */
export async function* rollWave(run: FleetRun, state: RolloutState, left: number): FleetStream<Gate> {
  const { standing, total, canary } = state;
  const size = waveSize(run.plan.rules.wave, { total, left, canary });
  state.wave += 1;
  const alone = canary === 'wanted' && total > 1;
  const at = run.clock.now();
  yield { type: 'wave-started', at, wave: state.wave, size, left, canary: alone };
  const before = new Set(standing.living.keys());
  yield* launchUpTo(launchRun(run), standing, standing.living.size + size);
  const fresh = [...standing.living.values()].filter(({ instanceId }) => !before.has(instanceId));
  return yield* judgeWave(run, state, fresh, left);
}

/** Takes in the verdicts of a wave, which it waits for. */
export async function* judgeWave(
  run: FleetRun,
  state: RolloutState,
  fresh: readonly Machine[],
  left: number,
): FleetStream<Gate> {
  const outcomes = await run.proofs(fresh.map(({ instanceId }) => instanceId));
  if (run.signal?.aborted) throw new InterruptedError('stopped before every machine had its verdict');
  const bad = fresh.filter(({ instanceId }) => outcomes.get(instanceId) !== 'succeeded');
  state.proved += fresh.length - bad.length;
  state.failures += bad.length;
  // They take no place of the launch any more: others are launched for them.
  for (const { instanceId } of bad) bar(state.standing, instanceId);
  if (bad.length === 0 && fresh.length > 0) state.canary = 'done';
  yield* dealWith(bad, outcomes, run);
  const { maxFailures } = run.plan.rules;
  const rest = left - (fresh.length - bad.length);
  if (state.failures > maxFailures) {
    const at = run.clock.now();
    yield { type: 'breaker-tripped', at, failures: state.failures, allowed: maxFailures, left: rest };
    return 'shut';
  }
  return state.standing.refused === undefined ? 'open' : 'shut';
}

/** Counts a machine for its launch no more. */
export function bar({ living, barred }: Standing, id: InstanceId): void {
  living.delete(id);
  barred.add(id);
}

/** Failed machines are kept for a look, or not. */
async function* dealWith(
  bad: readonly Machine[],
  outcomes: ReadonlyMap<InstanceId, Outcome>,
  run: FleetRun,
): FleetStream {
  const { onFailure } = run.plan.rules;
  if (onFailure === 'keep') return;
  const members = bad.flatMap((machine): Member[] => {
    const verdict = outcomes.get(machine.instanceId);
    return verdict === 'lost'
      ? []
      : [{ machine, verdict, standing: standingOf(machine, verdict), stale: [] }];
  });
  yield* endMembers(members, onFailure, 'failed', run);
}
