import { expect, test } from '@jest/globals';
import {
  COUNT,
  either,
  FLAG,
  type Kind,
  listOf,
  oneOf,
  optional,
  orNull,
  TEXT,
  textsOf,
} from '../../src/launch/record-shape.ts';

test.each<[string, Kind, unknown[], unknown[]]>([
  ['a count', COUNT, [0, 7], [-1, 1.5, '1', null]],
  ['one of two', either(TEXT, FLAG), ['x', true], [1, null]],
  ['one of some words', oneOf('spot', 'on-demand'), ['spot', 'on-demand'], ['other', 1]],
  ['a list', listOf(COUNT), [[], [1, 2]], [[1, 'x'], {}, 1]],
  ['a value or null', orNull(COUNT), [1, null], ['x', undefined]],
  ['a value that may be absent', optional(COUNT), [1, undefined], ['x', null]],
  ['texts by name', textsOf('names'), [{}, { a: 'b' }], [{ a: 1 }, ['a'], null]],
])('%s', (_what, { holds }, good, bad) => {
  expect(good.filter((value) => !holds(value))).toEqual([]);
  expect(bad.filter((value) => holds(value))).toEqual([]);
});

test('of two kinds, both are named', () => {
  expect(either(TEXT, FLAG).what).toBe('a text or true or false');
});
