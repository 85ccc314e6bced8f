import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, sandbox } from '../support/cli.ts';
import { repository } from '../support/repository.ts';

const AMI = 'ami-0123456789abcdef0';
const BUCKET = 'e2e-rolecall';
/** What the build's init script tells: the commit that git archive wrote into the build. */
const INIT = '#!/bin/bash\necho "rolecall: serves $(cat "$ROLECALL_BUILD_DIR/COMMIT") as $ROLECALL_BUILD"\n';

const box = sandbox();
const repo = repository();
const catalogue = join(repo.path, 'roles.yaml');
const LAUNCH = ['launch', '--role', 'web', '--env', 'prod', '--context', 'b', '--local', '--output', 'json'];

const rolecall = async (...args: string[]) => {
  const { code, stdout, stderr } = await box.run([...args, '--catalogue', catalogue]);
  return { code, stdout, stderr };
};
const release = (...args: string[]) => rolecall('release', ...args, '--local');
const document = async (...args: string[]) => {
  const { code, stdout, stderr } = await release(...args, '--output', 'json');
  expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
  return JSON.parse(stdout);
};

beforeAll(() => {
  writeFileSync(
    catalogue,
    `version: 1
name: e2e
region: eu-central-1
ami: ${AMI}
bucket: e2e-rolecall
apps: {shop: }
local_image: {overlay: overlay}
environments: {prod: , staging: }
contexts: {b: }
roles:
  web: {app: shop, instance_type: t3.micro, timeout: 20s}
  profile: {app: shop, instance_type: t3.micro, instance_profile: web, timeout: 20s}
  plain: {instance_type: t3.micro, instance_profile: web, timeout: 20s}
`,
  );
  repo.write('overlay/etc/rolecall/bootstrapper.conf', 'app=shop\nbucket=e2e-rolecall\n');
  repo.write('.gitattributes', 'COMMIT export-subst\noverlay export-ignore\nroles.yaml export-ignore\n');
  repo.write('COMMIT', '$Format:%H$');
  repo.write('init/b/bootstrapper.sh', INIT, 0o755);
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
  repo.dispose();
});

test('from a git repository to a machine that serves that very commit, without a cloud that stays', async () => {
  const commit = repo.commit('first');
  repo.git('tag', 'v1');
  const nothing = await rolecall(...LAUNCH);
  expect(nothing.code).toBe(2);
  expect(JSON.parse(nothing.stdout).error.message).toBe('no build of shop is promoted to prod');
  const published = await release('publish', 'v1', '--env', 'prod', '--why', 'the first');
  expect(published).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('prod deploys shop v1 (its manifest says commit'),
  });
  const { code, stdout } = await rolecall(...LAUNCH);
  const report = JSON.parse(stdout);
  expect({ code, build: report.launch.build }).toMatchObject({
    code: 0,
    build: { app: 'shop', tag: 'v1', commit },
  });
  expect(report.machines[0].steps.map(({ name }: { name: string }) => name)).toEqual([
    'metadata',
    'personality',
    'deploy.pointer',
    'deploy.fetch',
    'deploy.verify',
    'deploy.unpack',
    'init',
  ]);
  const text = await rolecall(...LAUNCH.slice(0, -2));
  expect(text.stdout).toContain(`serves ${commit} as v1`);
  expect(text.stdout).toContain(
    `1 of 1 succeeded with build v1 (its manifest says commit ${commit.slice(0, 12)})`,
  );
});

