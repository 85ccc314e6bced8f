import { describe, expect, test } from '@jest/globals';
import { budgetOfEarlier, heldToBudget } from '../../src/watch/budget.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { failedRun, goodRun, LAUNCHED_AT } from './boxes.ts';
import { World } from './world.ts';

const took = (bootMs: number): Extract<Verdict, { outcome: 'succeeded' }> => ({
  outcome: 'succeeded',
  bootMs,
  steps: [{ name: 'init', status: 0, ms: 5 }],
});
const WARNING = { ms: 60_000, strict: false };
const STRICT = { ms: 60_000, strict: true };

describe('a boot and its budget', () => {
  test('a boot within it is as it was, to the millisecond', () => {
    const verdict = took(60_000);
    expect(heldToBudget(verdict, WARNING)).toBe(verdict);
    expect(heldToBudget(verdict, STRICT)).toBe(verdict);
    expect(heldToBudget(took(1e9), undefined)).toEqual(took(1e9));
  });

  test('over it, a note says so beside the other notes', () => {
    expect(heldToBudget({ ...took(74_000), notes: ['rebooted since'] }, WARNING)).toEqual({
      ...took(74_000),
      overBudget: true,
      notes: ['rebooted since', 'over the boot_budget of 60 s by 14 s'],
    });
  });

  test('over a strict one, the machine has failed, and its steps stay', () => {
    expect(heldToBudget(took(74_000), STRICT)).toEqual({
      outcome: 'failed',
      bootMs: 74_000,
      steps: [{ name: 'init', status: 0, ms: 5 }],
      overBudget: true,
      failure: { step: 'boot_budget', status: 1, excerpt: [], reason: 'booted in 74 s; boot_budget is 60 s' },
    });
  });

  test.each([
    [60_001, 60_000, 'booted in 60.1 s; boot_budget is 60 s'],
    [61_240, 60_000, 'booted in 61.3 s; boot_budget is 60 s'],
    [600_001, 600_000, 'booted in 10 min 01 s; boot_budget is 10 min'],
    [4_000, 1_000, 'booted in 4 s; boot_budget is 1 s'],
  ])('%i ms of %i never read alike', (bootMs, ms, reason) => {
    expect(heldToBudget(took(bootMs), { ms, strict: true })).toMatchObject({ failure: { reason } });
  });

  test('a boot whose length nobody knows is within it', () => {
    const earlier: Verdict = { outcome: 'succeeded', steps: [] };
    expect(heldToBudget(earlier, STRICT)).toBe(earlier);
    const ahead: Verdict = { ...took(3_600_000), times: { steps: [] } };
    expect(heldToBudget(ahead, STRICT)).toBe(ahead);
  });

  test('a pattern’s match that is seen late tells no length', () => {
    expect(budgetOfEarlier({ success: '^ready' }, STRICT)).toBeUndefined();
    expect(budgetOfEarlier({}, STRICT)).toBe(STRICT);
  });
});

describe('a watch with a budget', () => {
  const watched = async (strict: boolean, ms: number) => {
    const world = new World();
    const begun = LAUNCHED_AT / 1000;
    world.boot(goodRun({ epoch: begun }), { n: 1 });
    world.boot(failedRun({ epoch: begun }), { n: 2 });
    const events: WatchEvent[] = await world.watch({ budget: { ms, strict } });
    const outcomes = events.flatMap((event) => (event.type === 'verdict' ? [event.verdict.outcome] : []));
    return {
      outcomes: outcomes.sort(),
      tags: [...world.tags.values()].map((tags) => tags['rolecall:verdict']).sort(),
    };
  };

  test('only a strict one fails a slow machine, and its tag says so: what comes later goes by the tag', async () => {
    expect(await watched(false, 5000)).toEqual({
      outcomes: ['failed', 'succeeded'],
      tags: ['failed', 'succeeded'],
    });
    expect(await watched(true, 5000)).toEqual({ outcomes: ['failed', 'failed'], tags: ['failed', 'failed'] });
    expect(await watched(true, 50_000)).toEqual({
      outcomes: ['failed', 'succeeded'],
      tags: ['failed', 'succeeded'],
    });
  });
});
