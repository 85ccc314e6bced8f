import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/cli.ts';
import { idOf } from '../support/ec2-calls.ts';
import { counts, fleetCloud, proved, QUICK, tagOf } from '../support/fleets.ts';
import { commandOnPty } from '../terminal/pty.ts';

const cloud = fleetCloud();
afterAll(cloud.dispose);

const waves = (ndjson: string): string[] =>
  ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'wave_started')
    .map(({ size, canary }) => `${size}${canary ? ' canary' : ''}`);

describe('a fleet grows and shrinks', () => {
  beforeAll(() => cloud.up());

  test('out of nothing: one machine proves itself, then the others, even over the zones', async () => {
    const { code, stdout, stderr } = await cloud.text('scale', ['--to', '5', '--output', 'ndjson']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(waves(stdout)).toEqual(['1 canary', '4']);
    expect(await cloud.verdicts()).toEqual(proved(5));
    const zones = (await cloud.living()).map(({ Placement }) => Placement?.AvailabilityZone);
    expect(Object.values(counts(zones)).sort()).toEqual([1, 2, 2]);
  });

  test('what is there is kept, and only the difference comes, in waves of a number', async () => {
    const before = (await cloud.living()).map(idOf);
    const more = ['--to', '10', '--wave', '2', '--no-canary', '--output', 'ndjson'];
    const { code, stdout } = await cloud.text('scale', more);
    expect({ code, waves: waves(stdout) }).toEqual({ code: 0, waves: ['2', '2', '1'] });
    expect((await cloud.living()).map(idOf)).toEqual(expect.arrayContaining(before));
    expect(await cloud.verdicts()).toEqual(proved(10));
  });

  test('waves of a part', async () => {
    const { code, stdout } = await cloud.text('scale', ['--to', '14', '--wave', '40%', '--output', 'ndjson']);
    expect({ code, waves: waves(stdout) }).toEqual({ code: 0, waves: ['1 canary', '2', '1'] });
    expect(await cloud.verdicts()).toEqual(proved(14));
  });

  test('the same size again: nothing is done, and the document says where the fleet stands', async () => {
    const before = (await cloud.living()).map(idOf).sort();
    const { code, document } = await cloud.scale(14);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      fleet: { target: 14, proved: 14, before: { proved: 14, failed: 0, stale: 0 }, ended: [] },
      exit_code: 0,
    });
    expect((await cloud.living()).map(idOf).sort()).toEqual(before);
  });

  test('a dry run tells, as text and as data, and does nothing', async () => {
    const before = (await cloud.living()).map(idOf).sort();
    const more = await cloud.text('scale', ['--to', '20', '--wave', '50%', '--dry-run']);
    expect(more).toMatchObject({
      code: 0,
      stdout:
        'web prod/b has 14 proved machines, and is to have 20\n6 machines would be launched, in waves of 1, 3, 2\n',
    });
    const fewer = await cloud.text('scale', ['--to', '12', '--dry-run']);
    expect(fewer.code).toBe(0);
    expect(fewer.stdout).toMatch(
      /^web prod\/b has 14 proved machines, and is to have 12\n2 machines would be ended:\n( {2}i-[0-9a-f]{17} .*\n){2}$/,
    );
    const data = await cloud.scale(12, ['--dry-run']);
    expect(data).toMatchObject({ code: 0, document: { target: 12, launch: 0, waves: [], open: 0 } });
    expect(data.document.end).toHaveLength(2);
    expect((await cloud.living()).map(idOf).sort()).toEqual(before);
  });

  test('a dry run publishes no bundle; to 0 nobody asks what is stale', async () => {
    const bundles = async () => {
      const { s3 } = await cloud.client();
      const all = await s3.send(new ListObjectsV2Command({ Bucket: 'e2e-fleets', Prefix: 'bundles/' }));
      return all.KeyCount;
    };
    const bundled = ['--role', 'bundled'];
    expect(await cloud.scale(1, [...bundled, '--dry-run'])).toMatchObject({ code: 0 });
    expect(await cloud.json('replace', [...bundled, '--dry-run'])).toMatchObject({ code: 0 });
    expect(await bundles()).toBe(0);
    expect(await cloud.scale(1, bundled)).toMatchObject({ code: 0 });
    expect(await bundles()).toBe(1);
    const { code, document } = await cloud.scale(0, [...bundled, '--yes']);
    expect({ code, before: document.fleet.before }).toMatchObject({
      code: 0,
      before: { proved: 1, stale: 0 },
    });
  });

  test('without a terminal and without --yes it ends nothing, and names the flag', async () => {
    const { code, stderr } = await cloud.scale(8);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await cloud.verdicts()).toEqual(proved(14));
  });

  test('with --yes: the oldest first, the zones kept even', async () => {
    const oldest = (await cloud.living()).map(({ LaunchTime }) => Number(LaunchTime)).sort((a, b) => a - b);
    const { code, document } = await cloud.scale(6, ['--yes']);
    expect({ code, ended: document.fleet.ended.length }).toEqual({ code: 0, ended: 8 });
    const left = await cloud.living();
    const zones = left.map(({ Placement }) => Placement?.AvailabilityZone);
    expect(Object.values(counts(zones))).toEqual([2, 2, 2]);
    expect(left.map(({ LaunchTime }) => Number(LaunchTime))).not.toContain(oldest[0]);
  });

  test('on a terminal it shows the machines and asks; no ends nothing, yes ends them', async () => {
    const asked = async (answer: string) => {
      const words = cloud.words('scale', ['--to', '4']).map((word) => `'${word}'`);
      const pty = commandOnPty(
        `'${process.execPath}' '${ROOT}/dist/rolecall.cjs' ${words.join(' ')}`,
        { columns: 100 },
        { env: { ...cloud.box.env, TERM: 'xterm-256color' }, cwd: ROOT },
      );
      await pty.sees('End 2 machines of web prod/b?');
      pty.send(answer);
      return { code: await pty.ended(), output: pty.raw() };
    };
    const no = await asked('n\r');
    expect(no.output).toMatch(/i-[0-9a-f]{17} {2}proved/);
    expect(no.output).toContain('nothing was ended');
    expect(await cloud.verdicts()).toEqual(proved(6));
    expect(await asked('y\r')).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(4));
  });

  test('machines made by hand under copied tags are named, and never touched', async () => {
    const { ec2 } = await cloud.client();
    const [one] = await cloud.living();
    if (one === undefined) throw new Error('there are four');
    const tags = (one.Tags ?? []).filter(({ Key = '' }) => !Key.startsWith('aws:'));
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: one.ImageId,
        InstanceType: 't3.micro',
        MinCount: 2,
        MaxCount: 2,
        TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
      }),
    );
    const byHand = Instances.map(idOf).sort();
    const status = await cloud.json('status', []);
    expect(status.document.fleets[0].counts.proved).toBe(4);
    expect(status.document.fleets[0].strangers.sort()).toEqual(byHand);
    const { code, document } = await cloud.scale(0, ['--yes']);
    expect({ code, fleet: document.fleet }).toMatchObject({ code: 0, fleet: { proved: 0, strangers: 2 } });
    expect((await cloud.living()).map(idOf).sort()).toEqual(byHand);
    expect(await cloud.json('terminate', ['--fleet', '--yes'])).toMatchObject({
      code: 0,
      document: { ended: [] },
    });
    expect((await cloud.living()).map(idOf).sort()).toEqual(byHand);
  });

  test('fleets of other roles, environments and contexts are others', async () => {
    const others = [
      ['--role', 'other'],
      ['--env', 'staging'],
      ['--context', 'a'],
    ];
    for (const other of [...others, []]) expect(await cloud.scale(1, other)).toMatchObject({ code: 0 });
    expect(await cloud.scale(0, ['--yes'])).toMatchObject({ code: 0 });
    const status = ['status', '--role', 'web', '--catalogue', cloud.catalogue, '--local', '--output', 'json'];
    const document = JSON.parse((await cloud.box.run(status)).stdout);
    expect(
      document.fleets.map(({ environment, context }: Record<string, string>) => [environment, context]),
    ).toEqual(
      expect.arrayContaining([
        ['prod', 'a'],
        ['staging', 'b'],
      ]),
    );
    for (const other of others) {
      expect(await cloud.scale(1, other)).toMatchObject({
        code: 0,
        document: { fleet: { before: { proved: 1 } } },
      });
    }
  });
});

