import {
  type EC2Client,
  GetConsoleOutputCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { describeAll, idOf, inState, refusal, run, runOne } from '../../../../test/support/ec2-calls.ts';
import { testCloud, until } from '../../../../test/support/local-cloud.ts';
import { scriptedDriver } from '../../../../test/support/scripted-boxes.ts';
import type { BoxDriver } from '../../src/box.ts';

const start = (ec2: EC2Client, ...ids: string[]) => ec2.send(new StartInstancesCommand({ InstanceIds: ids }));
const stop = (ec2: EC2Client, id: string, Force = false) =>
  ec2.send(new StopInstancesCommand({ InstanceIds: [id], Force }));
const reboot = (ec2: EC2Client, id: string) => ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
const consoleOf = async (ec2: EC2Client, id: string): Promise<string> => {
  const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
  return Buffer.from(Output, 'base64').toString();
};

describe('StartInstances', () => {
  test('boots a stopped machine again: same address, same console, a new launch time', async () => {
    let boots = 0;
    const driver = scriptedDriver((_, box) => {
      boots += 1;
      box.write(`boot ${boots}\r\n`);
    }, {});
    await using cloud = await testCloud({ driver });
    const [launched] = await run(cloud.ec2);
    const id = idOf(launched ?? {});
    const before = await inState(cloud.ec2, id, 'running');
    await stop(cloud.ec2, id);
    expect((await inState(cloud.ec2, id, 'stopped')).StateReason?.Code).toBe('Client.UserInitiatedShutdown');

    expect((await start(cloud.ec2, id)).StartingInstances).toEqual([
      {
        InstanceId: id,
        CurrentState: { Code: 0, Name: 'pending' },
        PreviousState: { Code: 80, Name: 'stopped' },
      },
    ]);
    const after = await inState(cloud.ec2, id, 'running');
    expect(after.StateReason).toBeUndefined();
    expect(after.PrivateIpAddress).toBe(before.PrivateIpAddress);
    expect(after.LaunchTime?.getTime()).toBeGreaterThanOrEqual(before.LaunchTime?.getTime() ?? Infinity);
    expect(await consoleOf(cloud.ec2, id)).toBe('boot 1\r\nboot 2\r\n');
    // A running one stays as it is.
    expect((await start(cloud.ec2, id)).StartingInstances?.[0]?.CurrentState?.Name).toBe('running');
    expect(boots).toBe(2);
  });

  test('starts no terminated machine, and none of a list with one', async () => {
    await using cloud = await testCloud({ driver: scriptedDriver(() => undefined, {}) });
    const [gone, stopped] = [await runOne(cloud.ec2), await runOne(cloud.ec2)];
    await inState(cloud.ec2, stopped, 'running');
    await stop(cloud.ec2, stopped);
    await inState(cloud.ec2, stopped, 'stopped');
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [gone] }));
    await inState(cloud.ec2, gone, 'terminated');
    expect(await refusal(start(cloud.ec2, stopped, gone))).toBe(
      `IncorrectInstanceState (400): This instance '${gone}' is not in a state from which it can be started.`,
    );
    expect((await inState(cloud.ec2, stopped, 'stopped')).InstanceId).toBe(stopped);
  });

  test('a machine that does not start again is stopped, and keeps its disk', async () => {
    const forgotten: string[] = [];
    const working = scriptedDriver(() => undefined, { onForget: (id) => forgotten.push(id) });
    let boots = 0;
    const driver: BoxDriver = {
      ...working,
      boot: async (spec, onConsole) => {
        boots += 1;
        if (boots === 2) throw new Error('no memory for QEMU');
        return working.boot(spec, onConsole);
      },
    };
    await using cloud = await testCloud({ driver });
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    await stop(cloud.ec2, id);
    await inState(cloud.ec2, id, 'stopped');
    await start(cloud.ec2, id);
    await until('it has tried', async () => boots === 2);
    expect((await inState(cloud.ec2, id, 'stopped')).StateReason?.Code).toBe('Server.InternalError');
    await start(cloud.ec2, id);
    await inState(cloud.ec2, id, 'running');
    expect(forgotten).toEqual([]);
  });

  test('a machine that lost its power is stopped, and starts again', async () => {
    const driver = scriptedDriver((_, box) => box.end('crashed'), {});
    await using cloud = await testCloud({ driver });
    const id = await runOne(cloud.ec2);
    expect((await inState(cloud.ec2, id, 'stopped')).StateReason?.Code).toBe('Server.InternalError');
    expect((await start(cloud.ec2, id)).StartingInstances?.[0]?.CurrentState?.Name).toBe('pending');
  });
});

