import { describe, expect, test } from '@jest/globals';
import { timelinesOf } from '../../src/results/timelines.ts';
import type { RunTimes, Verdict } from '../../src/watch/verdict.ts';
import { begin, fold, machine, START, SUCCEEDED } from '../reporters/support.ts';

const STEP = { name: 'init', status: 0, ms: 700 };

/** A machine that was launched at START, was seen running after `runningMs` and told these times; milliseconds from START. */
function timelineOf(
  times: RunTimes | undefined,
  runningMs: number | null = 3000,
  verdict: Verdict = SUCCEEDED,
) {
  const shift = (at: number | undefined) => (at === undefined ? undefined : START + at);
  const shifted = times && {
    ...times,
    kernelAt: shift(times.kernelAt),
    beginAt: shift(times.beginAt),
    verdictAt: shift(times.verdictAt),
    steps: times.steps.map((step) => ({ ...step, startAt: START + step.startAt })),
  };
  const seen =
    runningMs === null ? [] : [{ type: 'machine', at: START + runningMs, machine: machine(0) } as const];
  const told = { ...verdict, ...(shifted && { times: shifted as RunTimes }) };
  const events = [
    ...begin(1),
    ...seen,
    { type: 'verdict', at: START + 90_000, machine: machine(0), verdict: told } as const,
  ];
  const [timeline] = timelinesOf(fold(events));
  if (timeline === undefined) throw new Error('no timeline');
  const { running_ms, kernel_ms, begin_ms, steps, verdict_ms } = timeline;
  return {
    running_ms,
    kernel_ms,
    begin_ms,
    steps: steps.map(({ start_ms, ms }) => [start_ms, ms]),
    verdict_ms,
  };
}

const TIMES = { kernelAt: 4000, beginAt: 9000, steps: [{ ...STEP, startAt: 9100 }], verdictAt: 9900 };

describe('a machine’s timeline', () => {
  test('counts from EC2’s launch time', () => {
    expect(timelineOf(TIMES)).toEqual({
      running_ms: 3000,
      kernel_ms: 4000,
      begin_ms: 9000,
      steps: [[9100, 700]],
      verdict_ms: 9900,
    });
    expect(timelinesOf(fold(begin(1)))).toEqual([
      {
        instance_id: machine(0).instanceId,
        launched: '2026-11-21T22:00:00.000Z',
        running_ms: null,
        kernel_ms: null,
        begin_ms: null,
        steps: [],
        verdict_ms: null,
        over_budget: false,
      },
    ]);
  });

  test('EC2 shows a machine running late: not after its kernel has started, and much later tells nothing', () => {
    expect(timelineOf(TIMES, 5000)).toMatchObject({ running_ms: 4000 });
    expect(timelineOf(TIMES, 5001)).toMatchObject({ running_ms: null, kernel_ms: 4000 });
    expect(timelineOf({ ...TIMES, kernelAt: undefined as never }, 20_000)).toMatchObject({
      running_ms: null,
      kernel_ms: null,
      begin_ms: 9000,
    });
  });

  test('a machine that ran when it was first seen has been running for nobody knows how long', () => {
    const events = [
      { type: 'machine', at: START + 60_000, machine: machine(0) } as const,
      { type: 'verdict', at: START + 61_000, machine: machine(0), verdict: SUCCEEDED } as const,
    ];
    expect(timelinesOf(fold(events))).toMatchObject([{ running_ms: null }]);
  });

  test('EC2 cuts launch times to the second: nothing is negative, and lengths stay', () => {
    const early = { beginAt: -400, steps: [{ ...STEP, startAt: -300 }], verdictAt: 500 };
    expect(timelineOf(early, -300)).toEqual({
      running_ms: 0,
      kernel_ms: null,
      begin_ms: 0,
      steps: [[100, 700]],
      verdict_ms: 900,
    });
  });

  test('a machine’s clock that is behind tells nothing, nor does an operator’s', () => {
    const behind = { beginAt: -60_000, steps: [{ ...STEP, startAt: -59_000 }], verdictAt: -58_000 };
    expect(timelineOf(behind, -70_000)).toEqual({
      running_ms: null,
      kernel_ms: null,
      begin_ms: null,
      steps: [],
      verdict_ms: null,
    });
  });

  test('a container shows the uptime of its host: no kernel started then', () => {
    expect(timelineOf({ ...TIMES, kernelAt: -86_400_000 })).toMatchObject({
      kernel_ms: null,
      begin_ms: 9000,
    });
  });

  test('a beacon alone tells when the run began and ended', () => {
    expect(timelineOf({ beginAt: 9000, steps: [], verdictAt: 9900 }, null)).toEqual({
      running_ms: null,
      kernel_ms: null,
      begin_ms: 9000,
      steps: [],
      verdict_ms: 9900,
    });
  });

  test('a verdict by a pattern has the time at which it was seen', () => {
    expect(timelineOf(undefined, 3000, { ...SUCCEEDED, bootMs: 42_000, steps: [] })).toMatchObject({
      verdict_ms: 42_000,
      begin_ms: null,
    });
    expect(timelineOf({ steps: [] }, 3000, { ...SUCCEEDED, bootMs: 42_000, steps: [] })).toMatchObject({
      verdict_ms: null,
    });
  });
});
