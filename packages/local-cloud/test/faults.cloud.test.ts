import { CreateTagsCommand, DescribeSubnetsCommand, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutObjectCommand, type S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import {
  describeAll,
  idsOf,
  inState,
  REQUEST,
  refusal,
  run,
  runOne,
} from '../../../test/support/ec2-calls.ts';
import { testCloud, until } from '../../../test/support/local-cloud.ts';
import { type Faults, strikes } from '../src/faults.ts';

describe('no capacity', () => {
  test('in a zone: the refusal names the zones that have some, and a launch anywhere goes there', async () => {
    await using cloud = await testCloud({ faults: { noCapacity: [{ zone: 'us-east-1a' }] } });
    expect(await refusal(run(cloud.ec2, { Placement: { AvailabilityZone: 'us-east-1a' } }))).toBe(
      'InsufficientInstanceCapacity (500): We currently do not have sufficient t3.micro capacity in the Availability Zone ' +
        'you requested (us-east-1a). Our system will be working on provisioning additional capacity. You can currently get ' +
        't3.micro capacity by not specifying an Availability Zone in your request or choosing us-east-1b, us-east-1c.',
    );
    expect((await run(cloud.ec2))[0]?.Placement?.AvailabilityZone).toBe('us-east-1b');
  });

  test('for a type: other types still run', async () => {
    await using cloud = await testCloud({ faults: { noCapacity: [{ instanceType: 't3.micro' }] } });
    expect(await refusal(run(cloud.ec2))).toBe(
      'InsufficientInstanceCapacity (500): We currently do not have sufficient t3.micro capacity. Our system will be ' +
        'working on provisioning additional capacity.',
    );
    expect(await run(cloud.ec2, { InstanceType: 't3.small' })).toHaveLength(1);
  });

  test('for spot: on-demand still runs', async () => {
    await using cloud = await testCloud({ faults: { noCapacity: [{ market: 'spot' }] } });
    const spot = { InstanceMarketOptions: { MarketType: 'spot' as const } };
    expect(await refusal(run(cloud.ec2, spot))).toMatch(/^InsufficientInstanceCapacity/);
    expect(await run(cloud.ec2)).toHaveLength(1);
  });

  test('for the rest: fewer than MaxCount, none below MinCount, and room again when a machine ends', async () => {
    const zone = { Placement: { AvailabilityZone: 'us-east-1a' } };
    await using cloud = await testCloud({ faults: { noCapacity: [{ zone: 'us-east-1a', available: 3 }] } });
    expect(await refusal(run(cloud.ec2, { ...zone, MinCount: 4, MaxCount: 9 }))).toMatch(
      /^InsufficientInstanceCapacity/,
    );
    expect(await run(cloud.ec2, { ...zone, MinCount: 1, MaxCount: 2 })).toHaveLength(2);
    expect(await run(cloud.ec2, { ...zone, MinCount: 1, MaxCount: 9 })).toHaveLength(1);
    expect(await refusal(run(cloud.ec2, zone))).toMatch(/^InsufficientInstanceCapacity/);
  });
});

test('a quota of vCPUs', async () => {
  await using cloud = await testCloud({ faults: { vcpuQuota: 4 } });
  expect(await run(cloud.ec2)).toHaveLength(1);
  expect(await refusal(run(cloud.ec2, { InstanceType: 'm5.xlarge' }))).toMatch(
    /^VcpuLimitExceeded \(400\): You have requested more vCPU capacity than your current vCPU limit of 4 allows/,
  );
});

test('throttling hits the first requests of an operation, and the SDK gets through by trying again', async () => {
  await using cloud = await testCloud({ faults: { throttle: { RunInstances: 2 } } });
  expect(await refusal(run(cloud.ec2))).toBe('RequestLimitExceeded (503): Request limit exceeded.');
  expect(await describeAll(cloud.ec2)).toEqual([]);
  expect(await run(cloud.client({ maxAttempts: 3 }))).toHaveLength(1);
});

test('a lost answer: the machines run, and the same request again finds them', async () => {
  await using cloud = await testCloud({ faults: { dropAnswers: { RunInstances: 1 } } });
  const request = { ClientToken: 'token', MinCount: 2, MaxCount: 2 };
  await expect(run(cloud.ec2, request)).rejects.toThrow('socket hang up');
  const made = await describeAll(cloud.ec2);
  expect(made).toHaveLength(2);
  expect(idsOf(await run(cloud.ec2, request))).toEqual(idsOf(made));
});

test('the endpoint dies after so many requests: the next breaks, all others are refused, the cloud is down', async () => {
  await using cloud = await testCloud({ faults: { dieAfterRequests: 2 } });
  await run(cloud.ec2);
  await describeAll(cloud.ec2);
  await expect(describeAll(cloud.ec2)).rejects.toThrow('socket hang up');
  await cloud.ended;
  await expect(describeAll(cloud.client({}))).rejects.toThrow('ECONNREFUSED');
});

test('late consistency: a new machine is unknown at first, also to other operations', async () => {
  const time = { now: Date.now() };
  await using cloud = await testCloud({
    clock: { now: () => time.now, monotonic: () => time.now, sleep: async () => undefined },
    faults: { invisibleMs: 5_000 },
  });
  const id = await runOne(cloud.ec2);
  const unknown = /^InvalidInstanceID.NotFound \(400\)/;
  expect(await describeAll(cloud.ec2)).toEqual([]);
  expect(await refusal(describeAll(cloud.ec2, { InstanceIds: [id] }))).toMatch(unknown);
  expect(await refusal(cloud.ec2.send(new GetConsoleOutputCommand({ InstanceId: id })))).toMatch(unknown);
  expect(
    await refusal(
      cloud.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'a', Value: 'b' }] })),
    ),
  ).toMatch(unknown);
  time.now += 5_000;
  expect(idsOf(await describeAll(cloud.ec2))).toEqual([id]);
});