describe('a machine with a power button', () => {
  test('is asked to shut down by stop and terminate; Force and a second request cut its power', async () => {
    const asked: string[] = [];
    const forgotten: string[] = [];
    const driver = scriptedDriver(() => undefined, {
      onPower: (what) => asked.push(what) > 0,
      onForget: (id) => forgotten.push(id),
    });
    await using cloud = await testCloud({ driver });
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    await stop(cloud.ec2, id);
    // It doesn't listen, so it goes on.
    expect((await inState(cloud.ec2, id, 'stopping')).InstanceId).toBe(id);
    expect(asked).toEqual(['shut down']);
    await stop(cloud.ec2, id, true);
    await inState(cloud.ec2, id, 'stopped');
    expect(forgotten).toEqual([]);
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await inState(cloud.ec2, id, 'terminated');
    expect([asked, forgotten]).toEqual([['shut down'], [id]]);
  });

  test('RebootInstances: it stays running, and its system is told', async () => {
    const asked: string[] = [];
    const driver = scriptedDriver(() => undefined, { onPower: (what) => asked.push(what) > 0 });
    await using cloud = await testCloud({ driver });
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    await reboot(cloud.ec2, id);
    expect(asked).toEqual(['reboot']);
    expect((await describeAll(cloud.ec2))[0]?.State?.Name).toBe('running');
    await stop(cloud.ec2, id, true);
    await inState(cloud.ec2, id, 'stopped');
    expect(await refusal(reboot(cloud.ec2, id))).toMatch(/^IncorrectInstanceState \(400\)/);
  });
});

test.each([
  ['StartInstances', start],
  ['RebootInstances', reboot],
])('%s of boxes without a disk is refused, and names the kind that has one', async (name, ask) => {
  await using cloud = await testCloud();
  const id = await runOne(cloud.ec2);
  await inState(cloud.ec2, id, 'running');
  expect(await refusal(ask(cloud.ec2, id))).toMatch(
    new RegExp(`^UnsupportedOperation \\(400\\): ${name}: .*rolecall local up --boxes vm$`),
  );
});

describe('a computer with room for two machines', () => {
  const driver = () =>
    scriptedDriver(() => undefined, { capacity: { machines: 2, sentence: '512 MiB a machine' } });
  const why = /^InsufficientInstanceCapacity \(500\): .*runs 2 of the 2 virtual machines.*512 MiB a machine/;

  test('launches what fits, and tells why it launches no more', async () => {
    await using cloud = await testCloud({ driver: driver() });
    expect(await run(cloud.ec2, { MinCount: 1, MaxCount: 5 })).toHaveLength(2);
    expect(await refusal(run(cloud.ec2))).toMatch(why);
  });

  test('a stopped machine holds no room, and needs some to start', async () => {
    await using cloud = await testCloud({ driver: driver() });
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'running');
    await stop(cloud.ec2, id);
    await inState(cloud.ec2, id, 'stopped');
    const [other = ''] = (await run(cloud.ec2, { MinCount: 2, MaxCount: 2 })).map(idOf);
    expect(await refusal(start(cloud.ec2, id))).toMatch(why);
    await until('it is running', async () => (await describeAll(cloud.ec2, { InstanceIds: [other] }))[0]);
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [other] }));
    await inState(cloud.ec2, other, 'terminated');
    expect((await start(cloud.ec2, id)).StartingInstances?.[0]?.CurrentState?.Name).toBe('pending');
  });
});
