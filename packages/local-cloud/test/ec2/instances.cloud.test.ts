import { StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { describeAll, idsOf, inState, refusal, run, runOne } from '../../../../test/support/ec2-calls.ts';
import { AMI, testCloud, until } from '../../../../test/support/local-cloud.ts';
import { scriptedDriver } from '../../../../test/support/scripted-boxes.ts';

describe('a machine lives', () => {
  test('pending, running, then terminated by the user', async () => {
    await using cloud = await testCloud();
    const [machine] = await run(cloud.ec2, {
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'rolecall:launch', Value: 'a & <b> "c"' }] },
      ],
    });
    expect(machine).toMatchObject({
      ImageId: AMI,
      InstanceType: 't3.micro',
      State: { Code: 0, Name: 'pending' },
      AmiLaunchIndex: 0,
      Placement: { AvailabilityZone: 'us-east-1a' },
      Tags: [{ Key: 'rolecall:launch', Value: 'a & <b> "c"' }],
    });
    const id = machine?.InstanceId ?? '';
    expect(id).toMatch(/^i-[0-9a-f]{17}$/);
    await inState(cloud.ec2, id, 'running');

    const ended = await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(ended.TerminatingInstances).toEqual([
      {
        InstanceId: id,
        CurrentState: { Code: 32, Name: 'shutting-down' },
        PreviousState: { Code: 16, Name: 'running' },
      },
    ]);
    const gone = await inState(cloud.ec2, id, 'terminated');
    expect(gone.StateReason).toEqual({
      Code: 'Client.UserInitiatedShutdown',
      Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    });
    expect(gone.StateTransitionReason).toMatch(/^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/);
  });

  test.each([
    ['stop', 'stopped'],
    ['terminate', 'terminated'],
  ] as const)('a shutdown from inside follows the behaviour %s', async (behaviour, state) => {
    await using cloud = await testCloud({ driver: scriptedDriver((_, box) => box.end('shutdown')) });
    const [machine] = await run(cloud.ec2, { InstanceInitiatedShutdownBehavior: behaviour });
    const gone = await inState(cloud.ec2, machine?.InstanceId ?? '', state);
    expect(gone.StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
  });

  test('one that crashes is terminated, with the server to blame', async () => {
    await using cloud = await testCloud({ driver: scriptedDriver((_, box) => box.end('crashed')) });
    const [machine] = await run(cloud.ec2);
    const gone = await inState(cloud.ec2, machine?.InstanceId ?? '', 'terminated');
    expect(gone.StateReason?.Code).toBe('Server.InternalError');
  });

  test('one whose box cannot be made is terminated, and the machine spec reaches the driver whole', async () => {
    const seen: unknown[] = [];
    const boot = (spec: unknown) => {
      seen.push(spec);
      return Promise.reject(new Error('no room for boxes'));
    };
    await using cloud = await testCloud({ driver: { kind: 'scripted', limits: [], boot } });
    const [machine] = await run(cloud.ec2, {
      UserData: Buffer.from('role=web\n').toString('base64'),
      IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/path/web' },
      MetadataOptions: { HttpTokens: 'required' },
      Placement: { AvailabilityZone: 'us-east-1c' },
    });
    await inState(cloud.ec2, machine?.InstanceId ?? '', 'terminated');
    expect(seen).toEqual([
      {
        instanceId: machine?.InstanceId,
        amiId: AMI,
        amiLaunchIndex: 0,
        instanceType: 't3.micro',
        region: 'us-east-1',
        zone: 'us-east-1c',
        privateIp: '172.31.32.4',
        instanceProfile: 'web',
        userData: Buffer.from('role=web\n'),
        httpTokens: 'required',
        tags: {},
        services: {
          s3: { port: Number(new URL(cloud.endpoint).port), handler: expect.any(Function) },
          network: false,
          credentials: expect.any(Function),
        },
      },
    ]);
  });
});

describe('TerminateInstances', () => {
  test('with one bad id terminates none', async () => {
    await using cloud = await testCloud();
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    const answer = cloud.ec2.send(
      new TerminateInstancesCommand({ InstanceIds: [id, 'i-0123456789abcdef0'] }),
    );
    expect(await refusal(answer)).toBe(
      "InvalidInstanceID.NotFound (400): The instance ID 'i-0123456789abcdef0' does not exist",
    );
    expect((await inState(cloud.ec2, id, 'running')).InstanceId).toBe(id);
  });

  test('again, or while pending, or at the end of the cloud: the box is stopped once', async () => {
    const stops: string[] = [];
    const driver = scriptedDriver((spec, { signal }) => {
      signal.addEventListener('abort', () => stops.push(spec.instanceId));
    });
    const cloud = await testCloud({ driver, settings: { pendingMs: 60, endingMs: 1 } });
    const [pending = '', running = ''] = idsOf(await run(cloud.ec2, { MinCount: 2, MaxCount: 2 }));
    const end = (id: string) => cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id, id] }));
    await end(pending);
    expect((await end(pending)).TerminatingInstances).toHaveLength(1);
    await inState(cloud.ec2, pending, 'terminated');
    await inState(cloud.ec2, running, 'running');
    expect(stops).toEqual([pending]);
    await cloud[Symbol.asyncDispose]();
    expect(stops).toEqual([pending, running]);
  });

  test('a terminated machine is forgotten after its hour, and its id then is unknown', async () => {
    await using cloud = await testCloud({ settings: { pendingMs: 1, endingMs: 1, forgetTerminatedMs: -1 } });
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const gone = async () => (await describeAll(cloud.ec2)).length === 0;
    expect(await until('the machine is forgotten', gone)).toBe(true);
    expect(await refusal(describeAll(cloud.ec2, { InstanceIds: [id] }))).toMatch(
      /^InvalidInstanceID.NotFound/,
    );
  });
});

describe('StopInstances', () => {
  test('stops the box, and keeps the machine until it is terminated', async () => {
    await using cloud = await testCloud();
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    const stop = () => cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect((await stop()).StoppingInstances).toEqual([
      {
        InstanceId: id,
        CurrentState: { Code: 64, Name: 'stopping' },
        PreviousState: { Code: 16, Name: 'running' },
      },
    ]);
    const stopped = await inState(cloud.ec2, id, 'stopped');
    expect(stopped.StateReason?.Code).toBe('Client.UserInitiatedShutdown');
    expect((await stop()).StoppingInstances?.[0]?.CurrentState?.Name).toBe('stopped');
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await inState(cloud.ec2, id, 'terminated');
    expect(await refusal(stop())).toBe(
      `IncorrectInstanceState (400): This instance '${id}' is not in a state from which it can be stopped.`,
    );
  });

  test('stops no spot machine, and none of a list with one', async () => {
    await using cloud = await testCloud();
    const spot = await runOne(cloud.ec2, { InstanceMarketOptions: { MarketType: 'spot' } });
    const own = await runOne(cloud.ec2);
    await inState(cloud.ec2, own, 'running');
    const stop = cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [own, spot] }));
    expect(await refusal(stop)).toMatch(/^UnsupportedOperation \(400\): You can't stop the Spot Instance/);
    expect((await inState(cloud.ec2, own, 'running')).InstanceId).toBe(own);
  });

  test('takes a thousand ids, and no more', async () => {
    await using cloud = await testCloud();
    const ids = Array.from({ length: 1001 }, (_, count) => `i-${String(count).padStart(17, '0')}`);
    expect(await refusal(cloud.ec2.send(new StopInstancesCommand({ InstanceIds: ids })))).toBe(
      'InvalidParameterValue (400): The parameter InstanceId has 1001 members; 1000 are allowed',
    );
  });
});
