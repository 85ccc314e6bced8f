import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { counts, fleetCloud, proved, QUICK } from '../support/fleets.ts';

const cloud = fleetCloud();
const boxes = `boxes: { ${QUICK} }\n`;
afterEach(() => cloud.write());
afterAll(cloud.dispose);

const zones = async () => counts((await cloud.living()).map(({ Placement }) => Placement?.AvailabilityZone));

describe('AWS has too little', () => {
  test('a zone that is empty: the others take its part at once', async () => {
    await cloud.up(`${boxes}no_capacity: [{ zone: eu-central-1a }]\n`);
    const { code, stdout } = await cloud.text('scale', ['--to', '6', '--output', 'ndjson']);
    expect({ code, zones: await zones() }).toEqual({
      code: 0,
      zones: { 'eu-central-1b': 3, 'eu-central-1c': 3 },
    });
    // Missed once, and then not asked again.
    expect(stdout.match(/"event":"no_capacity"/g)).toHaveLength(1);
  });

  test('a type that is gone everywhere: the next one of the list', async () => {
    await cloud.up(`${boxes}no_capacity: [{ instance_type: m5.large }]\n`);
    expect(await cloud.scale(4, ['--role', 'types'])).toMatchObject({ code: 0 });
    expect(counts((await cloud.living()).map(({ InstanceType }) => InstanceType))).toEqual({ 't3.micro': 4 });
    expect(await zones()).toEqual({ 'eu-central-1a': 2, 'eu-central-1b': 2 });
  });

  test('a zone that gives a part of what is asked', async () => {
    await cloud.up(`${boxes}no_capacity: [{ zone: eu-central-1a, available: 1 }]\n`);
    expect(await cloud.scale(9, ['--no-canary'])).toMatchObject({ code: 0 });
    expect(await zones()).toEqual({ 'eu-central-1a': 1, 'eu-central-1b': 4, 'eu-central-1c': 4 });
  });

  test('all zones are empty: exit 4, nothing is there, and the next run asks again', async () => {
    await cloud.up(`${boxes}no_capacity: [{}]\n`);
    const env = { GITHUB_RUN_ID: '501', GITHUB_JOB: 'scale' };
    for (const _ of [1, 2]) {
      const { code, document, stderr } = await cloud.scale(4, [], env);
      expect({ code, stderr }).toMatchObject({ code: 4 });
      expect(document).toMatchObject({ fleet: { target: 4, proved: 0 }, exit_code: 4 });
      expect(await cloud.living()).toEqual([]);
    }
  });

  test('the quota is reached half way: exit 4, what was launched is proved, and nothing is asked any more', async () => {
    // Two vCPUs each.
    await cloud.up(`${boxes}vcpu_quota: 10\n`);
    const { code, document, stderr } = await cloud.scale(8, ['--wave', '2', '--no-canary']);
    expect({ code, stderr }).toMatchObject({ code: 4 });
    expect(document.fleet).toMatchObject({ target: 8, proved: 5 });
    expect(await cloud.verdicts()).toEqual(proved(5));
    const text = await cloud.text('scale', ['--to', '8']);
    expect(text).toMatchObject({ code: 4, stdout: expect.stringContaining('VcpuLimitExceeded') });
    expect(text.stdout).toContain('5 of 8 machines proved, 3 not launched');
  });

  test('spot has nothing: on-demand takes over', async () => {
    await cloud.up(`${boxes}no_capacity: [{ market: spot }]\n`);
    expect(await cloud.scale(3, ['--role', 'spot'])).toMatchObject({ code: 0 });
    expect((await cloud.living()).map(({ InstanceLifecycle }) => InstanceLifecycle ?? 'on-demand')).toEqual([
      ...['on-demand', 'on-demand', 'on-demand'],
    ]);
  });

  test('spot machines that are taken back are lost, and made good', async () => {
    await cloud.up(
      `seed: 3\nspot_interruptions: { after_ms: 200, share: 0.3 }\nboxes: { pending_ms: 500, kernel_ms: 3000 }\n`,
    );
    const more = ['--role', 'spot', '--no-canary', '--max-failures', '20'];
    const { code, document } = await cloud.scale(6, more);
    expect({ code, proved: document.fleet.proved }).toEqual({ code: 3, proved: 6 });
    expect(document.summary.lost).toBeGreaterThan(0);
    const lost = document.machines.find(({ verdict }: { verdict: string }) => verdict === 'lost');
    expect(lost.failure.reason).toContain('Server.SpotInstanceTermination');
  });
});

