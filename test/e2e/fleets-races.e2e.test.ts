import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  NoSuchBucket,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Running, until } from '../support/cli.ts';
import { counts, fleetCloud, proved, QUICK, tagOf } from '../support/fleets.ts';

const cloud = fleetCloud();
afterAll(cloud.dispose);

const job = (id: string) => ({ GITHUB_RUN_ID: id, GITHUB_JOB: 'scale', GITHUB_ACTOR: 'ann' });

/** The record of the fleet web/prod/b; undefined before there is one. */
async function recordKey(s3: S3Client): Promise<string | undefined> {
  const query = new ListObjectsV2Command({ Bucket: 'e2e-fleets', Prefix: 'local/' });
  const { Contents = [] }: ListObjectsV2CommandOutput = await s3.send(query).catch((error: unknown) => {
    // The first command of a cloud makes the bucket.
    if (error instanceof NoSuchBucket) return { $metadata: {} };
    throw error;
  });
  // What lies in the bucket outlives its cloud.
  return Contents.filter(({ Key = '' }) => Key.endsWith('/fleets/eu-central-1/fleets/web/prod/b.json'))
    .sort((one, other) => Number(one.LastModified) - Number(other.LastModified))
    .at(-1)?.Key;
}

async function fleetRecord(s3: S3Client) {
  const key = await recordKey(s3);
  if (key === undefined) return undefined;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'e2e-fleets', Key: key }));
  return JSON.parse((await Body?.transformToString()) ?? '');
}

interface SeenRecord {
  readonly holder: { readonly verb: string } | null;
  readonly open: readonly { readonly kind: string }[];
}

/** Stops a process as soon as the fleet's record is as `seen` says. */
async function stopWhen(running: Running, seen: (record: SeenRecord) => boolean) {
  const { s3 } = await cloud.client();
  await until('the record to tell it', async () => {
    const record = await fleetRecord(s3);
    if (record === undefined || !seen(record)) return false;
    running.child.kill('SIGSTOP');
    return true;
  });
}

describe('two runs at once', () => {
  // So slow that one is still at work when the other comes, on a busy machine too.
  beforeAll(() => cloud.up(`boxes: { ${QUICK.replace('init, ms: 900', 'init, ms: 8000')} }`, 5));

  test.each([
    ['of different jobs', '801', '802'],
    ['of one job', '803', '803'],
  ])('scale --to 20 twice, %s: both end, with 20', async (_, one, other) => {
    const runs = await Promise.all([cloud.scale(20, [], job(one)), cloud.scale(20, [], job(other))]);
    for (const { code, stderr, document } of runs)
      expect({ code, stderr, fleet: document?.fleet }).toMatchObject({ code: 0, fleet: { proved: 20 } });
    expect(runs.map(({ stderr }) => stderr).join('')).toContain('waiting for scale by');
    expect(await cloud.verdicts()).toEqual(proved(20));
    expect(await cloud.scale(0, ['--yes'])).toMatchObject({ code: 0 });
  });

  test('four runs with other sizes: each fleet is one that somebody asked for', async () => {
    const sizes = [3, 7, 5, 2];
    const runs = await Promise.all(
      sizes.map((size, index) => cloud.scale(size, ['--yes'], job(`81${index}`))),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(sizes).toContain((await cloud.living()).length);
    expect(counts(await cloud.verdicts())).toEqual({ succeeded: (await cloud.living()).length });
    expect(await cloud.scale(0, ['--yes'])).toMatchObject({ code: 0 });
  });

  test('--lock-wait 0s waits for nobody: exit 6, who is at work, and since when', async () => {
    const first = cloud.start('scale', ['--to', '4', '--output', 'json'], job('821'));
    await stopWhen(first, ({ holder }) => holder?.verb === 'scale');
    const second = await cloud.scale(6, ['--lock-wait', '0s'], job('822'));
    expect(second).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(
        /another run is at work on this fleet: scale by ann.* since .*github-821-scale-/,
      ),
    });
    first.child.kill('SIGCONT');
    expect(await cloud.finished(first)).toMatchObject({ code: 0, document: { fleet: { proved: 4 } } });
    expect(await cloud.verdicts()).toEqual(proved(4));
  });
});

describe('kill -9 at any moment', () => {
  const TURNS = 12;
  beforeAll(() => cloud.up());

  test(`${TURNS} times in a scale-out of 10: no duplicate, no orphan, ten proved`, async () => {
    const began = Date.now();
    expect(await cloud.scale(10, ['--wave', '4'], job('900'))).toMatchObject({ code: 0 });
    const wholeMs = Date.now() - began;
    for (let turn = 1; turn <= TURNS; turn += 1) {
      expect(await cloud.scale(0, ['--yes'])).toMatchObject({ code: 0 });
      const afterMs = Math.round(Math.random() * wholeMs);
      const what = { turn, afterMs };
      const first = cloud.start('scale', ['--to', '10', '--wave', '4'], job(`90${turn}`));
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      first.child.kill('SIGKILL');
      await first.done;
      const second = await cloud.scale(10, ['--wave', '4'], job(turn % 2 === 0 ? `90${turn}` : `95${turn}`));
      const { code, stderr } = second;
      expect({ ...what, code, stderr }).toMatchObject({ ...what, code: 0 });
      expect(second.document.fleet.proved).toBe(10);
      expect({ ...what, verdicts: await cloud.verdicts() }).toEqual({ ...what, verdicts: proved(10) });
    }
  }, 240_000);
});

