import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdsAsync } from '../../../test/support/property.ts';
import { Agenda } from '../src/agenda.ts';
import type { Clock } from '../src/clock.ts';

/** A clock that goes on when the test says so, and counts the sleepers. */
class StepClock implements Clock {
  #now = 0;
  readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          this.sleepers.delete(sleeper);
          resolve();
        },
      };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  async goTo(now: number): Promise<void> {
    this.#now = now;
    for (const sleeper of [...this.sleepers]) if (sleeper.at <= now) sleeper.wake();
    // A full turn of the event loop: what is due runs in slices, with a turn between two of them.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('runs everything in its order, and nothing early, with one sleeper at a time', async () => {
  await holdsAsync(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 }), async (delays) => {
      const clock = new StepClock();
      const agenda = new Agenda(clock);
      const ran: number[] = [];
      for (const ms of delays) agenda.after(ms, () => ran.push(ms));
      const sorted = delays.toSorted((a, b) => a - b);
      for (const now of [10, 25, 50]) {
        expect(clock.sleepers.size).toBeLessThanOrEqual(1);
        await clock.goTo(now);
        expect(ran).toEqual(sorted.filter((ms) => ms <= now));
      }
    }),
    { numRuns: 30 },
  );
});

test('an earlier entry comes first, also when the sleep for a later one has begun', async () => {
  const clock = new StepClock();
  const agenda = new Agenda(clock);
  const ran: string[] = [];
  agenda.after(100, () => ran.push('late'));
  agenda.after(10, () => ran.push('early'));
  await clock.goTo(10);
  expect(ran).toEqual(['early']);
  await clock.goTo(100);
  expect(ran).toEqual(['early', 'late']);
});

test('thousands that are due at once let other work have its turn between', async () => {
  const clock = new StepClock();
  const agenda = new Agenda(clock);
  let ran = 0;
  for (let count = 0; count < 1_000; count++) agenda.after(5, () => (ran += 1));
  const seen: number[] = [];
  const done = clock.goTo(5);
  for (let turn = 0; turn < 8; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(ran);
  }
  await done;
  expect(ran).toBe(1_000);
  expect(seen.some((count) => count > 0 && count < 1_000)).toBe(true);
});

test('what is left runs when it is closed, and what comes later at once', async () => {
  const clock = new StepClock();
  const agenda = new Agenda(clock);
  const slept = agenda.sleep(1_000);
  agenda.close();
  await slept;
  let ran = false;
  agenda.after(1_000, () => {
    ran = true;
  });
  expect(ran).toBe(true);
  expect(clock.sleepers.size).toBe(0);
});
