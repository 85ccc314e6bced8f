import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { idsOf, REQUEST, refusal, run } from '../../../../test/support/ec2-calls.ts';
import { testCloud } from '../../../../test/support/local-cloud.ts';
import { Buckets } from '../../src/ec2/buckets.ts';

/** How many requests an operation takes at once, and how many more after ten seconds. */
function limits(operation: string, narrowed: boolean): [burst: number, tenSeconds: number] {
  const time = { now: 0 };
  const buckets = new Buckets(() => time.now);
  const taken = () => {
    let count = 0;
    while (count < 2_000 && buckets.takeRequest('us-east-1', operation, narrowed)) count += 1;
    return count;
  };
  const burst = taken();
  time.now = 10_000;
  return [burst, taken()];
}

describe('the documented buckets', () => {
  test.each<[string, boolean, number, number]>([
    ['RunInstances', false, 5, 5],
    ['TerminateInstances', false, 100, 50],
    ['StopInstances', false, 50, 50],
    ['StartInstances', false, 5, 5],
    ['RebootInstances', false, 50, 50],
    ['CreateTags', false, 100, 100],
    ['GetConsoleOutput', false, 100, 100],
    ['DescribeInstances', true, 100, 100],
    ['DescribeInstances', false, 50, 50],
    ['DescribeInstanceAttribute', false, 100, 100],
  ])('%s (narrowed: %s): %d at once, %d after ten seconds', (operation, narrowed, burst, later) => {
    expect(limits(operation, narrowed)).toEqual([burst, later]);
  });

  test('machines have buckets of their own, which refuse whole requests and lose nothing by it', () => {
    const time = { now: 0 };
    const buckets = new Buckets(() => time.now);
    const take = (count: number, region = 'us-east-1') => buckets.takeMachines(region, 'RunInstances', count);
    expect([take(600), take(600), take(400), take(1)]).toEqual([true, false, true, false]);
    expect(take(1_000, 'eu-west-1')).toBe(true);
    time.now = 5_000;
    expect([take(11), take(10), take(1)]).toEqual([false, true, false]);
  });
});

test('a cloud with them answers RequestLimitExceeded; time gives the tokens back', async () => {
  const time = { now: Date.now() };
  await using cloud = await testCloud({
    time: { now: () => time.now, monotonic: () => time.now, sleep: () => new Promise(() => undefined) },
    faults: { throttling: 'documented' },
  });
  const exceeded = 'RequestLimitExceeded (503): Request limit exceeded.';
  for (let count = 0; count < 5; count++) await run(cloud.ec2);
  expect(await refusal(run(cloud.ec2))).toBe(exceeded);
  time.now += 500;
  await run(cloud.ec2);
  time.now += 60_000;

  // 6 of the 1,000 are gone, and a minute has given them back.
  const many = await run(cloud.ec2, { MinCount: 1, MaxCount: 1000 });
  expect(many).toHaveLength(1000);
  const more = new RunInstancesCommand({ ...REQUEST, MinCount: 2, MaxCount: 2 });
  expect(await refusal(cloud.ec2.send(more))).toBe(exceeded);
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: idsOf(many) }));
  const [first = ''] = idsOf(many);
  expect(await refusal(cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] })))).toBe(
    exceeded,
  );
  expect((await cloud.ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }))).NextToken).toBeDefined();
});