describe('what nobody can mean', () => {
  beforeAll(() => cloud.up());

  test.each([
    ['-3', '--to must be a whole number'],
    ['2.5', '--to must be a whole number'],
    ['many', '--to must be a whole number'],
    ['1e9', '--to must be a whole number'],
    ['0x10', '--to must be a whole number'],
    ['', '--to must be a whole number'],
    ['5000', '--yes'],
  ])('--to %j is refused: exit 2, %s', async (to, message) => {
    const { code, stderr } = await cloud.text('scale', [`--to=${to}`]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(await cloud.living()).toEqual([]);
  });

  test.each([
    [['--to', '1', '--role', 'wbe'], 'web'],
    [['--to', '1', '--env', 'produktion'], 'prod'],
    [['--to', '1', '--context', 'z'], 'context'],
    [['--to', '1', '--wave', '0'], '--wave'],
    [['--to', '1', '--wave', '101%'], '--wave'],
    [['--to', '1', '--max-failures', '-1'], '--max-failures'],
    [['--to', '1', '--max-failures', 'some'], '--max-failures'],
    [['--to', '1', '--on-failure', 'ignore'], 'keep'],
    [['--to', '1', '--role', 'spot', '--on-failure', 'stop'], 'EC2 stops no spot machines'],
    [['--to', '1', '--lock-wait', 'never'], '--lock-wait'],
    [['--to', '1', '--order', 'biggest'], 'oldest'],
    [['--to', '1', '--launch-id', '../x'], '--launch-id'],
    [[], '--to'],
  ])('scale %j: exit 2', async (more, message) => {
    const { code, stderr } = await cloud.text('scale', more);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test.each([['role'], ['env'], ['context']])(
    'without --%s and without a terminal it names the flag',
    async (missing) => {
      const all = ['--role', 'web', '--env', 'prod', '--context', 'b'];
      const at = all.indexOf(`--${missing}`);
      const words = ['scale', '--to', '0', '--yes', ...all.slice(0, at), ...all.slice(at + 2)];
      const { code, stderr } = await cloud.box.run([...words, '--catalogue', cloud.catalogue, '--local']);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(`--${missing}`) });
    },
  );

  test('terminate without saying what, or saying two things: exit 2', async () => {
    const run = (...more: string[]) =>
      cloud.box.run(['terminate', ...more, '--catalogue', cloud.catalogue, '--local', '--yes']);
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('--fleet') });
    expect(await run('--fleet')).toMatchObject({ code: 2, stderr: expect.stringContaining('--role') });
    expect(await run('--fleet', '--role', 'web')).toMatchObject({ code: 2 });
    expect(await run('some-launch', '--fleet')).toMatchObject({ code: 2 });
    expect(await run('some-launch')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('some-launch'),
    });
    // EC2's filters take wildcards.
    for (const many of ['*', '2026*', '?'])
      expect(await run(many)).toMatchObject({ code: 2, stderr: expect.stringContaining('is no launch id') });
  });

  test('terminate a launch of another catalogue: exit 2, which says whose it is, and its machines stay', async () => {
    const { document } = await cloud.scale(1, ['--role', 'other']);
    cloud.write((text) => text.replace('name: fleets', 'name: neighbours'));
    const words = ['terminate', document.launch.id, '--catalogue', cloud.catalogue, '--local', '--yes'];
    const refused = await cloud.box.run(words);
    cloud.write();
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('catalogue "fleets"') });
    expect(await cloud.living()).toHaveLength(1);
    expect(await cloud.box.run(words)).toMatchObject({ code: 0 });
    expect(await cloud.living()).toEqual([]);
  });

  test('a fleet that is not there: status says so, and 0 of it is had', async () => {
    const { code, stdout } = await cloud.text('status', []);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'no machine of such a fleet is there\n' });
    expect(await cloud.scale(0)).toMatchObject({ code: 0 });
    expect(await cloud.json('terminate', ['--fleet'])).toMatchObject({ code: 0, document: { ended: [] } });
    expect(await cloud.text('status', ['--role', 'wbe'])).toMatchObject({ code: 2 });
    expect(await cloud.text('terminate', ['--fleet', '--role', 'wbe', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no role "wbe"'),
    });
  });
});

