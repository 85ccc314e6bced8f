import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UsageError } from '../../src/errors.ts';
import { parseWave, waveSize, waveSizes } from '../../src/fleet/waves.ts';
import { holds } from '../support/property.ts';

describe('--wave', () => {
  test.each([
    ['10%', { percent: 10 }],
    ['100%', { percent: 100 }],
    [' 1% ', { percent: 1 }],
    ['5', { machines: 5 }],
    ['999999', { machines: 999_999 }],
  ])('%j', (text, wave) => {
    expect(parseWave(text)).toEqual(wave);
  });

  test.each(['', '0', '0%', '101%', '-1', '2.5', '10 %', 'all', '1e3', '1000000'])('%j is none', (text) => {
    expect(() => parseWave(text)).toThrow(UsageError);
  });
});

describe('waves', () => {
  test('a canary, then parts of the whole, rounded up; the last one is what is left', () => {
    expect(waveSizes({ wave: { percent: 10 }, canary: true }, 25)).toEqual([1, 3, 3, 3, 3, 3, 3, 3, 3]);
    expect(waveSizes({ wave: { percent: 100 }, canary: true }, 20)).toEqual([1, 19]);
    expect(waveSizes({ wave: { machines: 4 }, canary: false }, 9)).toEqual([4, 4, 1]);
    expect(waveSizes({ wave: { machines: 4 }, canary: true }, 1)).toEqual([1]);
    expect(waveSizes({ wave: { machines: 4 }, canary: true }, 0)).toEqual([]);
  });

  test('a canary that failed is one again', () => {
    expect(waveSize({ percent: 50 }, { total: 10, left: 10, canary: 'wanted' })).toBe(1);
    expect(waveSize({ percent: 50 }, { total: 10, left: 10, canary: 'done' })).toBe(5);
  });

  test('properties: they sum up to the whole, none is empty, none but the last smaller than the one before', () => {
    const wave = fc.oneof(
      fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ machines: fc.integer({ min: 1, max: 200 }) }),
    );
    holds(
      fc.property(wave, fc.boolean(), fc.nat(500), (each, canary, total) => {
        const sizes = waveSizes({ wave: each, canary }, total);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
        expect(sizes.every((size) => size > 0)).toBe(true);
        const equal = sizes.slice(canary ? 1 : 0, -1);
        expect(new Set(equal).size).toBeLessThanOrEqual(1);
      }),
    );
  });
});
