import { describe, expect, test } from '@jest/globals';
import { wildcard } from '../../src/ec2/filters.ts';

describe('wildcard', () => {
  test.each([
    ['web*', 'web-1', true],
    ['web?', 'web', false],
    ['w?b', 'web', true],
    ['a.b', 'axb', false],
    ['(a|b)[c]{1}^$+', '(a|b)[c]{1}^$+', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['*', 'two\nlines', true],
    ['', '', true],
    ['a\\', 'a\\', true],
  ])('%j on %j: %s', (pattern, value, expected) => {
    expect(wildcard(pattern).test(value)).toBe(expected);
  });
});
