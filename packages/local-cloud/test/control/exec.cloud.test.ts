import { once } from 'node:events';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { inState, runOne } from '../../../../test/support/ec2-calls.ts';
import { type TestCloud, testCloud } from '../../../../test/support/local-cloud.ts';
import { scriptedDriver } from '../../../../test/support/scripted-boxes.ts';
import { enterMachine } from '../../src/control/connection.ts';

/** `enterMachine` with what the test cloud is reached by. */
const enter = ({ reach }: TestCloud, id: string): Promise<Duplex> => enterMachine(reach, id);

async function cloudWith(exec: (client: Duplex) => boolean) {
  const cloud = await testCloud({ driver: scriptedDriver(() => undefined, { exec }) });
  const id = await runOne(cloud.ec2);
  await inState(cloud.ec2, id, 'running');
  return { cloud, id };
}

/** The machine's end sends everything back, in capitals. */
const shout = (client: Duplex): boolean => {
  client.on('data', (chunk: Buffer) => client.write(String(chunk).toUpperCase()));
  return true;
};

describe('a connection into a machine', () => {
  test('carries bytes both ways', async () => {
    const { cloud, id } = await cloudWith(shout);
    await using _ = cloud;
    const machine = await enter(cloud, id);
    machine.write('uname');
    expect(String((await once(machine, 'data'))[0])).toBe('UNAME');
    machine.destroy();
  });

  test('is refused with the cloud’s own words: no such machine, none that can be entered so, none free', async () => {
    const { cloud, id } = await cloudWith(() => false);
    await using _ = cloud;
    await expect(enter(cloud, 'i-00000000000000000')).rejects.toThrow('has no machine i-00000000000000000');
    await expect(enter(cloud, id)).rejects.toThrow('as many commands as can already run');
    await using plain = await testCloud();
    const other = await runOne(plain.ec2);
    await inState(plain.ec2, other, 'running');
    await expect(enter(plain, other)).rejects.toThrow(
      `the machine ${other} is running: nothing can run in it`,
    );
  });

  test('needs a proof of the key', async () => {
    const entered: Duplex[] = [];
    const { cloud, id } = await cloudWith((client) => entered.push(client) > 0);
    await using _ = cloud;
    const asked = request({
      socketPath: cloud.reach.control,
      path: `/_rolecall/exec/${id}`,
      headers: { connection: 'Upgrade', upgrade: 'rolecall-exec', authorization: 'Rolecall 0 0' },
    }).end();
    const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(401);
    expect(entered).toEqual([]);
  });

  test('that nobody closes does not keep the cloud from ending', async () => {
    const { cloud, id } = await cloudWith(() => true);
    const machine = await enter(cloud, id);
    machine.on('error', () => undefined);
    await cloud[Symbol.asyncDispose]();
    await expect(fetch(cloud.endpoint)).rejects.toThrow();
    machine.destroy();
  });
});
