import { afterAll, describe, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';

/** The main job as a newcomer types it: the shipped catalogue, a local cloud for this command alone. */
describe('launch --local', () => {
  const box = sandbox();
  const memcached = ['launch', '--role', 'memcached', '--env', 'prod', '--context', 'b', '--local'];
  afterAll(box.dispose);

  test('boots a real memcached, and the report says that it answers', async () => {
    const { code, stdout, stderr } = await box.run(memcached);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(
      /✔ i-[0-9a-f]{17} succeeded in .*: memcached \d[\d.]+ answers on 127\.0\.0\.1:11211/,
    );
    expect(stdout).toMatch(/memcached prod\/b: 1 of 1 succeeded \(launch [\w-]+\)/);
    expect(stdout).toContain('the local cloud ended with this command');
    expect(stderr).toMatch(/i-[0-9a-f]{17} init started/);
  });

  test('as one JSON document on stdout, and nothing else there', async () => {
    const { code, stdout } = await box.run([...memcached, '--count', '2', '--output', 'json']);
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document.summary).toEqual({ requested: 2, succeeded: 2, failed: 0, silent: 0, lost: 0 });
    expect(document.exit_code).toBe(0);
    for (const machine of document.machines) {
      expect(machine).toMatchObject({ verdict: 'succeeded', instance_type: expect.any(String) });
      expect(machine.steps.map((step: { name: string; status: number }) => [step.name, step.status])).toEqual(
        [
          ['metadata', 0],
          ['personality', 0],
          ['init', 0],
        ],
      );
    }
  });

  test('as one event a line', async () => {
    const { code, stdout, stderr } = await box.run([...memcached, '--output', 'ndjson']);
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining([
        'launch_started',
        'batch_requested',
        'batch_launched',
        'machine',
        'step_started',
        'step_ended',
        'said',
        'verdict',
        'result',
      ]),
    );
    expect(events.at(-1)).toMatchObject({ event: 'result', exit_code: 0 });
    expect(stdout + stderr).not.toMatch(/rolecall_nonce=[0-9a-f]/);
  });

  test.each(['web', 'worker'])(
    'the role %s boots as well, in every environment and context',
    async (role) => {
      const runs = ['prod', 'staging'].flatMap((env) =>
        ['a', 'b'].map((context) =>
          box.run([
            'launch',
            '--role',
            role,
            '--env',
            env,
            '--context',
            context,
            '--local',
            '--output',
            'json',
          ]),
        ),
      );
      for (const { code, stdout, stderr } of await Promise.all(runs)) {
        expect({ code, stderr, summary: JSON.parse(stdout).summary }).toMatchObject({
          code: 0,
          summary: { succeeded: 1 },
        });
      }
    },
  );
});
