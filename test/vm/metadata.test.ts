/** A metadata service as EC2's is on a bad day, and a network that comes late: the bootstrapper gets through. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LaneCloud, laneCloud } from './support/cloud.ts';

/** For the bootstrapper alone, since cloud-init would meet all of it first. A request is tried eleven times in about 40 s. */
const METADATA = 'metadata: {user_agent: curl, fail_first: 1, delay_ms: 500, dead_ms: 20000}\n';

let cloud: LaneCloud;
beforeAll(async () => {
  cloud = await laneCloud('vm', `${METADATA}network_late: {ms: 20000}\n`);
});
afterAll(() => cloud.down());

test('slow, dead for 20 s, then 503, and behind a late network', async () => {
  const { code, machine } = await cloud.launch('works');
  expect({ code, verdict: machine.verdict, failure: machine.failure }).toEqual({
    code: 0,
    verdict: 'succeeded',
    failure: undefined,
  });
  // It was there for the faults: the step took as long as the silence.
  const { ms = 0 } = machine.steps.find(({ name }) => name === 'metadata') ?? {};
  expect(ms).toBeGreaterThan(20_000);
});
