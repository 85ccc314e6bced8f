import { describe, expect, test } from '@jest/globals';
import { isSmall, Pace } from '../../src/watch/pace.ts';

const MINUTE = 60_000;

test('a launch of up to 20 machines is small', () => {
  expect([isSmall(20), isSmall(21)]).toEqual([true, false]);
});

test('each tick has its part of 16 console readings a second, and at least one', () => {
  expect(new Pace(1_000).reads).toBe(16);
  expect(new Pace(500).reads).toBe(8);
  expect(new Pace(10).reads).toBe(1);
});

test('verdicts of a small launch are tagged at once, others are collected', () => {
  const pace = new Pace(1_000);
  expect([pace.tagMs(0), pace.tagMs(20), pace.tagMs(21)]).toEqual([0, 0, 15_000]);
});

test('ticks are rarer while AWS throttles, and as often as before once it does not', () => {
  const pace = new Pace(1_000);
  const pauses = (throttled: boolean, ticks: number) =>
    Array.from({ length: ticks }, () => {
      pace.ticked(throttled);
      return pace.pauseMs / 1_000;
    });
  expect(pace.pauseMs).toBe(1_000);
  expect(pauses(true, 7)).toEqual([2, 4, 8, 16, 32, 32, 32]);
  expect(pauses(false, 7)).toEqual([16, 8, 4, 2, 1, 1, 1]);
});

test('only the first throttled tick begins a time of throttling', () => {
  const pace = new Pace(1_000);
  expect([true, true, false, false, true].map((throttled) => pace.ticked(throttled))).toEqual([
    ...[true, false, false, false, true],
  ]);
});

describe('the pause between two descriptions', () => {
  const pause = (described: number, fleet: number, pendingMs: number | undefined) =>
    new Pace(1_000).describeMs({ described, fleet }, pendingMs);

  test.each([
    ['of a small launch grows with its machines', 10, 20, MINUTE, 200],
    ['of the first machines of a large one is two seconds', 10, 1_000, 0, 2_000],
    ['grows with the machines that are described', 200, 1_000, 0, 4_000],
    ['is ten seconds at most', 900, 1_000, 0, 10_000],
    ['but five for each page of a thousand', 3_000, 3_000, 0, 15_000],
    ['grows with the age of what hangs', 10, 1_000, 10 * MINUTE, 30_000],
    ['where all run, is at least five seconds', 10, 1_000, undefined, 5_000],
    ['where all run, grows with the machines', 60, 1_000, undefined, 9_000],
    ['where all run, is 15 seconds at most', 500, 1_000, undefined, 15_000],
  ])('%s', (_what, described, fleet, pendingMs, expected) => {
    expect(pause(described, fleet, pendingMs)).toBe(expected);
  });

  test('is longer while AWS throttles', () => {
    const pace = new Pace(1_000);
    pace.ticked(true);
    expect(pace.describeMs({ described: 10, fleet: 20 }, 0)).toBe(400);
    expect(pace.describeMs({ described: 10, fleet: 1_000 }, 0)).toBe(4_000);
  });
});
