import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { typeProblem } from '../../src/bundle/module.ts';
import { holds } from '../support/property.ts';

const integer = { type: 'integer' } as const;

describe('a value', () => {
  test.each(['0', '-1', '10', '-2147483648', '9999999999999999'])('%s is an integer', (text) => {
    expect(typeProblem(text, integer)).toBeUndefined();
  });

  test.each(['', ' 1', '1 ', '01', '+1', '1.0', '1e3', '0x10', '-', 'one', '1\n', '99999999999999999', '١'])(
    '%j is no integer',
    (text) => {
      expect(typeProblem(text, integer)).toEqual({ message: 'is no integer', expected: 'an integer' });
    },
  );

  test('true and false are the only booleans', () => {
    for (const text of ['true', 'false']) expect(typeProblem(text, { type: 'boolean' })).toBeUndefined();
    for (const text of ['True', 'yes', '1', '', 'true\n'])
      expect(typeProblem(text, { type: 'boolean' })).toEqual({
        message: 'is neither true nor false',
        expected: 'true or false',
      });
  });

  test('any text is a string, unless a pattern says which: the whole must match', () => {
    expect(typeProblem('a\nb\u{1f600}', { type: 'string' })).toBeUndefined();
    const type = { type: 'string', pattern: 'a|b.' } as const;
    for (const text of ['a', 'b1', 'b\u{1f600}']) expect(typeProblem(text, type)).toBeUndefined();
    for (const text of ['', 'ax', 'xb1', 'a\n', 'b\n'])
      expect(typeProblem(text, type)).toEqual({
        message: 'is not valid',
        expected: 'a text that matches a|b.',
      });
  });

  test('of an integer lies within its bounds', () => {
    const whole = fc.integer({ min: -1000, max: 1000 });
    holds(
      fc.property(whole, whole, whole, (value, one, other) => {
        const [minimum = 0, maximum = 0] = [one, other].sort((a, b) => a - b);
        const told = (kind: object) => typeProblem(String(value), { ...integer, ...kind });
        const small = { message: 'is too small' };
        const large = { message: 'is too large' };
        expect(told({ minimum })).toEqual(
          value < minimum ? { ...small, expected: `an integer of at least ${minimum}` } : undefined,
        );
        expect(told({ maximum })).toEqual(
          value > maximum ? { ...large, expected: `an integer of at most ${maximum}` } : undefined,
        );
        const expected = `an integer from ${minimum} to ${maximum}`;
        const outside = value < minimum ? { ...small, expected } : { ...large, expected };
        expect(told({ minimum, maximum })).toEqual(
          value >= minimum && value <= maximum ? undefined : outside,
        );
      }),
    );
  });
});
