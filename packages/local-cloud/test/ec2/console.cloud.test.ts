import { type EC2Client, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { inState, refusal, run, runOne } from '../../../../test/support/ec2-calls.ts';
import { testCloud, until } from '../../../../test/support/local-cloud.ts';
import { scriptedDriver } from '../../../../test/support/scripted-boxes.ts';
import { type Clock, systemClock } from '../../src/clock.ts';

const QUICK = { pendingMs: 1, endingMs: 1 };

async function consoleOf(ec2: EC2Client, InstanceId: string, Latest: boolean): Promise<string | undefined> {
  const { Output } = await ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest }));
  return Output === undefined ? undefined : Buffer.from(Output, 'base64').toString('latin1');
}

describe('GetConsoleOutput', () => {
  test('with Latest gives what is there now; without, what was posted: later, and unchanged until the end', async () => {
    const say: { more?: () => void; end?: () => void } = {};
    const driver = scriptedDriver((_, box) => {
      box.write('booting\n');
      say.more = () => box.write('done\n');
      say.end = () => box.end('shutdown');
    });
    // The test decides when the console is posted: on a busy machine no span of time would be long enough.
    const postedConsoleMs = 43_210;
    let post: () => void = () => undefined;
    const sleep: Clock['sleep'] = (ms, signal) =>
      ms < 40_000
        ? systemClock.sleep(ms, signal)
        : new Promise((resolve) => {
            post = resolve;
            signal?.addEventListener('abort', () => resolve(), { once: true });
          });
    await using cloud = await testCloud({
      driver,
      clock: { ...systemClock, sleep },
      settings: { ...QUICK, postedConsoleMs },
    });
    const id = await runOne(cloud.ec2);
    expect(await consoleOf(cloud.ec2, id, false)).toBeUndefined();
    await until('the console is posted', () => {
      post();
      return consoleOf(cloud.ec2, id, false);
    });
    say.more?.();
    expect(await consoleOf(cloud.ec2, id, true)).toBe('booting\r\ndone\r\n');
    expect(await consoleOf(cloud.ec2, id, false)).toBe('booting\r\n');
    say.end?.();
    await until('the last console is posted', async () => {
      post();
      return (await consoleOf(cloud.ec2, id, false))?.includes('done');
    });
  });

  test('says when it was taken', async () => {
    await using cloud = await testCloud({ driver: scriptedDriver((_, box) => box.write('x')) });
    const id = await runOne(cloud.ec2);
    const { Timestamp } = await cloud.ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
    expect(Math.abs(Date.now() - (Timestamp?.getTime() ?? 0))).toBeLessThan(60_000);
  });

  test('Latest works on Nitro types only', async () => {
    await using cloud = await testCloud();
    const id = await runOne(cloud.ec2, { InstanceType: 't2.micro' });
    expect(await refusal(consoleOf(cloud.ec2, id, true))).toBe(
      'UnsupportedOperation (400): This instance type does not support retrieving the latest console logs',
    );
    expect(await consoleOf(cloud.ec2, id, false)).toBeUndefined();
  });

  test('keeps the newest 64 KB of a machine that talks much', async () => {
    const driver = scriptedDriver((_, box) => {
      for (let line = 0; line < 10_000; line += 1) box.write(`line ${line}\n`);
    });
    await using cloud = await testCloud({ driver, settings: QUICK });
    const id = await runOne(cloud.ec2);
    const text = await until('all is written', async () => {
      const now = await consoleOf(cloud.ec2, id, true);
      return now?.endsWith('line 9999\r\n') && now;
    });
    expect(text).toHaveLength(65_536);
  });

  test('says why a box could not be made', async () => {
    const boot = () => Promise.reject(new Error('the image is gone'));
    await using cloud = await testCloud({ driver: { kind: 'scripted', limits: [], boot }, settings: QUICK });
    const id = await runOne(cloud.ec2);
    await inState(cloud.ec2, id, 'terminated');
    expect(await consoleOf(cloud.ec2, id, true)).toBe(
      'rolecall local cloud: the box could not be made: the image is gone\r\n',
    );
  });

  test('as a fault: empty, or torn, for the machines that it strikes', async () => {
    const driver = scriptedDriver((_, box) => box.write('0123456789'));
    const shown = async (console: object) => {
      await using cloud = await testCloud({
        driver,
        settings: QUICK,
        faults: { console: { launchIndexes: [0], ...console } },
      });
      const [struck, well] = await run(cloud.ec2, { MinCount: 2, MaxCount: 2 });
      await until('the other one has written', () => consoleOf(cloud.ec2, well?.InstanceId ?? '', true));
      return await consoleOf(cloud.ec2, struck?.InstanceId ?? '', true);
    };
    expect(await shown({ empty: true })).toBeUndefined();
    expect(await shown({ everyBytes: 3, dropBytes: 2 })).toBe('012567');
  });
});
