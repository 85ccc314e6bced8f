import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sandbox, until } from '../support/cli.ts';
import { idOf } from '../support/ec2-calls.ts';
import { counts, fleetCloud, proved, QUICK } from '../support/fleets.ts';
import { AMI } from '../support/rehearsal.ts';
import { repository } from '../support/repository.ts';

describe('a changed catalogue reaches a fleet (simulated boxes)', () => {
  const cloud = fleetCloud();
  afterAll(cloud.dispose);
  beforeAll(() => cloud.up());
  afterEach(() => cloud.write());
  /** Another catalogue each time. */
  const change = (port: number) =>
    cloud.write((text) => text.replace('web: { ', `web: { personality: { port: ${port} }, `));
  const standing = async () => {
    const { document } = await cloud.json('status', []);
    const { proved: good, stale, failed } = document.fleets[0].counts;
    return { proved: good, stale, failed };
  };

  test('wave by wave, and never smaller than before', async () => {
    expect(await cloud.scale(6)).toMatchObject({ code: 0 });
    const before = (await cloud.living()).map(idOf);
    change(81);
    expect(await standing()).toEqual({ proved: 6, stale: 6, failed: 0 });
    const dry = await cloud.text('replace', ['--dry-run']);
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('6 machines would be replaced, 0 would stay'),
    });
    const running = cloud.start('replace', ['--wave', '2', '--yes', '--output', 'ndjson']);
    const sizes: number[] = [];
    let over = false;
    void running.done.then(() => {
      over = true;
    });
    const sample = async () => {
      sizes.push((await cloud.verdicts()).filter((verdict) => verdict === 'succeeded').length);
      return over;
    };
    await until('the replacement to end', sample, 60_000);
    const { code, stdout, stderr } = await running.done;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(6);
    const waves = [...stdout.matchAll(/"event":"wave_started".*?"size":(\d+)/g)].map(([, size]) =>
      Number(size),
    );
    expect(waves).toEqual([1, 2, 2, 1]);
    expect(await standing()).toEqual({ proved: 6, stale: 0, failed: 0 });
    const after = (await cloud.living()).map(idOf);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  });

  test('where nothing is stale nothing is done; --all replaces all the same', async () => {
    change(81);
    const before = (await cloud.living()).map(idOf).sort();
    expect(await cloud.json('replace', ['--yes'])).toMatchObject({
      code: 0,
      document: { fleet: { ended: [] } },
    });
    expect((await cloud.living()).map(idOf).sort()).toEqual(before);
    const { code, document } = await cloud.json('replace', ['--all', '--yes']);
    expect({ code, ended: document.fleet.ended.length }).toEqual({ code: 0, ended: 6 });
    expect((await cloud.living()).map(idOf).filter((id) => before.includes(id))).toEqual([]);
    expect(await cloud.verdicts()).toEqual(proved(6));
  });

  test('without a terminal and without --yes: nothing, exit 2', async () => {
    change(82);
    const refused = await cloud.json('replace', []);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await standing()).toEqual({ proved: 6, stale: 6, failed: 0 });
  });

  test('scale in takes the stale ones first', async () => {
    change(83);
    expect(await cloud.scale(8)).toMatchObject({ code: 0 });
    expect(await standing()).toEqual({ proved: 8, stale: 6, failed: 0 });
    expect(await cloud.scale(2, ['--yes'])).toMatchObject({ code: 0 });
    expect(await standing()).toEqual({ proved: 2, stale: 0, failed: 0 });
    expect(await cloud.scale(6)).toMatchObject({ code: 0 });
  });

  test('killed in the middle, the same command ends at the right size, with new machines only', async () => {
    for (let turn = 1; turn <= 6; turn += 1) {
      change(90 + turn);
      const job = (id: string) => ({ GITHUB_RUN_ID: id, GITHUB_JOB: 'replace' });
      const first = cloud.start('replace', ['--wave', '2', '--yes'], job(`11${turn}`));
      const afterMs = 400 + Math.round(Math.random() * 2_600);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      first.child.kill('SIGKILL');
      await first.done;
      const again = turn % 2 === 0 ? `11${turn}` : `12${turn}`;
      const { code, stderr } = await cloud.json('replace', ['--wave', '2', '--yes'], job(again));
      expect({ turn, afterMs, code, stderr }).toMatchObject({ turn, afterMs, code: 0 });
      expect({ turn, afterMs, ...(await standing()) }).toEqual({
        turn,
        afterMs,
        proved: 6,
        stale: 0,
        failed: 0,
      });
      expect(await cloud.verdicts()).toEqual(proved(6));
    }
  }, 180_000);

  test('terminate: the machines of one launch, then the fleet', async () => {
    const { document } = await cloud.scale(8, ['--no-canary']);
    const launch = document.launch.id;
    const dry = await cloud.box.run([
      'terminate',
      launch,
      '--dry-run',
      '--catalogue',
      cloud.catalogue,
      '--local',
    ]);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 machines would be ended\n/) });
    const words = ['--catalogue', cloud.catalogue, '--local', '--output', 'json'];
    const refused = await cloud.box.run(['terminate', launch, ...words]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const one = await cloud.box.run(['terminate', launch, '--yes', ...words]);
    expect({ code: one.code, ended: JSON.parse(one.stdout).ended.length }).toEqual({ code: 0, ended: 2 });
    expect(await cloud.verdicts()).toEqual(proved(6));
    const again = await cloud.box.run(['terminate', launch, '--yes', ...words]);
    expect({ code: again.code, ended: JSON.parse(again.stdout).ended.length }).toEqual({ code: 0, ended: 0 });
    const all = await cloud.json('terminate', ['--fleet', '--yes']);
    expect({ code: all.code, ended: all.document.ended.length }).toEqual({ code: 0, ended: 6 });
    expect(await cloud.living()).toEqual([]);
  });
});