describe('machines that fail', () => {
  const failing = (share: number, kind = 'failed') =>
    `seed: 4\nboxes: { ${QUICK}, outcomes: [{ kind: ${kind}, step: init, status: 7, lines: ["E: no disk"], share: ${share} }] }`;

  test('a canary that fails stops it, exit 3: nothing else is launched, and what was kept is said', async () => {
    await cloud.up(failing(1));
    const { code, document } = await cloud.scale(5);
    expect(code).toBe(3);
    expect(document).toMatchObject({
      fleet: {
        target: 5,
        proved: 0,
        stopped: { failures: 1, allowed: 0, left: 5 },
        kept: [expect.any(String)],
      },
      summary: { requested: 1, failed: 1 },
      exit_code: 3,
    });
    expect(await cloud.verdicts()).toEqual(['failed']);
    const text = await cloud.text('scale', ['--to', '5']);
    expect(text.code).toBe(3);
    expect(text.stdout).toContain('stopped after 1 failure (--max-failures 0): 5 machines not launched');
    expect(text.stdout).toContain(
      '    rolecall terminate --fleet --failed --role web --env prod --context b',
    );
    expect(await cloud.verdicts()).toEqual(['failed', 'failed']);
  });

  test.each([
    ['keep', { running: true }],
    ['stop', { stopped: true }],
    ['terminate', {}],
  ])('--on-failure %s; the slots that failed are tried again, up to --max-failures', async (what, left) => {
    await cloud.up(failing(0.25));
    const { code, document } = await cloud.scale(8, [
      ...['--no-canary', '--max-failures', '20', '--on-failure', what, '--wave', '4'],
    ]);
    const { failed } = document.summary;
    expect(failed).toBeGreaterThan(0);
    expect({ code, proved: document.fleet.proved }).toEqual({ code: 3, proved: 8 });
    const bad = (await cloud.living()).filter((machine) => tagOf(machine, 'rolecall:verdict') === 'failed');
    const states = counts(bad.map(({ State }) => State?.Name?.replace('stopping', 'stopped')));
    expect(states).toEqual(Object.fromEntries(Object.keys(left).map((state) => [state, failed])));
    // Another run finds 8 proved ones, and nothing to do.
    expect(await cloud.scale(8)).toMatchObject({ code: 0, document: { fleet: { proved: 8 } } });
    expect(await cloud.json('terminate', ['--fleet', '--failed', '--yes'])).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(8));
  });

  test('the breaker stops a roll-out in the middle, and what it leaves is what was asked less what is proved', async () => {
    await cloud.up(failing(0.5));
    const { code, document } = await cloud.scale(20, ['--no-canary', '--max-failures', '2', '--wave', '4']);
    const { fleet, summary } = document;
    expect(code).toBe(3);
    expect(fleet.stopped.failures).toBeGreaterThan(2);
    expect(fleet.stopped.left).toBe(20 - fleet.proved);
    expect(summary.failed).toBe(fleet.stopped.failures);
    expect(fleet.proved).toBeLessThan(20);
  });

  test('scale in ends failed ones first', async () => {
    await cloud.up(failing(0.25));
    await cloud.scale(6, ['--no-canary', '--max-failures', '20']);
    const failed = (await cloud.verdicts()).filter((verdict) => verdict === 'failed').length;
    expect(failed).toBeGreaterThan(0);
    expect(await cloud.scale(5, ['--yes'])).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(5));
  });

  test('machines that die in every phase are made good', async () => {
    const outcomes = [
      ['dies', 'step: init'],
      ['dies', ''],
      ['dies-pending', ''],
      ['hangs', 'step: init'],
      ['never-running', ''],
    ].map(([kind, step]) => `    - { kind: ${kind}, ${step === '' ? '' : `${step}, `}share: 0.08 }`);
    await cloud.up(`seed: 11\nboxes:\n  pending_ms: 500\n  outcomes:\n${outcomes.join('\n')}\n`, 40);
    const { code, document } = await cloud.scale(12, [
      ...['--no-canary', '--max-failures', '50', '--on-failure', 'terminate', '--timeout', '1m'],
    ]);
    const { summary, fleet } = document;
    expect({ code, proved: fleet.proved }).toEqual({ code: 3, proved: 12 });
    expect(summary.lost).toBeGreaterThan(0);
    expect(summary.silent).toBeGreaterThan(0);
    expect(await cloud.verdicts()).toEqual(proved(12));
  });
});

