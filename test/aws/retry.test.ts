import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kindOf } from '../../src/aws/classify.ts';
import { patienceWith, pauseMs, retrying, type Waiting } from '../../src/aws/retry.ts';
import type { Clock } from '../../src/clock.ts';
import { AwsError, type AwsErrorKind } from '../../src/errors.ts';
import { holds } from '../support/property.ts';

const error = (kind: AwsErrorKind, code?: string) => new AwsError(kind, { kind, code });

/** A clock whose time passes only by sleeping. */
function virtualClock(): Clock & { slept: number[] } {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now - 900_000,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}

/** Runs an attempt that fails with each of `failures` in turn and then succeeds. */
async function run(failures: AwsError[], waiting: Waiting = 'for-trouble') {
  const clock = virtualClock();
  let attempts = 0;
  const attempt = async () => {
    const failure = failures[attempts];
    attempts += 1;
    if (failure !== undefined) throw failure;
    return 'done';
  };
  const outcome = await retrying(
    attempt,
    (thrown) => thrown as AwsError,
    { clock, random: () => 0.5 },
    waiting,
  ).catch((thrown: unknown) => thrown);
  return { outcome, attempts, slept: clock.slept };
}

const forever = (one: AwsError) => Array.from({ length: 10_000 }, () => one);

describe('retrying', () => {
  test.each(['throttle', 'server'] as const)('%s is waited out', async (kind) => {
    expect(await run([error(kind), error(kind), error(kind)])).toMatchObject({
      outcome: 'done',
      attempts: 4,
    });
  });

  test.each([
    'capacity',
    'quota',
    'permission',
    'credentials',
    'invalid',
    'idempotency',
    'refused',
    'not-found',
  ] as const)('%s is final at the first answer', async (kind) => {
    const failure = error(kind);
    expect(await run([failure])).toMatchObject({ outcome: failure, attempts: 1, slept: [] });
  });

  test('a name that does not resolve, and a connection that is not trusted, are final', async () => {
    for (const code of ['ENOTFOUND', 'CERT_HAS_EXPIRED']) {
      expect(await run([error('endpoint', code)])).toMatchObject({ attempts: 1 });
    }
  });

  test('a machine that EC2 does not know yet is waited for where that is asked', async () => {
    expect(await run([error('not-found'), error('not-found')], 'for-machine')).toMatchObject({
      outcome: 'done',
      attempts: 3,
    });
  });

  test.each([
    ['throttle', error('throttle'), 120_000],
    ['server', error('server'), 30_000],
    ['endpoint', error('endpoint', 'ECONNRESET'), 30_000],
    ['refused port', error('endpoint', 'ECONNREFUSED'), 1_500],
  ])('%s is given up after a bounded time', async (_name, failure, budgetMs) => {
    const { outcome, slept, attempts } = await run(forever(failure));
    expect(outcome).toMatchObject({ kind: failure.kind, code: failure.code, message: failure.message });
    expect(attempts).toBeGreaterThan(2);
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(budgetMs);
  });

  test('attempts that each take a minute are still made three times', async () => {
    const clock = virtualClock();
    let attempts = 0;
    const slow = async () => {
      attempts += 1;
      await clock.sleep(60_000);
      throw error('endpoint', 'ETIMEDOUT');
    };
    await expect(retrying(slow, (thrown) => thrown as AwsError, { clock, random: () => 0 })).rejects.toThrow(
      AwsError,
    );
    expect(attempts).toBe(3);
  });

  test('the wait for a turn uses up none of the time for trouble', async () => {
    const clock = virtualClock();
    let attempts = 0;
    const paced = async (waited: (ms: number) => void) => {
      await clock.sleep(75 * 60_000);
      waited(75 * 60_000);
      attempts += 1;
      if (attempts < 6) throw error('throttle');
      return 'done';
    };
    const toError = (thrown: unknown) => thrown as AwsError;
    expect(await retrying(paced, toError, { clock, random: () => 0.5 })).toBe('done');
  });

  test.each([
    ['a broken connection', error('endpoint', 'ECONNRESET'), true],
    ['a server in trouble', error('server'), true],
    [
      'a closed port',
      new AwsError('nobody', { kind: 'endpoint', code: 'ECONNREFUSED', neverSent: true }),
      false,
    ],
    ['throttling', error('throttle'), false],
  ])('a refusal after %s tells whether the request may have been carried out', async (_what, first, told) => {
    const { outcome } = await run([first, error('permission', 'UnauthorizedOperation')]);
    expect(outcome).toMatchObject({
      kind: 'permission',
      code: 'UnauthorizedOperation',
      afterLostAnswer: told,
    });
  });

  test('InsufficientInstanceCapacity is final wherever it is met', async () => {
    const failure = error(kindOf('InsufficientInstanceCapacity', 500), 'InsufficientInstanceCapacity');
    for (const waiting of ['for-trouble', 'for-machine', 'never'] as const)
      expect(await run(forever(failure), waiting)).toMatchObject({
        outcome: failure,
        attempts: 1,
        slept: [],
      });
  });

  test.each(['throttle', 'server', 'endpoint', 'not-found'] as const)(
    'a loop that asks again waits out no %s',
    async (kind) => {
      expect(await run(forever(error(kind)), 'never')).toMatchObject({ attempts: 1, slept: [] });
    },
  );

  test('a signal ends the waiting with the last error', async () => {
    const clock = virtualClock();
    const abort = new AbortController();
    const failure = error('throttle');
    const failing = () => Promise.reject(failure);
    const outcome = retrying(failing, (thrown) => thrown as AwsError, {
      clock,
      random: () => 0.5,
      signal: abort.signal,
      onRetry: () => abort.abort(),
    });
    await expect(outcome).rejects.toBe(failure);
    expect(clock.slept).toHaveLength(1);
  });
});

test('a pause is never nothing, never over the cap, and grows with the failures', () => {
  const patience = patienceWith(error('throttle'), 'for-trouble');
  if (patience === undefined) throw new Error('throttling must be waited out');
  holds(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, random) => {
        const pause = pauseMs(patience, failures, random);
        expect(pause).toBeGreaterThan(0);
        expect(pause).toBeLessThanOrEqual(patience.capMs);
        expect(pauseMs(patience, failures + 1, random)).toBeGreaterThanOrEqual(pause);
      },
    ),
  );
});

test.each([
  ['back', -3_600_000],
  ['ahead', 3_600_000],
])('a wall clock that is set an hour %s changes nothing about the waiting', async (_way, stepMs) => {
  const still = await run(forever(error('throttle')));
  const clock = { ...virtualClock(), slept: [] as number[] };
  let step = 0;
  const attempt = async () => {
    if (clock.slept.length === 2) step = stepMs;
    throw error('throttle');
  };
  const base = virtualClock();
  const stepped: Clock = {
    now: () => base.now() + step,
    monotonic: base.monotonic,
    sleep: async (ms) => {
      clock.slept.push(ms);
      await base.sleep(ms);
    },
  };
  const tools = { clock: stepped, random: () => 0.5 };
  await expect(retrying(attempt, (thrown) => thrown as AwsError, tools)).rejects.toThrow(AwsError);
  expect(clock.slept).toEqual(still.slept);
});
