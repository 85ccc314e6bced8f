import { expect, test } from '@jest/globals';
import { acceleratedClock, ChangeableClock, type Clock } from '../src/clock.ts';

/** A clock whose sleeps are over at once, and which remembers them. */
function handClock() {
  const time = { now: 1_000, monotonic: 50, slept: [] as number[] };
  const clock: Clock = {
    now: () => time.now,
    monotonic: () => time.monotonic,
    sleep: async (ms) => {
      time.slept.push(ms);
    },
  };
  return { time, clock };
}

test('an accelerated clock shows the same at its origin, and then runs ahead; its sleeps are shorter', async () => {
  const { time, clock } = handClock();
  const fast = acceleratedClock({ originMs: 1_000, speed: 50 }, clock);
  expect(fast.now()).toBe(1_000);
  time.now += 20;
  expect(fast.now()).toBe(2_000);
  await fast.sleep(5_000);
  expect(time.slept).toEqual([100]);
});

test('a changeable clock shows what the clock shows that it goes by', async () => {
  const { time, clock } = handClock();
  const changeable = new ChangeableClock(clock);
  await changeable.sleep(10);
  changeable.goBy(acceleratedClock({ originMs: 0, speed: 10 }, clock));
  expect(changeable.now()).toBe(10_000);
  await changeable.sleep(10);
  expect(time.slept).toEqual([10, 1]);
});

test('a changeable clock may be taken apart', async () => {
  const { time, clock } = handClock();
  const { now, sleep } = new ChangeableClock(clock);
  expect(now()).toBe(1_000);
  await sleep(7);
  expect(time.slept).toEqual([7]);
});

test('a changeable clock keeps its intervals whole when it changes over, and a step of the wall clock changes none', () => {
  const { time, clock } = handClock();
  const changeable = new ChangeableClock(clock);
  const began = changeable.monotonic();
  time.monotonic += 30;
  changeable.goBy(acceleratedClock({ originMs: 1_000, speed: 10 }, clock));
  expect(changeable.monotonic() - began).toBe(30);
  time.now -= 3_600_000;
  time.monotonic += 5;
  expect(changeable.monotonic() - began).toBe(80);
});
