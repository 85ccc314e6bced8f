/** A metadata service as EC2's is on a bad day, and a network that comes late: cloud-init and the bootstrapper get through. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LaneCloud, laneCloud } from './support/cloud.ts';

let cloud: LaneCloud;
beforeAll(async () => {
  // 503 to the first requests, a second for each answer, and no link for the first 20 s.
  cloud = await laneCloud('vm', 'metadata: {fail_first: 5, delay_ms: 1000}\nnetwork_late: {ms: 20000}\n');
});
afterAll(() => cloud.down());

test('slow, failing at first, and behind a late network', async () => {
  const { code, machine } = await cloud.launch('works');
  expect({ code, verdict: machine.verdict, failure: machine.failure }).toEqual({
    code: 0,
    verdict: 'succeeded',
    failure: undefined,
  });
});
