import { expect, test } from '@jest/globals';
import { faultsOf } from './sample.ts';

test.each(['[', '{a: ', '- ', 'a: &x ', '!!a ', '? '])('a very deep nest of %j is a fault', (token) => {
  expect(faultsOf(token.repeat(20_000)).length).toBeGreaterThan(0);
});
