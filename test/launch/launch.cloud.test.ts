import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import { connectEc2 } from '../../src/aws/ec2.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { AwsError } from '../../src/errors.ts';
import type { LaunchEvent } from '../../src/launch/events.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { launchMachines } from '../../src/launch/launch.ts';
import { bucketRecords } from '../../src/launch/record-places.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import { bucketOf } from '../support/archives.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';
import { hashOf, LAUNCH, payload, role } from './roles.ts';

/** The launch stage over the real SDK and HTTP, against the local cloud with its faults. */

/** Real time, but a pause of a second lasts ten milliseconds, and counts in full. */
function hastyClock(): Clock {
  let skipped = 0;
  return {
    now: () => Date.now() + skipped,
    monotonic: () => performance.now() + skipped,
    sleep: async (ms, signal) => {
      skipped += ms;
      await systemClock.sleep(ms / 100, signal);
    },
  };
}
const hasty = hastyClock();

let folder: string;
let cloud: TestCloud;
let nonces = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-cloud-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await cloud[Symbol.asyncDispose]();
});

let kind: 'files' | 'bucket' = 'files';
const records = (): LaunchRecords =>
  kind === 'files' ? fileRecords(folder) : bucketRecords(bucketOf(cloud, 'shop-rolecall', 'team/'));

const withFaults = async (faults: Faults) => {
  cloud = await testCloud({ faults });
  await cloud.control('POST', 'buckets', { name: 'shop-rolecall', region: 'us-east-1' });
};

/** One process's run of the launch: its own connection, its own nonce. */
async function run(count: number, maxBatch = 2): Promise<LaunchEvent[]> {
  nonces += 1;
  const { endpoint, credentials } = cloud;
  const ec2 = connectEc2({ region: 'us-east-1', endpoint, credentials }, { clock: hasty, random: () => 0.5 });
  const own = payload(nonces.toString(16).padStart(32, '0'));
  const plan = {
    launch: LAUNCH,
    role: role(),
    settingsHash: hashOf(role()),
    payload: async () => own,
    count,
  };
  const events: LaunchEvent[] = [];
  for await (const event of launchMachines(plan, {
    ec2,
    records: records(),
    clock: hasty,
    maxBatch,
  })) {
    events.push(event);
  }
  return events;
}

const toldIds = (events: readonly LaunchEvent[]) =>
  events
    .flatMap((event) =>
      event.type === 'batch-launched' ? event.machines.map(({ instanceId }) => instanceId) : [],
    )
    .sort();

/** The machines that the cloud really has. */
async function living(): Promise<string[]> {
  const { Reservations = [] } = await cloud.ec2.send(
    new DescribeInstancesCommand({
      Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }],
    }),
  );
  return Reservations.flatMap(({ Instances = [] }) =>
    Instances.map(({ InstanceId = '' }) => InstanceId),
  ).sort();
}

describe.each(['files', 'bucket'] as const)('over HTTP, with records in %s', (where) => {
  beforeEach(() => {
    kind = where;
  });

  test('a launch gives machines with their tags, and a re-run the same ones', async () => {
    await withFaults({});
    const first = await run(5);
    expect(toldIds(first)).toHaveLength(5);
    expect(toldIds(await run(5))).toEqual(toldIds(first));
    expect(await living()).toEqual(toldIds(first));
    const launched = first.find((event) => event.type === 'batch-launched');
    expect(launched?.type === 'batch-launched' && launched.machines[0]?.tags).toMatchObject({
      Name: 'memcached/prod/b',
      'rolecall:catalogue': 'shop',
      'rolecall:launch': LAUNCH,
      'rolecall:batch': '1',
    });
  });

  test('an answer that is lost after EC2 accepted does not launch twice', async () => {
    await withFaults({ dropAnswers: { RunInstances: 1 } });
    expect(toldIds(await run(3))).toEqual(await living());
    expect(await living()).toHaveLength(3);
  });

  test('when every answer is lost the run says so, and the next finds its machines', async () => {
    await withFaults({ dropAnswers: { RunInstances: 40 }, invisibleMs: 300 });
    const failed = run(2);
    await expect(failed).rejects.toThrow(AwsError);
    await expect(failed).rejects.toMatchObject({ kind: 'endpoint', hint: expect.stringContaining(LAUNCH) });
    expect(toldIds(await run(2))).toEqual(await living());
    expect(await living()).toHaveLength(2);
  });

  test('throttling is waited out', async () => {
    await withFaults({ throttle: { RunInstances: 4 } });
    expect(toldIds(await run(2))).toHaveLength(2);
  });

  test('no capacity: what there is, and how many will not come', async () => {
    await withFaults({ noCapacity: [{ instanceType: 't3.micro', available: 3 }] });
    const events = await run(6);
    expect(toldIds(events)).toEqual(await living());
    expect(toldIds(events)).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'batch-refused', missing: 3, error: { kind: 'capacity' } });
  });

  test('no permission: nothing launched, and which permission', async () => {
    await withFaults({ unauthorized: ['RunInstances'] });
    const events = await run(2);
    expect(events.at(-1)).toMatchObject({
      type: 'batch-refused',
      missing: 2,
      error: { kind: 'permission', message: expect.stringContaining('ec2:RunInstances') },
    });
  });

  test('quota', async () => {
    await withFaults({ vcpuQuota: 0 });
    expect((await run(1)).at(-1)).toMatchObject({ type: 'batch-refused', error: { kind: 'quota' } });
  });

  test('an endpoint that dies in the middle', async () => {
    await withFaults({ dieAfterRequests: 3 });
    await expect(run(6)).rejects.toMatchObject({ kind: 'endpoint', hint: expect.stringContaining(LAUNCH) });
  });

  test('what was terminated is launched anew', async () => {
    await withFaults({});
    const first = toldIds(await run(3));
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: first.slice(0, 1) }));
    const again = toldIds(await run(3));
    expect(again).toHaveLength(3);
    expect(again).not.toContain(first[0]);
    expect(await living()).toEqual(again);
  });
});
