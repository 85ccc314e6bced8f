import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  admitted,
  type Bucket,
  doubted,
  fullBucket,
  taken,
  throttled,
  untilMs,
  waitMs,
} from '../../src/aws/token-bucket.ts';
import { holds } from '../support/property.ts';

const RATE = { capacity: 100, perSecond: 10 };
const emptied = (now = 0): Bucket => taken(fullBucket(RATE, now), now, 100);

describe('a token bucket', () => {
  test('gives what it holds at once, and then as it fills', () => {
    const full = fullBucket(RATE, 0);
    expect(waitMs(full, 0, 100)).toBe(0);
    expect(waitMs(emptied(), 0, 1)).toBe(100);
    expect(waitMs(emptied(), 99, 1)).toBe(1);
    expect(waitMs(emptied(), 100, 1)).toBe(0);
    expect(waitMs(emptied(), 1_000_000, 101)).toBe(0);
    expect(waitMs(taken(emptied(), 1_000_000, 101), 1_000_000, 1)).toBe(200);
  });

  test('reckons with more than it can hold where that is asked', () => {
    expect(untilMs(fullBucket(RATE, 0), 0, 1100)).toBe(100_000);
  });

  test('a clock that is set back neither fills it nor stops it', () => {
    const later = emptied(500_000);
    expect(waitMs(later, 0, 1)).toBe(100);
    expect(waitMs(taken(later, 0, 0), 100, 1)).toBe(0);
  });

  test('grants no more than its capacity and what flows in, in any window', () => {
    const requests = fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 100 })), { maxLength: 60 });
    holds(
      fc.property(requests, (asked) => {
        let bucket = fullBucket(RATE, 0);
        let now = 0;
        const granted: { at: number; cost: number }[] = [];
        for (const [pause, cost] of asked) {
          now += pause;
          now += waitMs(bucket, now, cost);
          expect(waitMs(bucket, now, cost)).toBe(0);
          bucket = taken(bucket, now, cost);
          granted.push({ at: now, cost });
        }
        granted.forEach((from, i) => {
          let sum = 0;
          for (const { at, cost } of granted.slice(i)) {
            sum += cost;
            expect(sum).toBeLessThanOrEqual(RATE.capacity + (RATE.perSecond * (at - from.at)) / 1000 + 1e-6);
          }
        });
      }),
    );
  });
});

describe('a throttled answer', () => {
  test('empties the bucket and halves what is counted on; answers that were under way then change nothing', () => {
    const once = throttled(fullBucket(RATE, 0), 1_000, 900);
    expect(once).toMatchObject({ tokens: 0, share: 0.5 });
    expect(waitMs(once, 1_000, 1)).toBe(200);
    expect(throttled(once, 1_100, 950)).toBe(once);
    expect(throttled(once, 1_100, 1_050)).toMatchObject({ tokens: 0, share: 0.25 });
  });

  test('never stops it for good, and each admitted request brings some of it back', () => {
    let bucket = fullBucket(RATE, 0);
    for (let now = 1; now < 100; now += 1) bucket = throttled(bucket, now, now);
    expect(waitMs(bucket, 100, 1)).toBeLessThanOrEqual(1_600);
    let answers = 0;
    for (; bucket.share < 1; answers += 1) bucket = admitted(bucket, 100);
    expect(answers).toBe(19);
    expect(admitted(bucket, 100).share).toBe(1);
  });

  test('halves what is believed of machines, and takes no debt back', () => {
    expect(doubted(fullBucket(RATE, 0), 0).tokens).toBe(50);
    expect(doubted(taken(fullBucket(RATE, 0), 0, 150), 0).tokens).toBe(-50);
  });
});
