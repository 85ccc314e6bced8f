import { expect, test } from '@jest/globals';
import { goodRun, LAUNCHED_AT } from './boxes.ts';
import { notices, verdicts } from './store.ts';
import { World } from './world.ts';

test('five hundred machines stay within the bucket of GetConsoleOutput', async () => {
  const world = new World();
  world.bucket = { tokens: 100, at: LAUNCHED_AT };
  for (let n = 1; n <= 500; n += 1) world.boot(goodRun(), { n });
  const events = await world.watch({ timeoutMs: 600_000 });
  expect(verdicts(events).filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(500);
  expect(notices(events)).toEqual([]);
  const reads = world.calls.filter(({ name }) => name === 'latest').length;
  expect(reads / world.now).toBeLessThan(20);
  // Nobody waits longer than two rounds of 500 at 16 a second.
  expect(world.now).toBeLessThan(66);
});