test('operations that are not allowed', async () => {
  await using cloud = await testCloud({ faults: { unauthorized: ['RunInstances'] } });
  expect(await refusal(run(cloud.ec2, { DryRun: true }))).toBe(
    'UnauthorizedOperation (403): You are not authorized to perform this operation. ' +
      'No identity-based policy allows the ec2:RunInstances action',
  );
  expect((await cloud.ec2.send(new DescribeSubnetsCommand({}))).Subnets).toHaveLength(3);
});

test('conditional writes of S3 that meet another write: no others do', async () => {
  await using cloud = await testCloud({ faults: { conflicts: { PutObject: 1 } } });
  const { s3 } = cloud;
  await s3.send(new CreateBucketCommand({ Bucket: 'shop-rolecall' }));
  const put = (more: object) =>
    s3.send(new PutObjectCommand({ Bucket: 'shop-rolecall', Key: 'k', Body: 'x', ...more })).then(
      () => 'written',
      ({ name, $metadata }: S3ServiceException) => `${name} (${$metadata.httpStatusCode})`,
    );
  expect(await put({})).toBe('written');
  expect(await put({ IfNoneMatch: '*' })).toBe('ConditionalRequestConflict (409)');
  expect(await put({ IfNoneMatch: '*' })).toBe('PreconditionFailed (412)');
});

test('a machine dies some time after it runs; the others live', async () => {
  const faults: Faults = { machineDies: { afterMs: 20, launchIndexes: [1] } };
  await using cloud = await testCloud({ faults });
  const [alive = '', dying = ''] = idsOf(await run(cloud.ec2, { ...REQUEST, MinCount: 2, MaxCount: 2 }));
  expect((await inState(cloud.ec2, dying, 'terminated')).StateReason?.Code).toBe('Server.InternalError');
  expect((await inState(cloud.ec2, alive, 'running')).InstanceId).toBe(alive);
});

test('a launch into a cloud that ends leaves no box', async () => {
  const up = new Set<string>();
  const boot = async ({ instanceId }: { instanceId: string }) => {
    let settle: (end: { reason: 'stopped' }) => void = () => undefined;
    const ended = new Promise<{ reason: 'stopped' }>((resolve) => {
      settle = resolve;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    up.add(instanceId);
    const stop = async () => {
      up.delete(instanceId);
      settle({ reason: 'stopped' });
    };
    return { pid: undefined, ended, stop };
  };
  const cloud = await testCloud({
    driver: { kind: 'scripted', limits: [], boot },
    settings: { pendingMs: 1, endingMs: 1 },
  });
  const [first = ''] = idsOf(await run(cloud.ec2));
  await until('one box is up', async () => up.has(first));
  await run(cloud.ec2, { MinCount: 3, MaxCount: 3 });
  await cloud[Symbol.asyncDispose]();
  expect([...up]).toEqual([]);
});

test('a share of the machines: the same ones for the same seed, others for another fault', () => {
  const faults: Faults = { seed: 5, impaired: { share: 0.25 }, machineDies: { afterMs: 1, share: 0.25 } };
  const struck = (name: 'impaired' | 'machineDies', seed = 5) =>
    Array.from({ length: 2_000 }, (_, ordinal) => ordinal).filter((ordinal) =>
      strikes({ ...faults, seed }, name, { launchIndex: 0, ordinal }),
    );
  expect(struck('impaired').length / 2_000).toBeCloseTo(0.25, 1);
  expect(struck('impaired')).toEqual(struck('impaired'));
  expect(struck('impaired')).not.toEqual(struck('machineDies'));
  expect(struck('impaired')).not.toEqual(struck('impaired', 6));
  expect(strikes({ impaired: { launchIndexes: [1] } }, 'impaired', { launchIndex: 0, ordinal: 1 })).toBe(
    false,
  );
  expect(strikes({}, 'impaired', { launchIndex: 0, ordinal: 0 })).toBe(false);
});
