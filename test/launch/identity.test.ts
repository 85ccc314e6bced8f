import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clientToken, newLaunchId, newNonce } from '../../src/launch/identity.ts';
import { isLaunchId, isNonce } from '../../src/model.ts';
import { holds } from '../support/property.ts';
import { LAUNCH } from './roles.ts';

describe('launch ids', () => {
  test('are the UTC time and six random digits', () => {
    const clock = { now: () => Date.UTC(2026, 10, 21, 21, 51, 40, 999) };
    expect(newLaunchId(clock, () => Uint8Array.of(0x9f, 0x3a, 0x2c))).toBe('20261121-215140-9f3a2c');
  });

  test('sort by time and are launch ids', () => {
    const times = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
    holds(
      fc.property(times, times, (a, b) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)].map((now) =>
          newLaunchId({ now: () => now }, randomBytes),
        );
        expect(isLaunchId(first ?? '')).toBe(true);
        expect((first ?? '').slice(0, 15) <= (second ?? '').slice(0, 15)).toBe(true);
      }),
    );
  });
});

test('a nonce is 32 hex digits of the random bytes', () => {
  expect(newNonce((count) => new Uint8Array(count).fill(0xab))).toBe('ab'.repeat(16));
  expect(isNonce(newNonce(randomBytes))).toBe(true);
});

test('a client token is the hex SHA-256 of launch/n, as long as EC2 takes it', () => {
  const token = clientToken(LAUNCH, 7);
  expect(token).toBe(createHash('sha256').update('20261121-215140-9f3a2c/7').digest('hex'));
  expect(token).toHaveLength(64);
  expect(clientToken(LAUNCH, 8)).not.toBe(token);
});
