import { expect, test } from '@jest/globals';
import { limitOf } from '../../src/aws/token-bucket.ts';
import { MACHINES_A_SECOND, timeToGo } from '../../src/reporters/eta.ts';

test("the pace that people are told is that of EC2's limit for RunInstances", () => {
  expect(limitOf('RunInstances').machines?.perSecond).toBe(MACHINES_A_SECOND);
});

test.each([
  [4_999, undefined],
  [5_000, 'about 10 s'],
  [99_999, 'about 1 min 40 s'],
  [100_000, 'about 2 min'],
  [4_500_000, 'about 75 min'],
])('%d ms', (etaMs, left) => {
  expect(timeToGo(etaMs)).toBe(left && `${left} to go (EC2 gives 2 machines a second)`);
});