test('killed just before RunInstances: what another run launches for it sends its beacons and boot logs', async () => {
  const fails = '{ kind: failed, step: init, status: 7, lines: ["E: no such package"], share: 1 }';
  await cloud.up(`throttle: { RunInstances: 8 }\nboxes: { ${QUICK}, outcomes: [${fails}] }\n`, 30);
  const first = cloud.start('scale', ['--to', '2', '--output', 'json'], job('1101'));
  await stopWhen(first, ({ open }) => open.some(({ kind }) => kind === 'batch'));
  first.child.kill('SIGKILL');
  await first.done;
  const second = await cloud.scale(1, [], job('1102'));
  expect(second.stderr).toMatch(
    /settled batch 1 of launch github-1101-\S+ which an earlier run left open: 1 machine/,
  );
  const settled = (await cloud.living()).find((one) =>
    tagOf(one, 'rolecall:launch').startsWith('github-1101-'),
  );
  const { s3 } = await cloud.client();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'e2e-fleets' }));
  const sent = Contents.flatMap(({ Key = '' }) =>
    Key.includes(settled?.InstanceId ?? '?') ? (/(?:^|\/)(beacons|logs)\//.exec(Key)?.[1] ?? []) : [],
  );
  expect([...new Set(sent)].sort()).toEqual(['beacons', 'logs']);
});

describe('a run that is paused (SIGSTOP), and goes on when another has taken over', () => {
  test('just before RunInstances: its machines come once, and it ends with exit 6', async () => {
    // Throttled, it waits between its batch's entry in the record and the answer.
    await cloud.up(`throttle: { RunInstances: 8 }\nboxes: { ${QUICK} }\n`, 30);
    const first = cloud.start('scale', ['--to', '6', '--no-canary', '--output', 'json'], job('1001'));
    await stopWhen(first, ({ open }) => open.some(({ kind }) => kind === 'batch'));
    const second = await cloud.scale(6, ['--no-canary'], job('1002'));
    expect({ code: second.code, stderr: second.stderr }).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(6));
    first.child.kill('SIGCONT');
    expect(await first.done).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('another run has taken the fleet over'),
    });
    expect(await cloud.verdicts()).toEqual(proved(6));
  });

  test('while it waits for a wave: it launches no more', async () => {
    await cloud.up(`boxes: { pending_ms: 500, kernel_ms: 60000 }\n`, 30);
    const first = cloud.start('scale', ['--to', '6', '--wave', '2', '--output', 'json'], job('1003'));
    await until('the canary', async () => (await cloud.living()).length > 0);
    first.child.kill('SIGSTOP');
    expect(await cloud.scale(3, [], job('1004'))).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(3));
    first.child.kill('SIGCONT');
    expect(await first.done).toMatchObject({ code: 6 });
    expect(await cloud.verdicts()).toEqual(proved(3));
  });

  test('while it ends machines: it ends no others', async () => {
    await cloud.up(`throttle: { TerminateInstances: 8 }\nboxes: { ${QUICK} }\n`, 30);
    expect(await cloud.scale(6)).toMatchObject({ code: 0 });
    const first = cloud.start('scale', ['--to', '2', '--yes', '--output', 'json'], job('1005'));
    await stopWhen(first, ({ open }) => open.some(({ kind }) => kind === 'end'));
    const second = await cloud.scale(5, [], job('1006'));
    expect({ code: second.code, stderr: second.stderr }).toMatchObject({ code: 0 });
    expect(await cloud.verdicts()).toEqual(proved(5));
    first.child.kill('SIGCONT');
    expect(await first.done).toMatchObject({ code: 6 });
    expect(await cloud.verdicts()).toEqual(proved(5));
    const launches = counts((await cloud.living()).map((machine) => tagOf(machine, 'rolecall:launch')));
    expect(Object.values(launches).sort()).toEqual([2, 3]);
  });
});

test('a record that is damaged: nothing is launched or ended, exit 6; status shows the fleet, and says so', async () => {
  await cloud.up();
  expect(await cloud.scale(2)).toMatchObject({ code: 0 });
  const { s3 } = await cloud.client();
  const Key = await recordKey(s3);
  await s3.send(new PutObjectCommand({ Bucket: 'e2e-fleets', Key, Body: '{"version":1,' }));
  for (const run of [
    cloud.scale(3),
    cloud.scale(0, ['--yes']),
    cloud.json('terminate', ['--fleet', '--yes']),
  ])
    expect(await run).toMatchObject({ code: 6, stderr: expect.stringMatching(/record s3:\S+ is damaged/) });
  expect(await cloud.verdicts()).toEqual(proved(2));
  const { code, stdout } = await cloud.text('status', []);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('is damaged') });
  expect(stdout.match(/i-[0-9a-f]{17}/g)).toHaveLength(2);
});
