import { expect, test } from '@jest/globals';
import { adoptBatch } from '../../src/launch/adopt.ts';
import type { BatchRecord } from '../../src/launch/book.ts';
import { clientToken } from '../../src/launch/identity.ts';
import type { LaunchPlan } from '../../src/launch/plan.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import { identityOf, runRequest } from '../../src/launch/request.ts';
import { MemoryEc2, VirtualClock } from './memory-ec2.ts';
import { hashOf, LAUNCH, payload, role } from './roles.ts';

const BATCH: BatchRecord = {
  version: 1,
  batch: 1,
  count: 3,
  client_token: clientToken(LAUNCH, 1),
  payload_sha256: '',
  offering: { instance_type: 't3.micro', zone: null, subnet: null, market: 'on-demand' },
  created: '2026-11-21T21:51:40.000Z',
};
const PLAN: LaunchPlan = {
  launch: LAUNCH,
  role: role(),
  settingsHash: hashOf(role()),
  count: 3,
  payload: async () => payload('0'.repeat(32)),
};

/** An EC2, and the pauses that the launch makes. */
function setting() {
  const clock = new VirtualClock();
  const pauses: number[] = [];
  const { sleep } = clock;
  clock.sleep = async (ms) => {
    pauses.push(ms);
    await sleep(ms);
  };
  const ec2 = new MemoryEc2(clock);
  const run = { plan: PLAN, ec2: ec2.port(() => undefined), records: memoryRecords(clock), clock };
  return { ec2, run, pauses, adopting: adoptBatch(run, BATCH, clock.now()) };
}

test('EC2 is asked for the machines of a young batch for a minute, less and less often', async () => {
  const { pauses, adopting } = setting();
  await expect(adopting.next()).rejects.toThrow('so far shows 0 of its 3 machines');
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000, 8_000, 8_000, 8_000]);
});

test('of a batch that shows one machine, the same request to EC2 names them all at once', async () => {
  const { ec2, run, pauses, adopting } = setting();
  ec2.lateness = (serial) => (serial === 0 ? 0 : 3_600_000);
  await run.ec2.runInstances(runRequest(PLAN.role, payload('1'.repeat(32)), identityOf(PLAN, BATCH)));
  const { value } = await adopting.next();
  expect(value).toMatchObject({ type: 'batch-launched', machines: ec2.living() });
  expect({ living: ec2.living().length, pauses }).toEqual({ living: 3, pauses: [] });
});