describe('status', () => {
  beforeEach(() => cloud.write());

  test('what each machine is and why it is stale, in windows of 80 and 40 columns', async () => {
    await cloud.up();
    expect(await cloud.scale(3)).toMatchObject({ code: 0 });
    const fresh = await cloud.json('status', []);
    expect(fresh.document.fleets).toMatchObject([
      {
        ...{ catalogue: 'fleets', role: 'web', environment: 'prod', context: 'b', strangers: [], busy: null },
        counts: { proved: 3, unjudged: 0, failed: 0, stopped: 0, ending: 0, stale: 0 },
      },
    ]);
    expect(fresh.document.fleets[0].machines[0]).toMatchObject({
      ...{ state: 'running', standing: 'proved', verdict: 'succeeded', stale: [] },
      settings: fresh.document.fleets[0].wanted.settings,
    });
    cloud.write((text) => text.replace('web: { ', 'web: { personality: { port: 81 }, '));
    const stale = await cloud.json('status', []);
    expect(stale.document.fleets[0].counts).toMatchObject({ proved: 3, stale: 3 });
    expect(stale.document.fleets[0].machines[0].stale).toEqual(['other settings']);
    for (const columns of [80, 40]) {
      const words = cloud.words('status', []).map((word) => `'${word}'`);
      const pty = commandOnPty(
        `'${process.execPath}' '${ROOT}/dist/rolecall.cjs' ${words.join(' ')}`,
        { columns },
        { env: { ...cloud.box.env, NO_COLOR: '1' }, cwd: ROOT },
      );
      expect(await pty.ended()).toBe(0);
      const lines = pty.raw().split('\r\n');
      expect(lines[0]).toBe('web prod/b: 3 proved, 3 stale, target 3');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(pty.raw()).toContain('stale');
    }
  });

  test('who is at work on a fleet', async () => {
    await cloud.up(`boxes: { pending_ms: 5000, kernel_ms: 60000 }`, 5);
    const running = cloud.start('scale', ['--to', '2'], { USER: 'ann' });
    try {
      let busy: string | null = null;
      for (let tries = 0; busy === null && tries < 40; tries += 1)
        busy = (await cloud.json('status', [])).document.fleets[0]?.busy ?? null;
      expect(busy).toMatch(/^at work on it: scale by /);
      const { stdout } = await cloud.text('status', []);
      expect(stdout).toContain('at work on it: scale by ');
    } finally {
      running.child.kill('SIGKILL');
      await running.done;
    }
  });
});
