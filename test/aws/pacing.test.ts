import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openPacing, type Pacing } from '../../src/aws/pacing.ts';
import { retrying } from '../../src/aws/retry.ts';
import { limitOf, type Rate } from '../../src/aws/token-bucket.ts';
import { AwsError } from '../../src/errors.ts';
import { holdsAsync } from '../support/property.ts';
import { SimClock } from '../support/sim-clock.ts';

interface Granted {
  readonly who: number;
  readonly at: number;
  readonly cost: number;
}

/** No window of time holds more than the bucket's capacity and what flowed in meanwhile. */
function expectWithin(rate: Rate, granted: readonly Granted[]): void {
  granted.forEach((from, i) => {
    let sum = 0;
    for (const { at, cost } of granted.slice(i)) {
      sum += cost;
      expect(sum).toBeLessThanOrEqual(rate.capacity + (rate.perSecond * (at - from.at)) / 1000 + 1e-6);
    }
  });
}

const OPERATIONS = [
  'RunInstances',
  'TerminateInstances',
  'CreateTags',
  'DescribeInstances',
  'GetConsoleOutput',
];

describe('pacing', () => {
  test.each([
    ['RunInstances', 5, 2, 1000, 2],
    ['StartInstances', 5, 2, undefined, undefined],
    ['TerminateInstances', 100, 5, 1000, 20],
    ['CreateTags', 100, 10, undefined, undefined],
    ['DescribeInstances', 100, 20, undefined, undefined],
    ['DescribeInstanceStatus', 50, 10, undefined, undefined],
    ['DescribeInstanceAttribute', 100, 20, undefined, undefined],
    ['GetConsoleOutput', 100, 20, undefined, undefined],
    ['StopInstances', 50, 5, undefined, undefined],
  ])(
    '%s has the bucket that AWS documents',
    (operation, capacity, perSecond, machines, machinesPerSecond) => {
      const limit = limitOf(operation);
      expect(limit.requests).toEqual({ capacity, perSecond });
      expect(limit.machines?.capacity).toBe(machines);
      expect(limit.machines?.perSecond).toBe(machinesPerSecond);
    },
  );

  test('grants first come, first served, and never more than the documented buckets hold', async () => {
    const comers = fc.array(fc.record({ pause: fc.nat(2_000), machines: fc.integer({ min: 1, max: 400 }) }), {
      minLength: 1,
      maxLength: 40,
    });
    await holdsAsync(
      fc.asyncProperty(fc.constantFrom(...OPERATIONS), comers, async (operation, all) => {
        const clock = new SimClock();
        const pacing = openPacing(clock);
        const granted: (Granted & { readonly machines: number })[] = [];
        const coming = async () => {
          for (const [who, { pause, machines }] of all.entries()) {
            await clock.sleep(pause);
            void pacing
              .turn(operation, machines)
              .then(() => granted.push({ who, at: clock.now(), cost: 1, machines }));
          }
        };
        void coming();
        await clock.run();
        expect(granted.map(({ who }) => who)).toEqual(all.map((_, who) => who));
        const limit = limitOf(operation);
        expectWithin(limit.requests, granted);
        if (limit.machines !== undefined)
          expectWithin(
            limit.machines,
            granted.map(({ machines, ...one }) => ({ ...one, cost: machines })),
          );
      }),
      { numRuns: 60 },
    );
  });

  test('operations do not wait for one another', async () => {
    const clock = new SimClock();
    const pacing = openPacing(clock);
    for (let i = 0; i < 12; i += 1) void pacing.turn('RunInstances', 100);
    const turn = await pacing.turn('DescribeInstances', 0);
    expect(turn.waitedMs).toBe(0);
  });

  test('whoever is stopped leaves the queue with an error, and the others keep their places', async () => {
    const stops = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
    await holdsAsync(
      fc.asyncProperty(stops, fc.integer({ min: 0, max: 20_000 }), async (stopped, afterMs) => {
        const clock = new SimClock();
        const pacing = openPacing(clock);
        const abort = new AbortController();
        const served: number[] = [];
        const failed: number[] = [];
        for (const [who, isStopped] of stopped.entries()) {
          pacing.turn('RunInstances', 100, isStopped ? abort.signal : undefined).then(
            () => served.push(who),
            (error: AwsError) => {
              expect(error.message).toContain('RunInstances was not sent');
              failed.push(who);
            },
          );
        }
        void clock.sleep(afterMs).then(() => abort.abort());
        await clock.run();
        expect(served).toEqual([...served].sort((a, b) => a - b));
        expect([...served, ...failed].sort((a, b) => a - b)).toEqual(stopped.map((_, who) => who));
        expect(failed.every((who) => stopped[who])).toBe(true);
        // Nobody who left has taken anything: the next waits no longer than for those who were served.
        const eta = pacing.etaMs(100, 1);
        const late = openPacing(clock);
        for (const _ of served) void late.turn('RunInstances', 100);
        await clock.run();
        expect(eta).toBeLessThanOrEqual(late.etaMs(100, 1));
      }),
      { numRuns: 60 },
    );
  });

  test('says honestly how long so many machines will take', async () => {
    const clock = new SimClock();
    const pacing = openPacing(clock);
    const promised = pacing.etaMs(3_000, 30);
    for (let i = 0; i < 30; i += 1) void pacing.turn('RunInstances', 100);
    expect(await clock.run()).toBe(promised);
    // (3,000 - 1,000) machines at 2 a second, within the 5 % that caution may cost.
    expect(promised).toBeGreaterThanOrEqual(1_000_000);
    expect(promised).toBeLessThan(1_050_000);
    expect(openPacing(clock).etaMs(1_000, 1)).toBe(0);
  });
});

