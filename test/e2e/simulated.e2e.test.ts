import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';

const LAUNCH = ['launch', '--role', 'memcached', '--env', 'prod', '--context', 'b', '--local'];
const JSON_OUT = ['--output', 'json'];
const FAST = { ROLECALL_LOCAL_BOXES: 'simulated', ROLECALL_LOCAL_CLOCK_SPEED: '20' };

/** Simulated boxes as people and CI jobs meet them: through the bundled CLI. */
describe('simulated boxes', () => {
  const box = sandbox();
  afterAll(async () => {
    await box.run(['local', 'down']);
    box.dispose();
  });

  test('a cloud for one command: the environment names boxes, speed and faults', async () => {
    const faults = join(box.home, 'faults.yaml');
    writeFileSync(
      faults,
      `boxes:
  outcomes:
    - kind: failed
      lines: ['E: Unable to locate package memcached']
      launch_indexes: [1]
`,
    );
    const ran = await box.run([...LAUNCH, ...JSON_OUT, '--count', '3'], {
      env: { ...FAST, ROLECALL_LOCAL_FAULTS: faults },
    });
    expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 3 });
    const { machines, summary } = JSON.parse(ran.stdout);
    expect(summary).toEqual({ requested: 3, succeeded: 2, failed: 1, silent: 0, lost: 0 });
    const failed = machines.find(({ verdict }: { verdict: string }) => verdict === 'failed');
    expect(failed.failure).toMatchObject({
      step: 'init',
      status: 100,
      error: 'E: Unable to locate package memcached',
    });
  });

  test('a lasting one, which a command takes its time from: each boot lasts its simulated seconds', async () => {
    const up = await box.run(['local', 'up', '--boxes', 'simulated', '--clock-speed', '20']);
    expect(up).toMatchObject({ code: 0 });
    expect(up.stdout).toContain('(simulated boxes, time 20 times as fast)');
    expect(await box.run(['local', 'up', '--boxes', 'simulated'])).toMatchObject({ code: 0 });
    expect(await box.run(['local', 'up', '--clock-speed', '30', '--boxes', 'simulated'])).toMatchObject({
      code: 6,
    });
    const ran = await box.run([...LAUNCH, ...JSON_OUT]);
    expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 });
    const [{ boot_ms: bootMs, instance_id: id }] = JSON.parse(ran.stdout).machines;
    expect(bootMs).toBeGreaterThan(8_000);
    const inside = await box.run(['local', 'exec', id, '--', 'true']);
    expect(inside).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing runs in it') });
    expect(await box.run(['local', 'down'])).toMatchObject({ code: 0 });
  });

  test.each([
    [['local', 'up', '--clock-speed', '50'], {}, 'needs simulated boxes'],
    [['local', 'up', '--boxes', 'vm', '--clock-speed', '50'], {}, 'needs simulated boxes'],
    [['local', 'up', '--boxes', 'simulated', '--clock-speed', '0'], {}, 'must be a number from 1 to 1000'],
    [LAUNCH, { ROLECALL_LOCAL_BOXES: 'real' }, 'ROLECALL_LOCAL_BOXES must be vm or simulated: real'],
    [LAUNCH, { ...FAST, ROLECALL_LOCAL_CLOCK_SPEED: 'fast' }, 'ROLECALL_LOCAL_CLOCK_SPEED must be a number'],
  ])('%j is refused: %j', async (argv, env, message) => {
    const { code, stderr } = await box.run(argv, { env });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