describe('in a cloud that stays', () => {
  beforeAll(async () => {
    expect(await box.run(['local', 'up'])).toMatchObject({ code: 0 });
    repo.write('page', 'second');
    repo.commit('second');
    repo.git('tag', 'v2');
  });

  test('what was published before the cloud is there still', async () => {
    expect((await document('list')).builds).toMatchObject([{ tag: 'v1' }]);
    expect((await document('history', '--env', 'prod')).moves).toMatchObject([
      { to: 'v1', why: 'the first' },
    ]);
  });

  test('a launch stays with its build, though the pointer moves; another one gets the new build', async () => {
    const first = await rolecall(...LAUNCH, '--launch-id', 'pinned');
    expect(JSON.parse(first.stdout).launch.build.tag).toBe('v1');
    await document('publish', 'v2', '--env', 'prod');
    const again = await rolecall(...LAUNCH, '--launch-id', 'pinned');
    expect(JSON.parse(again.stdout)).toMatchObject({
      launch: { build: { tag: 'v1' } },
      summary: { succeeded: 1 },
    });
    expect(again.stderr).toContain(
      'note: this launch was begun with build v1 and stays with it, though prod deploys v2 now',
    );
    const other = await rolecall(...LAUNCH, '--launch-id', 'pinned', '--build', 'v2');
    expect(other).toMatchObject({ code: 6 });
    expect(JSON.parse(other.stdout).error.message).toMatch(/build \(then v1, now v2\)/);
    const watched = await rolecall('watch', 'pinned', '--local', '--output', 'json');
    expect(JSON.parse(watched.stdout).launch.build.tag).toBe('v1');
    expect(JSON.parse((await rolecall(...LAUNCH)).stdout).launch.build.tag).toBe('v2');
    expect(JSON.parse((await rolecall(...LAUNCH, '--build', 'v1')).stdout).launch.build.tag).toBe('v1');
  });

  test('machines fetch it with their instance profile, pinned or by the AMI’s own word; of the cloud they reach nothing else', async () => {
    const as = async (role: string) => {
      const { code, stdout } = await rolecall(...LAUNCH.map((word) => (word === 'web' ? role : word)));
      const { machines, launch } = JSON.parse(stdout);
      return { code, id: machines[0].instance_id, build: launch.build?.tag, verdict: machines[0].verdict };
    };
    expect(await as('profile')).toMatchObject({ code: 0, build: 'v2', verdict: 'succeeded' });
    const { id, ...rest } = await as('plain');
    expect(rest).toEqual({ code: 0, build: undefined, verdict: 'succeeded' });
    const inside = (script: string) => box.run(['local', 'exec', id, '--', 'bash', '-c', script]);
    expect((await inside('readlink /opt/rolecall/shop/current')).stdout).toMatch(
      /^builds\/v2-[0-9a-f]{12}\n$/,
    );
    const url = '$(tr "\\0" "\\n" </proc/1/environ | sed -n s/^AWS_ENDPOINT_URL_S3=//p)';
    const codeOf = async (path: string) =>
      (await inside(`curl -s -o /dev/null -w '%{http_code}' ${url}${path}`)).stdout;
    expect(await codeOf('/e2e-rolecall/builds/shop/v2.json')).toBe('403');
    expect(await codeOf('/_rolecall/')).toBe('403');
    expect((await inside(`curl -s -d Action=DescribeInstances ${url}/`)).stdout).toContain(
      '<Code>MethodNotAllowed</Code>',
    );
  });

  test('the plan shows the build and which init script wins; offline for a folder', async () => {
    const PLAN = ['plan', '--role', 'web', '--env', 'prod', '--context', 'b'];
    const { stdout } = await rolecall(...PLAN, '--local', '--output', 'json');
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({
      build: { tag: 'v2', fetch: 'presigned', promoted: { by: expect.any(String) } },
      init: { winner: { path: 'init/b/bootstrapper.sh', where: 'build' }, certain: true },
    });
    expect(plan.init.candidates.map(({ state }: { state: string }) => state)).toEqual([
      'absent',
      'absent',
      'absent',
      'absent',
      'found',
      'absent',
    ]);
    expect(plan.payload.text).not.toMatch(/X-Amz-Signature=[0-9a-f]/);
    const offline = await rolecall(...PLAN, '--build-dir', repo.path, '--output', 'json');
    expect(JSON.parse(offline.stdout)).toMatchObject({
      build: null,
      init: { winner: { path: 'init/b/bootstrapper.sh' } },
    });
  });

  test('promote, roll back twice, and the history of it', async () => {
    repo.write('page', 'third');
    repo.commit('third');
    await document('publish', '--tag', 'v3', '--env', 'staging');
    for (const tag of ['v1', 'v2']) await document('promote', tag, '--env', 'staging');
    expect((await document('rollback', '--env', 'staging', '--why', 'slow')).to).toBe('v1');
    expect((await document('rollback', '--env', 'staging')).to).toBe('v3');
    const { moves } = await document('history', '--env', 'staging');
    expect(moves.map(({ to, action }: { to: string; action: string }) => `${action} ${to}`)).toEqual([
      'rollback v3',
      'rollback v1',
      'promote v2',
      'promote v1',
      'promote v3',
    ]);
    expect((await document('show', '--env', 'staging')).build.tag).toBe('v3');
    expect((await document('show', 'v2')).build.tag).toBe('v2');
    const { builds, environments } = await document('list');
    expect(builds.map(({ tag }: { tag: string }) => tag)).toEqual(['v3', 'v2', 'v1']);
    expect(environments).toEqual({ prod: 'v2', staging: 'v3' });
  });

  test.each<[string, string[], number, RegExp]>([
    [
      'no such environment',
      ['promote', 'v1', '--env', 'prd'],
      2,
      /has no environment "prd"; did you mean "prod"\?/,
    ],
    ['no environment', ['promote', 'v1'], 2, /missing --env/],
    [
      'no such tag',
      ['promote', 'v11', '--env', 'prod'],
      2,
      /there is no build v11 of shop .*did you mean v1/,
    ],
    ['no such app', ['list', '--app', 'shpo'], 2, /has no app "shpo"; did you mean "shop"\?/],
    ['no such ref', ['publish', 'v99'], 2, /has no tag, branch or commit v99/],
    ['a tag that is taken', ['publish', 'v2', '--tag', 'v1'], 6, /there is another build v1 of shop already/],
    ['the same again', ['publish', 'v1'], 0, /v1 .*was published already/],
    [
      'both ways to name a build',
      ['show', 'v1', '--env', 'prod'],
      2,
      /name a build: TAG or --env, one of them/,
    ],
    ['a reason without a promotion', ['publish', '--why', 'x'], 2, /--why is the reason of a promotion/],
    [
      'a reason of two lines',
      ['promote', 'v1', '--env', 'prod', '--why', 'a\nb'],
      2,
      /--why must be one line/,
    ],
    [
      'an archive that is none',
      ['publish', '--archive', '/nonexistent.tar.gz'],
      2,
      /can't be read \(ENOENT\)/,
    ],
  ])('%s', async (_name, args, code, expected) => {
    const answer = await release(...args);
    expect({ code: answer.code, said: answer.stdout + answer.stderr }).toEqual({
      code,
      said: expect.stringMatching(expected),
    });
  });

  test('--build for a role that deploys nothing is told', async () => {
    const { code, stderr } = await rolecall(
      'plan',
      '--role',
      'plain',
      '--env',
      'prod',
      '--context',
      'b',
      '--build',
      'v1',
    );
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/deploys no app, so --build v1 means nothing/),
    });
  });

  test('50 promotions at once from 50 processes: one order of history, no update lost, every loser told', async () => {
    const before = (await document('history', '--env', 'prod')).moves.length;
    const tags = ['v1', 'v3'];
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        release('promote', tags[n % 2] ?? '', '--env', 'prod', '--why', `run ${n}`, '--output', 'json'),
      ),
    );
    const { moves } = await document('history', '--env', 'prod');
    const made = moves.slice(0, moves.length - before);
    const won = results.flatMap(({ code, stdout }, n) =>
      code === 0 && JSON.parse(stdout).changed ? [`run ${n}`] : [],
    );
    // Who won is in the history, each once; nobody else is.
    expect(made.map(({ why }: { why: string }) => why).sort()).toEqual(won.sort());
    for (const [index, move] of moves.entries()) expect(move.from).toBe(moves[index + 1]?.to ?? null);
    const lost = results.filter(({ code }) => code !== 0);
    for (const { code, stdout } of lost) {
      expect(code).toBe(6);
      expect(JSON.parse(stdout).error).toMatchObject({
        message: expect.stringMatching(/was moved meanwhile: .* nothing was changed/),
      });
    }
    expect(
      won.length +
        lost.length +
        results.filter(({ code, stdout }) => code === 0 && !JSON.parse(stdout).changed).length,
    ).toBe(50);
  }, 600_000);

  test('a publish killed at 20 random moments leaves no pointer to an incomplete build, and the next run carries on', async () => {
    // Large enough to go in parts, and to be killed at every step of it; gzip would take most of the time.
    const app = repository();
    const folder = mkdtempSync(join(tmpdir(), 'rolecall-killed-'));
    const s3 = await s3Client();
    try {
      app.write('random', randomBytes(70_000_000));
      const killed = catalogueOf(app.path, folder);
      const publish = (tag: string) => [
        ...['release', 'publish', '--tag', tag, '--env', 'prod', '--local', '--output', 'json'],
        ...['--catalogue', killed],
      ];
      const commit = (tag: string) => {
        app.write('turn', tag);
        app.commit(tag);
      };
      commit('t0');
      // How long a whole one takes here and now: the moments lie within that.
      const begun = Date.now();
      expect(await box.run(publish('t0'))).toMatchObject({ code: 0 });
      const wholeMs = Date.now() - begun;
      let promoted = 't0';
      let stopped = 0;
      for (let turn = 1; turn <= 20; turn += 1) {
        const tag = `t${turn}`;
        const moment = Math.round(Math.random() * wholeMs);
        commit(tag);
        if (await killAfter(publish(tag), moment, folder)) stopped += 1;
        const after = await deployed(s3);
        // Either it moved the pointer before it was killed, or the pointer is as it was; whole in any case.
        expect({ tag, moment, ...after }).toMatchObject({
          named: expect.stringMatching(`^(?:${tag}|${promoted})$`),
          whole: true,
        });
        const { code, stdout, stderr } = await box.run(publish(tag));
        expect({ moment, code, stderr }).toMatchObject({ code: 0 });
        expect({ tag: JSON.parse(stdout).build.tag, moment }).toEqual({ tag, moment });
        expect({ moment, ...(await deployed(s3)) }).toEqual({ moment, named: tag, whole: true });
        const { Uploads: unfinished } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
        expect({ moment, unfinished }).toEqual({ moment, unfinished: undefined });
        // The disk is not for twenty of them; nothing names the one before any more.
        for (const name of [`${promoted}.json`, `${promoted}.tar.zst`])
          await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `builds/big/${name}` }));
        promoted = tag;
      }
      expect(stopped).toBeGreaterThan(0);
    } finally {
      s3.destroy();
      app.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 1_200_000);
});

