import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sandbox, until } from '../support/cli.ts';
import { rehearsal } from '../support/rehearsal.ts';

const box = sandbox();
const catalogue = rehearsal(box.home);

const launchArgs = (role: string, more: readonly string[] = []) => [
  ...['launch', '--catalogue', catalogue, '--role', role, '--env', 'prod', '--context', 'b', '--local'],
  ...more,
];

async function launched(role: string, more: readonly string[] = []) {
  const { code, stdout, stderr } = await box.run(launchArgs(role, ['--output', 'json', ...more]));
  return { code, stderr, document: JSON.parse(stdout) };
}

async function up(faults: string): Promise<void> {
  const file = join(box.home, 'faults.yaml');
  writeFileSync(file, faults);
  const { code, stderr } = await box.run(['local', 'up', '--faults', file]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

afterAll(box.dispose);

describe('machines that boot badly', () => {
  beforeAll(() => up('{}'));
  afterAll(() => box.run(['local', 'down']));

  test('an init script that fails: exit 3, the step, its status and its first error', async () => {
    const { code, document } = await launched('fails');
    expect(code).toBe(3);
    expect(document).toMatchObject({ exit_code: 3, summary: { failed: 1 } });
    expect(document.machines[0]).toMatchObject({
      verdict: 'failed',
      failure: { step: 'init', status: 100, error: 'E: Unable to locate package rabbitmq-server' },
    });
    expect(document.machines[0].failure.excerpt).toEqual([
      'preparing',
      'E: Unable to locate package rabbitmq-server',
    ]);
  });

  test('the same as text: what failed, why, and where to look', async () => {
    const { code, stdout } = await box.run(launchArgs('fails'));
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /✖ i-[0-9a-f]{17} failed at init \(status 100\)\n\s+line \d+ of b\/bootstrapper\.sh: .* \(status 100\)\n\s+E: Unable to locate package rabbitmq-server/,
    );
    expect(stdout).toMatch(/rolecall console i-[0-9a-f]{17} --catalogue \S+ --local/);
    expect(stdout).toContain('fails prod/b: 0 of 1 succeeded, 1 failed');
  });

  test('an init script that forges a success is still a failure', async () => {
    const { code, document } = await launched('forges');
    expect({ code, verdict: document.machines[0].verdict }).toEqual({ code: 3, verdict: 'failed' });
    expect(document.machines[0].failure).toMatchObject({ step: 'init', status: 7 });
  });

  test('no init script for the machine: the step init fails and names what was looked for', async () => {
    const args = [
      'launch',
      '--catalogue',
      catalogue,
      '--role',
      'works',
      '--env',
      'prod',
      '--context',
      'a',
      '--local',
    ];
    const { code, stdout } = await box.run([...args, '--output', 'json']);
    expect(code).toBe(3);
    const { failure } = JSON.parse(stdout).machines[0];
    expect(failure.step).toBe('init');
    expect(failure.error).toMatch(/no init script .*\/etc\/rolecall\/init\/a\/prod\/bootstrapper\.sh/);
  });

  test('machines that fail alike are one cluster, and one error of the CI job, with a report of each', async () => {
    const env = { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(box.home, 'summary.md') };
    const report = join(box.home, 'report.xml');
    const args = launchArgs('commands', ['--count', '2', '--junit', report]);
    const { code, stdout, stderr } = await box.run(args, { env });
    expect(code).toBe(3);
    expect(stdout).toContain('✖ 2 of 2 failed at init (status 9)\n');
    const lines = (stdout + stderr).split('\n');
    expect(lines.filter((line) => /^\s*::/.test(line))).toEqual([
      expect.stringMatching(
        /^::error title=commands prod\/b%3A 2 of 2 failed at init \(status 9\)::line \d+ of b\/bootstrapper\.sh: exit 9 \(status 9\)%0A: :error::cannot ## \[add-mask\]start$/,
      ),
    ]);
    expect(stdout + stderr).not.toContain('##[');
    expect(readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8')).toContain('**2 of 2 failed at init (status 9)**');
    expect(readFileSync(report, 'utf8').match(/<failure /g)).toHaveLength(2);
  });

  test('an init script that hangs: ended by the box before the launch stops waiting, exit 3, with its line', async () => {
    const { code, document } = await launched('hangs', ['--timeout', '20s']);
    expect(code).toBe(3);
    expect(document.machines[0]).toMatchObject({ verdict: 'failed', failure: { step: 'init', status: 124 } });
    const console = await box.run(['console', document.machines[0].instance_id, '--local']);
    expect(console.stdout).toMatch(
      /\(status 124\): timed out at line \d+ of b\/bootstrapper\.sh: sleep 600, for \d+ s \(the launch waits 20 s\)/,
    );
  });

  test.each(['dies', 'reboots'])(
    'a machine that shuts down while booting is no failure: %s',
    async (role) => {
      const { code, stderr, document } = await launched(role);
      expect({ code, verdict: document.machines[0].verdict }).toEqual({ code: 3, verdict: 'lost' });
      expect(document.machines[0].failure.reason).toContain('Client.InstanceInitiatedShutdown');
      expect(stderr).not.toContain('init failed');
    },
  );

  test('Ctrl-C says which machines run, and the command that resumes; that one ends with the verdict', async () => {
    const running = box.start(launchArgs('hangs', ['--timeout', '60s']));
    await until('the init script to say what it waits for', () =>
      running.printed().includes('init: waiting'),
    );
    running.child.kill('SIGINT');
    const { code, stderr } = await running.done;
    expect(code).toBe(130);
    const [, instance = '', launch = ''] =
      /still running: (i-[0-9a-f]+)\n {2}→ rolecall watch (\S+)/.exec(stderr) ?? [];
    expect({ stderr, instance }).toMatchObject({ instance: expect.stringMatching(/^i-/) });
    const args = [
      'watch',
      launch,
      '--local',
      '--catalogue',
      catalogue,
      '--timeout',
      '2s',
      '--output',
      'json',
    ];
    const resumed = await box.run(args);
    expect(resumed.code).toBe(5);
    expect(JSON.parse(resumed.stdout).machines).toMatchObject([
      {
        instance_id: instance,
        verdict: 'silent',
        failure: { reason: expect.stringMatching(/^stuck in step init/) },
      },
    ]);
  });

  test('a CI job that runs again finds the machines of its first run', async () => {
    const env = {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_RUN_ID: '42',
      GITHUB_JOB: 'deploy',
      GITHUB_REPOSITORY: 'a/b',
    };
    const ids = async (attempt: string) => {
      const { code, stdout } = await box.run(launchArgs('works', ['--output', 'json']), {
        env: { ...env, GITHUB_RUN_ATTEMPT: attempt },
      });
      expect(code).toBe(0);
      return JSON.parse(stdout).machines.map((machine: { instance_id: string }) => machine.instance_id);
    };
    const first = await ids('1');
    expect(first).toHaveLength(1);
    expect(await ids('2')).toEqual(first);
  });
});

describe('a cloud that goes wrong', () => {
  afterEach(() => box.run(['local', 'down']));

  test('no capacity: exit 4, nothing launched, and the next step', async () => {
    await up('no_capacity:\n  - instance_type: t3.micro\n');
    const { code, document, stderr } = await launched('works');
    expect({ code, machines: document.machines }).toEqual({ code: 4, machines: [] });
    expect(document.error.code).toBe('InsufficientInstanceCapacity');
    expect(stderr).toMatch(/not launched/);
  });

  test('capacity for some: these are launched and proved, exit 4 tells that it is fewer', async () => {
    await up('no_capacity:\n  - instance_type: t3.micro\n    available: 2\n');
    const { code, document } = await launched('works', ['--count', '3']);
    expect(code).toBe(4);
    expect(document.summary).toEqual({ requested: 3, succeeded: 2, failed: 0, silent: 0, lost: 0 });
  });

  test('an answer to RunInstances that is lost: asked again with the same token, launched once', async () => {
    await up('drop_answers: { RunInstances: 1 }\n');
    const { code, document } = await launched('works');
    expect({ code, machines: document.machines.length }).toEqual({ code: 0, machines: 1 });
    const { stdout } = await box.run(['local', 'env']);
    expect(stdout).toContain('AWS_ENDPOINT_URL_EC2');
  });

  test('throttling is waited out', async () => {
    await up('throttle: { RunInstances: 2, DescribeInstances: 2, GetConsoleOutput: 2 }\n');
    expect(await launched('works')).toMatchObject({ code: 0 });
  });

  test('late consistency is no failure', async () => {
    await up('invisible_ms: 1500\n');
    expect(await launched('works')).toMatchObject({ code: 0 });
  });

  test('a console that stays empty: silent, and the reason says so', async () => {
    await up('console: { empty: true }\n');
    const { code, document } = await launched('works', ['--timeout', '3s']);
    expect(code).toBe(5);
    expect(document.machines[0].failure.reason).toMatch(/console .*empty/);
  });

  test('a machine that dies: lost, exit 3', async () => {
    await up('machine_dies: { after_ms: 300 }\n');
    const { code, document } = await launched('hangs');
    expect({ code, verdict: document.machines[0].verdict }).toEqual({ code: 3, verdict: 'lost' });
  });

  test('no permission: exit 4, and what to ask for', async () => {
    await up('unauthorized: [RunInstances]\n');
    const { code, stdout } = await box.run(launchArgs('works'));
    expect(code).toBe(4);
    expect(stdout).toMatch(/RunInstances/);
    expect(stdout).toMatch(/→/);
  });

  test('an endpoint that dies in the middle: exit 4, and how to find out what was launched', async () => {
    await up('die_after_requests: 2\n');
    const { code, stderr } = await box.run(launchArgs('hangs', ['--timeout', '30s']));
    expect(code).toBe(4);
    expect(stderr).toMatch(/error: .*127\.0\.0\.1/);
    expect(stderr).toMatch(/still running: i-[0-9a-f]{17}\n {2}→ rolecall watch/);
  });
});
