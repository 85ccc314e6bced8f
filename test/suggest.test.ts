import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearest } from '../src/suggest.ts';
import { holds } from './support/property.ts';

test.each([
  ['memcache', ['web', 'memcached'], 'memcached'],
  ['wbe', ['web', 'worker'], 'web'],
  ['Prod', ['prod', 'staging'], 'prod'],
  ['production', ['prod', 'staging'], 'prod'],
  ['instnce_type', ['instance_type', 'instance_profile'], 'instance_type'],
  ['pord', ['staging', 'prod'], 'prod'],
  ['zzz', ['prod', 'staging'], undefined],
  ['', ['prod'], undefined],
  ['prod', [], undefined],
])('%j among %j: %j', (name, candidates, found) => {
  expect(nearest(name, candidates)).toBe(found);
});

test('a candidate is nearest to itself with one letter changed or left out', () => {
  const word = fc.stringMatching(/^[a-z]{4,20}$/);
  holds(
    fc.property(word, fc.nat(), fc.constantFrom('', '#'), (name, at, put) => {
      const spot = at % name.length;
      expect(nearest(name.slice(0, spot) + put + name.slice(spot + 1), [name])).toBe(name);
    }),
  );
});

test('a name of megabytes has no neighbour, and costs nothing', () => {
  expect(nearest('x'.repeat(1_000_000), ['prod'])).toBeUndefined();
});
