import { GetConsoleOutputCommand, StartInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { describeAll, idsOf, inState, run, runOne } from '../../../../test/support/ec2-calls.ts';
import { type TestCloud, testCloud, until } from '../../../../test/support/local-cloud.ts';
import { scriptedDriver } from '../../../../test/support/scripted-boxes.ts';
import type { PowerFault } from '../../src/faults.ts';

/** A cloud of machines that print their boots' numbers, in two pieces; and what their power was told. */
async function cloudWith(power: readonly PowerFault[]): Promise<{ cloud: TestCloud; asked: string[] }> {
  const asked: string[] = [];
  const boots = new Map<string, number>();
  const driver = scriptedDriver(
    ({ instanceId }, box) => {
      const boot = (boots.get(instanceId) ?? 0) + 1;
      boots.set(instanceId, boot);
      box.write(`boot ${boot}: half`);
      box.write(' way\r\n');
    },
    { onPower: (what) => asked.push(what) > 0 },
  );
  return { cloud: await testCloud({ driver, faults: { power } }), asked };
}

const consoleOf = async ({ ec2 }: TestCloud, id: string): Promise<string> => {
  const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
  return Buffer.from(Output, 'base64').toString();
};

describe('a power cut', () => {
  test('at a text on the console stops the machine, which boots again when it is started; once', async () => {
    const { cloud } = await cloudWith([{ kind: 'cut', whenConsole: 'half way' }]);
    await using _ = cloud;
    const id = await runOne(cloud.ec2);
    expect((await inState(cloud.ec2, id, 'stopped')).StateReason?.Code).toBe('Server.InternalError');
    await cloud.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    await inState(cloud.ec2, id, 'running');
    await until('it has booted', async () => (await consoleOf(cloud, id)).includes('boot 2: half way'));
    expect((await describeAll(cloud.ec2))[0]?.State?.Name).toBe('running');
  });

  test('whose power comes back lets the machine boot again, and EC2 sees it running all the time', async () => {
    const { cloud } = await cloudWith([{ kind: 'cut', afterMs: 1, offMs: 5, launchIndexes: [1] }]);
    await using _ = cloud;
    const [spared = '', struck = ''] = idsOf(await run(cloud.ec2, { MinCount: 2, MaxCount: 2 }));
    await inState(cloud.ec2, struck, 'running');
    const states = new Set<string | undefined>();
    await until('it boots again', async () => {
      for (const { State } of await describeAll(cloud.ec2)) states.add(State?.Name);
      return (await consoleOf(cloud, struck)).includes('boot 2');
    });
    expect(await consoleOf(cloud, spared)).not.toContain('boot 2');
    states.delete('pending');
    expect([...states]).toEqual(['running']);
  });
});

test('a reset is the machine’s own: it is told once, however often its console shows the text', async () => {
  const { cloud, asked } = await cloudWith([{ kind: 'reset', whenConsole: 'way' }]);
  await using _ = cloud;
  const id = await runOne(cloud.ec2);
  await until('it was reset', async () => asked.length > 0);
  await inState(cloud.ec2, id, 'running');
  expect(asked).toEqual(['reset']);
});

test('boxes without a power button are spared', async () => {
  await using cloud = await testCloud({
    driver: scriptedDriver((_, box) => box.write('half way')),
    faults: { power: [{ kind: 'cut', whenConsole: 'half way' }] },
  });
  const id = await runOne(cloud.ec2);
  await inState(cloud.ec2, id, 'running');
  expect(await consoleOf(cloud, id)).toBe('half way');
});