/** EC2 as it is: a bucket of its own, which others empty. */
class Crowded {
  readonly #clock: SimClock;
  tokens = 0;
  throttled = 0;
  #at: number;

  constructor(clock: SimClock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  async ask(pacing: Pacing): Promise<void> {
    const turn = await pacing.turn('DescribeInstances', 0);
    const now = this.#clock.now();
    // Three quarters of the refill of 20 a second go to others.
    this.tokens = Math.min(100, this.tokens + ((now - this.#at) * 5) / 1000);
    this.#at = now;
    if (this.tokens < 1) {
      this.throttled += 1;
      turn.throttled();
      throw new AwsError('slow down', { kind: 'throttle' });
    }
    this.tokens -= 1;
    turn.admitted();
  }
}

test('on a crowded account repetitions do not pile up: throttled answers stay few', async () => {
  const clock = new SimClock();
  const pacing = openPacing(clock);
  const ec2 = new Crowded(clock);
  let served = 0;
  const one = async () => {
    await retrying(
      () => ec2.ask(pacing),
      (thrown) => thrown as AwsError,
      { clock, random: () => 0.5 },
    );
    served += 1;
  };
  for (let i = 0; i < 300; i += 1) void one();
  const tookMs = await clock.run();
  expect(served).toBe(300);
  // The first burst believes in a full bucket and meets an empty one; after that most requests pass.
  expect(ec2.throttled).toBeLessThan(95 + 300 / 4);
  expect(tookMs).toBeGreaterThanOrEqual(300 / 5);
});

test.each([-3_600_000, 3_600_000])(
  'a wall clock that is set by %d ms neither holds a request back nor lets one out early',
  async (stepMs) => {
    const clock = new SimClock();
    const pacing = openPacing(clock);
    const promised = pacing.etaMs(2_000, 20);
    for (let i = 0; i < 20; i += 1) void pacing.turn('RunInstances', 100);
    void clock.sleep(promised / 2).then(() => {
      clock.wallStepMs = stepMs;
    });
    expect(await clock.run()).toBe(promised);
  },
);