/** An S3 client of the cloud that is up: it looks without a word of rolecall's. */
async function s3Client(): Promise<S3Client> {
  const { stdout } = await box.run(['local', 'env']);
  const value = (name: string) => new RegExp(`^export ${name}='?([^'\\n]+)'?$`, 'm').exec(stdout)?.[1] ?? '';
  return new S3Client({
    endpoint: value('AWS_ENDPOINT_URL_S3'),
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: value('AWS_ACCESS_KEY_ID'),
      secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
    },
  });
}

/** The build that the pointer of `big` names, and whether its manifest and the very bytes of its archive are there. */
async function deployed(s3: S3Client): Promise<{ readonly named: string; readonly whole: boolean }> {
  const body = async (Key: string) => (await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body;
  const text = async (key: string) => (await (await body(key))?.transformToString()) ?? '';
  const [named = ''] = (await text('pointers/big/prod')).split('\n');
  const { archive, sha256 } = JSON.parse(await text(`builds/big/${named}.json`));
  const hash = createHash('sha256');
  for await (const chunk of (await body(`builds/big/${archive}`)) as Readable) hash.update(chunk as Buffer);
  return { named, whole: hash.digest('hex') === sha256 };
}

/** A catalogue outside of the repository that it builds from. */
function catalogueOf(path: string, folder: string): string {
  const file = join(folder, 'roles.yaml');
  writeFileSync(
    file,
    `version: 1
name: killed
region: eu-central-1
ami: ${AMI}
bucket: e2e-rolecall
apps: {big: {repository: ${path}, compression: zstd}}
environments: {prod: , staging: }
contexts: {b: }
roles: {web: {app: big, instance_type: t3.micro}}
`,
  );
  return file;
}

/**
 * Runs a command of the bundled CLI and kills it, with kill -9, after so long; what it leaves lies in `folder`.
 * @returns whether it was killed before its end
 */
async function killAfter(args: readonly string[], ms: number, folder: string): Promise<boolean> {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'rolecall.cjs'), ...args], {
    env: { ...box.env, TMPDIR: folder },
    stdio: 'ignore',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const signal = await new Promise((resolve) => child.once('close', (_code, by) => resolve(by)));
  clearTimeout(timer);
  return signal === 'SIGKILL';
}
