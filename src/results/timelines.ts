import { CLOCK_TOLERANCE_MS } from '../clock.ts';
import type { RunTimes } from '../watch/verdict.ts';
import type { MachineTimeline } from './page-data.ts';
import type { MachineRow } from './row.ts';
import type { LaunchView } from './state.ts';

/** Returns when what happened on each machine, in the order of the document's machines. */
export const timelinesOf = (view: LaunchView): MachineTimeline[] =>
  [...view.machines.values()].map(timelineOf);

/**
 * Three clocks tell of a boot: EC2's its launch, rolecall's when EC2 first showed it running, the machine's the rest. No time is
 * before the launch, and none before what must have come first. What a wrong clock tells is null.
 */
function timelineOf(row: MachineRow): MachineTimeline {
  const { machine, verdict } = row;
  const { launchedAt } = machine;
  const run = runOf(verdict?.times, launchedAt);
  const seenMs = row.runningAt === undefined ? null : atLeast0(row.runningAt - launchedAt);
  const first = run?.kernel_ms ?? run?.begin_ms ?? null;
  return {
    instance_id: machine.instanceId,
    launched: launchedAt > 0 ? new Date(launchedAt).toISOString() : null,
    running_ms: runningMs(seenMs, first),
    kernel_ms: run?.kernel_ms ?? null,
    begin_ms: run?.begin_ms ?? null,
    steps: run?.steps ?? [],
    verdict_ms: run === undefined ? unmarkedMs(row) : run.verdict_ms,
    over_budget: verdict?.overBudget ?? false,
  };
}

/**
 * EC2 is asked every few seconds, and shows a machine running late. One that has told its own begin long before then was running
 * since nobody knows when.
 */
function runningMs(seenMs: number | null, first: number | null): number | null {
  if (seenMs === null || first === null || seenMs <= first) return seenMs;
  return seenMs - first <= SEEN_LATE_MS ? first : null;
}

/** A machine that was seen running so late began to run about when it began its boot. */
const SEEN_LATE_MS = 1_000;

/** EC2 cuts its launch time to the second. A clock that is further behind is wrong. */
const atLeast0 = (ms: number): number | null => (ms < -CLOCK_TOLERANCE_MS ? null : Math.max(0, ms));

/** A verdict by a pattern rests on no marker: its time is when it was first seen. */
function unmarkedMs({ verdict }: MachineRow): number | null {
  if (verdict === undefined || verdict.times !== undefined || verdict.steps.length > 0) return null;
  return 'bootMs' in verdict ? (verdict.bootMs ?? null) : null;
}

type RunMs = Pick<MachineTimeline, 'kernel_ms' | 'begin_ms' | 'steps' | 'verdict_ms'>;

/** @returns undefined where the machine's clock is behind EC2's, or nothing tells */
function runOf(times: RunTimes | undefined, launchedAt: number): RunMs | undefined {
  if (times === undefined) return undefined;
  const { kernelAt, beginAt, steps, verdictAt } = times;
  const told = [beginAt, ...steps.map(({ startAt }) => startAt), verdictAt].filter((at) => at !== undefined);
  const earliestMs = Math.min(...told) - launchedAt;
  if (atLeast0(earliestMs) === null) return undefined;
  // All by the same amount, so that lengths stay as they are.
  const from = launchedAt + Math.min(0, earliestMs);
  const since = (at: number | undefined) => (at === undefined ? null : at - from);
  return {
    kernel_ms: kernelAt === undefined ? null : atLeast0(kernelAt - from),
    begin_ms: since(beginAt),
    steps: steps.map(({ name, status, ms, startAt }) => ({ name, start_ms: startAt - from, ms, status })),
    verdict_ms: since(verdictAt),
  };
}