describe('AWS answers badly', () => {
  test('throttling slows it down, and nothing else', async () => {
    const all = ['RunInstances', 'DescribeInstances', 'CreateTags', 'TerminateInstances', 'GetConsoleOutput'];
    const s3 = ['PutObject', 'GetObject', 'ListObjectsV2'];
    const throttle = [...all, ...s3].map((name) => `  ${name}: 2`).join('\n');
    await cloud.up(`${boxes}throttle:\n${throttle}\n`);
    expect(await cloud.scale(4)).toMatchObject({ code: 0, document: { fleet: { proved: 4 } } });
    expect(await cloud.verdicts()).toEqual(proved(4));
    expect(await cloud.scale(2, ['--yes'])).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(2));
  });

  test('answers that are lost after AWS has acted repeat nothing', async () => {
    await cloud.up(`${boxes}drop_answers: { RunInstances: 2, PutObject: 3, TerminateInstances: 1 }\n`);
    expect(await cloud.scale(5)).toMatchObject({ code: 0, document: { fleet: { proved: 5 } } });
    expect(await cloud.verdicts()).toEqual(proved(5));
    expect(await cloud.scale(3, ['--yes'])).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(3));
  });

  test.each([
    ['the same job', '601'],
    ['another one', '602'],
  ])(
    'a job that ends between the acceptance of its machines and the answer: %s finds them',
    async (_, again) => {
      await cloud.up(`${boxes}drop_answers: { RunInstances: 100000 }\n`, 40);
      const job = (id: string) => ({ GITHUB_RUN_ID: id, GITHUB_JOB: 'scale' });
      const first = await cloud.scale(5, ['--no-canary', '--role', 'other'], job('601'));
      expect(first).toMatchObject({ code: 4, stderr: expect.stringContaining('--launch-id') });
      expect(await cloud.living()).toHaveLength(5);
      const second = await cloud.scale(5, ['--no-canary', '--role', 'other'], job(again));
      expect({ code: second.code, stderr: second.stderr }).toMatchObject({ code: 0 });
      expect(second.document.fleet).toMatchObject({ proved: 5 });
      expect(await cloud.verdicts()).toEqual(proved(5));
    },
  );

  test('machines that EC2 shows late are not launched twice', async () => {
    await cloud.up(`${boxes}invisible_ms: 30000\n`);
    expect(await cloud.scale(4)).toMatchObject({ code: 0 });
    expect(await cloud.scale(5)).toMatchObject({ code: 0, document: { fleet: { proved: 5 } } });
    expect(await cloud.verdicts()).toEqual(proved(5));
  });

  test('beacons that nobody can list: the consoles tell, and the report says so', async () => {
    // Long enough that the listing has failed before the consoles have told all.
    const slow = QUICK.replace('init, ms: 900', 'init, ms: 80000');
    await cloud.up(`boxes: { ${slow} }\ns3_errors: { ListObjectsV2: 1000000 }\n`, 40);
    const { code, stdout, stderr } = await cloud.text('scale', ['--to', '3', '--output', 'ndjson']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout + stderr).toMatch(/beacon/i);
    expect(await cloud.verdicts()).toEqual(proved(3));
  });

  test('beacons that the user data have no room for: that is told, and the consoles are read', async () => {
    const keys = Array.from({ length: 15 }, (_, index) => `k${index}: ${'v'.repeat(1_000)}`);
    cloud.write((text) => text.replace('web: { ', `web: { personality: { ${keys.join(', ')} }, `));
    await cloud.up(boxes);
    const { code, stderr, stdout } = await cloud.text('scale', ['--to', '2']);
    expect({ code, stderr, stdout }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(
      /^note: no beacons, the console alone tells how machines boot: the payload has no room/m,
    );
    expect(await cloud.verdicts()).toEqual(proved(2));
  });

  test('S3 is down while EC2 works: nothing is launched that no record would tell of', async () => {
    await cloud.up(
      `${boxes}s3_errors: { GetObject: 1000000, PutObject: 1000000, ListObjectsV2: 1000000 }\n`,
      40,
    );
    const { code, stderr } = await cloud.scale(3);
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining('InternalError') });
    expect(await cloud.living()).toEqual([]);
    // Looking needs no record.
    expect(await cloud.text('status', [])).toMatchObject({ code: 0 });
  });

  test.each([600_000, -600_000, 3_600_000, -3_600_000])(
    'a clock that is %i ms wrong changes nothing, nor the wait for another run',
    async (skewMs) => {
      await cloud.up(`${boxes}clock_skew_ms: ${skewMs}\n`);
      const both = await Promise.all([cloud.scale(4), cloud.scale(4)]);
      for (const { code, stderr } of both) expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(await cloud.verdicts()).toEqual(proved(4));
    },
  );
});

describe('the catalogue changes between a job and its re-run', () => {
  test('refused with the difference, exit 6; --accept-changes goes on', async () => {
    await cloud.up(`${boxes}vcpu_quota: 4\n`);
    const job = { GITHUB_RUN_ID: '701', GITHUB_JOB: 'scale' };
    expect(await cloud.scale(4, [], job)).toMatchObject({ code: 4 });
    cloud.write((text) => text.replace('web: { ', 'web: { personality: { port: 81 }, '));
    const again = await cloud.scale(4, [], job);
    expect(again).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('with other values: personality.port (then not set, now 81)'),
    });
    expect(again.stderr).toContain('--accept-changes');
    expect(await cloud.verdicts()).toEqual(proved(2));
    const accepted = await cloud.scale(4, ['--accept-changes'], job);
    expect(accepted).toMatchObject({ code: 4, document: { fleet: { proved: 2 } } });
  });
});