describe('a replacement whose machines fail (simulated boxes)', () => {
  const cloud = fleetCloud();
  afterAll(cloud.dispose);

  test('keeps the size all the same, as long as the breaker holds', async () => {
    await cloud.up(`seed: 5\nboxes: { ${QUICK}, outcomes: [{ kind: failed, step: init, share: 0.25 }] }\n`);
    await cloud.scale(6, ['--no-canary', '--max-failures', '50', '--on-failure', 'terminate']);
    expect(await cloud.verdicts()).toEqual(proved(6));
    const { code, document } = await cloud.json('replace', [
      ...[
        '--all',
        '--yes',
        '--wave',
        '2',
        '--no-canary',
        '--max-failures',
        '50',
        '--on-failure',
        'terminate',
      ],
    ]);
    expect(document.summary.failed).toBeGreaterThan(0);
    expect({ code, proved: document.fleet.proved }).toEqual({ code: 3, proved: 6 });
    expect(await cloud.verdicts()).toEqual(proved(6));
  });
});

describe('a new build reaches a fleet (real boxes)', () => {
  const box = sandbox();
  const repo = repository();
  const catalogue = join(repo.path, 'roles.yaml');
  const fleet = ['--role', 'web', '--env', 'prod', '--context', 'b', '--local', '--catalogue', catalogue];
  const json = async (verb: string, ...more: string[]) => {
    const { code, stdout, stderr } = await box.run([verb, ...more, ...fleet, '--output', 'json']);
    return { code, stderr, document: stdout === '' ? undefined : JSON.parse(stdout) };
  };
  const publish = async (tag: string, init: string) => {
    repo.write('init/b/bootstrapper.sh', `#!/bin/bash\n${init}\n`, 0o755);
    repo.commit(tag);
    const words = ['release', 'publish', '--tag', tag, '--env', 'prod', '--local', '--catalogue', catalogue];
    const { code, stderr } = await box.run(words);
    if (code !== 0) throw new Error(stderr);
  };
  const machines = async () => {
    const { document } = await json('status');
    return document.fleets[0].machines.filter(({ standing }: { standing: string }) => standing !== 'ending');
  };
  const builds = async () =>
    counts((await machines()).map(({ build, standing }: Record<string, string>) => `${build} ${standing}`));
  beforeAll(async () => {
    repo.write(
      'roles.yaml',
      `version: 1
name: e2e
region: eu-central-1
ami: ${AMI}
bucket: e2e-rolecall
apps: {shop: }
local_image: {overlay: overlay}
environments: {prod: }
contexts: {b: }
roles:
  web: {app: shop, instance_type: t3.micro, instance_profile: web, timeout: 30s}
`,
    );
    repo.write('overlay/etc/rolecall/bootstrapper.conf', 'app=shop\nbucket=e2e-rolecall\n');
    repo.write('.gitattributes', 'overlay export-ignore\nroles.yaml export-ignore\n');
    expect(await box.run(['local', 'up'])).toMatchObject({ code: 0 });
    await publish('v1', 'echo one');
    expect(await json('scale', '--to', '3')).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await box.run(['local', 'down']);
    box.dispose();
    repo.dispose();
  });

  test('status tells which machines are stale, and why', async () => {
    await publish('v2', 'echo two');
    const [{ stale }] = await machines();
    expect(stale).toEqual(['build v1, now v2']);
    const { stdout } = await box.run(['status', ...fleet]);
    expect(stdout).toContain('web prod/b: 3 proved, 3 stale');
    expect(stdout).toContain('stale: build v1, now v2');
  });

  test('replace brings it', async () => {
    expect(await json('replace', '--yes')).toMatchObject({ code: 0, document: { fleet: { proved: 3 } } });
    expect(await builds()).toEqual({ 'v2 proved': 3 });
  });

  test('one whose init fails stops at the canary, and the old machines are untouched: exit 3', async () => {
    const before = (await machines()).map(({ instance_id: id }: { instance_id: string }) => id).sort();
    await publish('v3', 'echo "E: no such table" >&2; exit 9');
    const { code, document } = await json('replace', '--yes');
    expect(code).toBe(3);
    expect(document).toMatchObject({
      fleet: { target: 3, proved: 3, ended: [], stopped: { failures: 1 }, kept: [expect.any(String)] },
      machines: [{ verdict: 'failed', failure: { step: 'init', status: 9, error: 'E: no such table' } }],
    });
    const after = await machines();
    expect(await builds()).toEqual({ 'v2 proved': 3, 'v3 failed': 1 });
    expect(after.map(({ instance_id: id }: { instance_id: string }) => id)).toEqual(
      expect.arrayContaining(before),
    );
  });

  test('the build before is promoted again: nothing is stale, and --failed clears up', async () => {
    const words = ['release', 'promote', 'v2', '--env', 'prod', '--local', '--catalogue', catalogue];
    expect(await box.run(words)).toMatchObject({ code: 0 });
    const cleared = await json('terminate', '--fleet', '--failed', '--yes');
    expect({ code: cleared.code, ended: cleared.document.ended.length }).toEqual({ code: 0, ended: 1 });
    await until('it to be gone', async () => (await machines()).length === 3);
    expect(await json('scale', '--to', '3')).toMatchObject({ code: 0, document: { fleet: { proved: 3 } } });
    expect(await builds()).toEqual({ 'v2 proved': 3 });
  });
});
