import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { sandbox, until } from '../support/cli.ts';
import { bundleCatalogue } from '../support/modules.ts';
import { rehearsal } from '../support/rehearsal.ts';

const box = sandbox();
const catalogue = rehearsal(box.home);
const withBucket = join(box.home, 'beacons.yaml');
const rolecall = (...args: string[]) => box.run([...args, '--catalogue', withBucket, '--local']);

async function up(faults: string): Promise<void> {
  writeFileSync(withBucket, readFileSync(catalogue, 'utf8').replace(/^ami:/m, 'bucket: e2e-beacons\nami:'));
  const file = join(box.home, 'faults.yaml');
  writeFileSync(file, faults);
  const { code, stderr } = await box.run(['local', 'up', '--faults', file]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

async function launched(role: string) {
  const words = ['launch', '--role', role, '--env', 'prod', '--context', 'b', '--output', 'json'];
  const { code, stdout, stderr } = await rolecall(...words);
  const document = JSON.parse(stdout);
  return { code, stderr, machine: document.machines[0], launch: document.launch.id as string };
}

afterEach(() => box.run(['local', 'down']));
afterAll(box.dispose);

test('a machine whose console stays empty succeeds by its beacon', async () => {
  await up('console: { empty: true }\n');
  const { code, machine, launch } = await launched('works');
  expect({ code, verdict: machine.verdict }).toEqual({ code: 0, verdict: 'succeeded' });
  expect(machine.boot_ms).toBeGreaterThanOrEqual(0);
  const watched = await rolecall('watch', launch, '--output', 'json');
  expect(JSON.parse(watched.stdout).machines).toMatchObject([{ verdict: 'succeeded' }]);
});

test('one that fails tells why by its boot log, which `rolecall logs` shows', async () => {
  await up('console: { empty: true }\n');
  const { code, machine } = await launched('fails');
  expect(code).toBe(3);
  expect(machine.failure).toMatchObject({
    step: 'init',
    status: 100,
    error: 'E: Unable to locate package rabbitmq-server',
    excerpt: ['preparing', 'E: Unable to locate package rabbitmq-server'],
  });
  const logs = await rolecall('logs', machine.instance_id);
  expect(logs).toMatchObject({ code: 0, stderr: '' });
  expect(logs.stdout).toContain('==> /var/log/rolecall/init.log <==\npreparing\nE: Unable to locate');
  // A local cloud is gone with its machines; what they have sent stays.
  await box.run(['local', 'down']);
  expect((await rolecall('logs', machine.instance_id)).stdout).toBe(logs.stdout);
});

test('start-up bundles tell theirs the same way', async () => {
  await up('console: { empty: true }\n');
  const bundles = bundleCatalogue(join(box.home, 'bundles'));
  const launch = async (role: string) => {
    const words = [
      'launch',
      '--role',
      role,
      '--env',
      'prod',
      '--context',
      'b',
      '--output',
      'json',
      '--local',
    ];
    const { code, stdout } = await box.run([...words, '--catalogue', bundles]);
    return { code, machine: JSON.parse(stdout).machines[0] };
  };
  expect(await launch('second')).toMatchObject({ code: 0, machine: { verdict: 'succeeded' } });
  const { code, machine } = await launch('fails');
  expect({ code, failure: machine.failure }).toMatchObject({
    code: 3,
    failure: {
      step: 'module.fails',
      status: 100,
      error: 'E: Unable to locate package rabbitmq-server',
      excerpt: ['preparing', 'E: Unable to locate package rabbitmq-server'],
    },
  });
  const logs = await box.run(['logs', machine.instance_id, '--catalogue', bundles, '--local']);
  expect(logs.stdout).toMatch(/^==> \/var\/log\/rolecall\/start-up\.log <==\n/);
  expect(logs.stdout).toContain('==> /var/log/rolecall/module.fails.log <==\npreparing\nE: Unable');
});

test('S3 that takes nothing and shows nothing: the console decides, and that is told', async () => {
  await up('unauthorized: [PostObject, ListObjectsV2]\n');
  const words = ['launch', '--role', 'waits', '--env', 'prod', '--context', 'b'];
  const launching = box.start([...words, '--catalogue', withBucket, '--local']);
  await until('the listing to fail', () =>
    launching.printed().includes("The beacons can't be read, only the consoles are"),
  );
  // The machine is through with its boot only now.
  const [id = ''] = /i-[0-9a-f]{17}/.exec(launching.printed()) ?? [];
  expect(await box.run(['local', 'exec', id, '--', 'touch', '/run/go'])).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await launching.done;
  expect({ code, stderr, stdout }).toMatchObject({ code: 0 });
  expect(stdout).toContain('succeeded');
});

test('no boot log: exit 2, and where else to look', async () => {
  await up('{}\n');
  const { machine } = await launched('works');
  const none = await rolecall('logs', machine.instance_id);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain(`s3://e2e-beacons/logs/ holds no boot log of ${machine.instance_id}`);
  expect(none.stderr).toMatch(/rolecall console i-[0-9a-f]{17} --catalogue \S+ --local/);
  const nowhere = await box.run(['logs', machine.instance_id, '--catalogue', catalogue, '--local']);
  expect(nowhere.code).toBe(2);
  expect(nowhere.stderr).toContain('names no bucket');
  const wrong = await rolecall('logs', 'web-1');
  expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('"web-1" is no instance id'),
  });
});
