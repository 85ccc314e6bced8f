import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { moduleIn, write } from '../bundle/support.ts';
import { ROOT, sandbox } from '../support/cli.ts';

const BIN = join(ROOT, 'dist/rolecall.cjs');
const ROOTED = process.geteuid?.() === 0;

const box = sandbox();
const repository = join(box.home, 'repository');

const CATALOGUE = `version: 1
name: circumstances
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: circumstances-rolecall
apps: { shop: }
defaults: { instance_type: t3.micro, timeout: 1m }
environments: { prod: }
contexts: { b: }
roles: { web: , queue: { modules: [memcached] } }
`;

beforeAll(() => {
  write(join(repository, 'roles.yaml'), CATALOGUE);
  write(join(repository, 'init/b/prod/bootstrapper.sh'), 'true\n');
  moduleIn(join(repository, 'theirs'), 'bee');
  // More than a disk of these tests has room for.
  write(join(repository, 'data'), execFileSync('head', ['-c', '300000', '/dev/urandom']));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'x');
});
afterAll(() => box.dispose());

/** What a command of the repository said, run through programs that change its circumstances. */
async function ran(args: readonly string[], env: NodeJS.ProcessEnv = {}, through: readonly string[] = []) {
  const { code, stdout, stderr } = await program([...through, process.execPath, BIN, ...args], env);
  return { code, said: stderr + stdout };
}

async function program([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  const { spawn } = await import('node:child_process');
  const child = spawn(command, args, {
    cwd: repository,
    env: { ...box.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk) => {
      out[name] += String(chunk);
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...out };
}

/** A sentence and a next step, and no defect of rolecall. */
function expectSentence(
  { code, said }: { readonly code: number | null; readonly said: string },
  message: RegExp,
): void {
  expect({ code, said }).toEqual({ code: 2, said: expect.stringMatching(message) });
  expect(said).toMatch(/^error: .*\n {2}→ \S/m);
  expect(said).not.toMatch(/defect|internal|\bE[A-Z]{4,}\b|\n {4}at /);
}

/** A disk of so many bytes, mounted for a test. */
async function withDisk<T>(size: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(box.home, 'disk');
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder]);
  try {
    return await use(folder);
  } finally {
    execFileSync('umount', ['--lazy', folder]);
  }
}

const BUNDLE = ['--role', 'queue', '--env', 'prod', '--context', 'b'];

describe('a folder for temporary files', () => {
  test.each([
    ['that is not there', '/nowhere', 'no such file or directory'],
    ['that is a file', join(ROOT, 'package.json'), 'not a directory'],
    ['that takes none', '/proc', 'no such file or directory'],
    ['with a name that is too long', `/tmp/${'x'.repeat(300)}`, 'name too long'],
  ])('%s', async (_what, TMPDIR, reason) => {
    for (const args of [
      ['release', 'build'],
      ['module', 'add', 'theirs'],
    ])
      expectSentence(
        await ran(args, { TMPDIR }),
        new RegExp(`^error: ${TMPDIR} can't be used for temporary files: ${reason}\n.*TMPDIR`),
      );
  });

  test('that is read-only', async () => {
    if (!ROOTED) return;
    await withDisk('64k', async (folder) => {
      execFileSync('mount', ['-o', 'remount,ro', folder]);
      for (const args of [
        ['release', 'build'],
        ['module', 'add', 'theirs'],
      ])
        expectSentence(await ran(args, { TMPDIR: folder }), /read-only file system\n.*TMPDIR/);
    });
  });
});

test('a working folder that is gone is told, and what needs none still works', async () => {
  const inGone = (line: string) =>
    program(
      ['sh', '-c', `mkdir gone && cd gone && rmdir ../gone && "$0" "$1" ${line}`, process.execPath, BIN],
      {},
    );
  for (const line of [
    'validate',
    'launch --role web --env prod --context b --local',
    'module new bee',
    'release build',
  ]) {
    const { code, stderr } = await inGone(line);
    expectSentence({ code, said: stderr }, /^error: the working folder is gone: somebody removed it\n/);
  }
  for (const line of ['--version', 'launch --help', '--help', 'help launch'])
    expect(await inGone(line)).toMatchObject({ code: 0, stderr: '' });
});

test('a disk without room for what a command writes: a sentence, and no litter', async () => {
  if (!ROOTED) return;
  await withDisk('64k', async (folder) => {
    execFileSync('sh', ['-c', `head -c 60000 /dev/zero >"${folder}/filled"`]);
    const refused = /can't be (written|written to|made): no space left on device\n {2}→ make room/;
    expectSentence(await ran(['release', 'build', '--file', join(folder, 'x.tar.gz')]), refused);
    expectSentence(await ran(['bundle', 'build', ...BUNDLE, '--file', join(folder, 'x')]), refused);
    write(join(repository, 'elsewhere.yaml'), `${CATALOGUE}modules_folder: ${folder}\n`);
    execFileSync('sh', ['-c', `head -c 100000 /dev/zero >"${folder}/filled" || true`]);
    expectSentence(
      await ran(['module', 'new', 'fresh', '--catalogue', 'elsewhere.yaml']),
      /no space left on device\n {2}→ make room/,
    );
    expect(readdirSync(folder)).toEqual(['filled']);
  });
});

test('a full disk for temporary files is told with TMPDIR, whichever program found it full', async () => {
  if (!ROOTED) return;
  const bare = join(box.home, 'bare.git');
  execFileSync('git', ['clone', '-q', '--bare', repository, bare]);
  write(join(repository, 'built.yaml'), CATALOGUE.replace('shop: ', "shop: { command: 'true' }"));
  write(join(repository, 'uncommitted'), execFileSync('head', ['-c', '300000', '/dev/urandom']));
  await withDisk('200k', async (folder) => {
    const full = new RegExp(`^error: ${folder} has no room for temporary files: .*\n.*set TMPDIR`);
    for (const args of [
      ['module', 'add', bare],
      ['module', 'add', `file://${bare}`],
      ['release', 'build', '--catalogue', 'built.yaml'],
      ['release', 'build', '--dirty'],
    ]) {
      expect(await ran(args, { TMPDIR: folder })).toEqual({ code: 2, said: expect.stringMatching(full) });
      expect(readdirSync(folder)).toEqual([]);
    }
  });
  rmSync(join(repository, 'uncommitted'));
});

describe('a user without a name', () => {
  const as = (...env: string[]) => [
    'setpriv',
    '--reuid',
    '54321',
    '--regid',
    '54321',
    '--clear-groups',
    'env',
    ...env,
  ];
  const local = [
    'launch',
    '--role',
    'web',
    '--env',
    'prod',
    '--context',
    'b',
    '--catalogue',
    'plain.yaml',
    '--local',
  ];

  test('and without a home is told which variable to set; HOME=/ is told as well', async () => {
    if (!ROOTED) return;
    chmodSync(box.home, 0o755);
    write(join(repository, 'plain.yaml'), CATALOGUE.replace(/^bucket.*\n|^apps.*\n/gm, ''));
    expectSentence(
      await ran(local, {}, as('-u', 'HOME', '-u', 'XDG_STATE_HOME')),
      /^error: HOME is not set, and user 54321 has no entry in \/etc\/passwd\n.*XDG_STATE_HOME/,
    );
    expectSentence(
      await ran(local, {}, as('-u', 'XDG_STATE_HOME', 'HOME=/')),
      /permission denied\n.*XDG_STATE_HOME/,
    );
    expect(await ran(['validate'], {}, as('-u', 'HOME', '-u', 'XDG_STATE_HOME'))).toMatchObject({ code: 0 });
  });

  test.each([
    ['no HOME', ['-u', 'HOME']],
    ['an empty HOME', ['HOME=']],
  ])('%s, and a folder for state: S3 and EC2 are asked', async (_what, home) => {
    if (!ROOTED) return;
    chmodSync(box.home, 0o755);
    const [state, temporary] = [join(box.home, 'nameless'), join(box.home, 'nameless-tmp')];
    for (const folder of [state, temporary]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      chownSync(folder, 54321, 54321);
    }
    write(join(repository, 'bundled.yaml'), CATALOGUE.replace(/^apps.*\n/m, ''));
    const through = as(...home, `XDG_STATE_HOME=${state}`, `TMPDIR=${temporary}`);
    const bundled = ['--catalogue', 'bundled.yaml', '--local'];
    expect(await ran(['local', 'up', '--boxes', 'simulated'], {}, through)).toMatchObject({ code: 0 });
    try {
      expect(await ran(['launch', ...BUNDLE, '--yes', ...bundled], {}, through)).toMatchObject({ code: 0 });
      expect(await ran(['status', ...bundled], {}, through)).toEqual({
        code: 0,
        said: expect.stringContaining('queue prod/b: 1 proved'),
      });
    } finally {
      await ran(['local', 'down'], {}, through);
    }
  });
});

test.each([
  [['validate', '--catalogue', 'x'.repeat(300)]],
  [['validate', '--catalogue', 'x/'.repeat(3000)]],
  [['validate', '--catalogue', 'roles.yaml/x']],
  [['validate', '--catalogue', 'loop']],
  [['validate', '--catalogue', '.']],
  [['bundle', 'build', ...BUNDLE, '--file', 'x'.repeat(300)]],
  [['bundle', 'build', ...BUNDLE, '--file', 'loop']],
  [['bundle', 'build', ...BUNDLE, '--file', 'roles.yaml/x']],
  [['release', 'build', '--file', `${'x'.repeat(300)}/`]],
  [['release', 'build', '--file', 'x'.repeat(252)]],
  [['release', 'build', 'x'.repeat(300)]],
  [['module', 'add', 'x'.repeat(300)]],
  [['module', 'add', `./${'x'.repeat(300)}.git`]],
  [['module', 'add', 'loop']],
  [['module', 'new', 'x'.repeat(300)]],
  [['bundle', 'open', 'x'.repeat(300)]],
  [['bundle', 'open', 'roles.yaml', '--key-file', 'loop']],
  [['bundle', 'verify', '.']],
  [['local', 'up', '--faults', 'x'.repeat(300)]],
])('a path that can’t be: %j', async (args) => {
  rmSync(join(repository, 'loop'), { force: true });
  execFileSync('ln', ['-s', 'loop', join(repository, 'loop')]);
  expectSentence(await ran(args), /^error: /);
});

test('few descriptors are told as such, whatever the command was about to do', async () => {
  const said: string[] = [];
  for (const limit of [20, 22, 24, 26, 28])
    for (const args of [
      ['release', 'build'],
      ['module', 'list'],
      ['module', 'add', 'theirs', '--force'],
      ['bundle', 'build', ...BUNDLE],
    ]) {
      const done = await ran(args, {}, ['prlimit', `--nofile=${limit}`]);
      if (done.code === 0) continue;
      expectSentence(done, /too many open files/);
      said.push(done.said);
    }
  expect(said.length).toBeGreaterThan(3);
  expect(said.join('')).toContain('ulimit -n 4096');
}, 120_000);

test('a lasting local cloud outlives a full disk: it refuses writes, EC2 answers, machines live on', async () => {
  if (!ROOTED) return;
  await withDisk('4m', async (folder) => {
    const env = { XDG_STATE_HOME: folder };
    expect(await ran(['local', 'up', '--boxes', 'simulated'], env)).toMatchObject({ code: 0 });
    const launch = [
      'launch',
      '--role',
      'web',
      '--env',
      'prod',
      '--context',
      'b',
      '--local',
      '--output',
      'json',
    ];
    try {
      const file = JSON.parse(readFileSync(join(folder, 'rolecall/local/cloud.json'), 'utf8'));
      const s3 = new S3Client({
        endpoint: file.endpoint,
        region: 'eu-central-1',
        forcePathStyle: true,
        credentials: { accessKeyId: file.access_key_id, secretAccessKey: file.secret_access_key },
      });
      const put = (Key: string, Body: Buffer) =>
        s3.send(new PutObjectCommand({ Bucket: 'circumstances-rolecall', Key, Body }));
      await s3.send(new CreateBucketCommand({ Bucket: 'circumstances-rolecall' }));
      expect(await ran(['release', 'publish', '--env', 'prod', '--local'], env)).toMatchObject({ code: 0 });
      expect((await ran(launch, env)).code).toBe(0);
      execFileSync('sh', ['-c', `cat /dev/zero >"${folder}/filled" 2>&1 || true`]);

      for (const [key, size] of [
        ['small', 10],
        ['blob', 300_000],
        ['large', 3_000_000],
        ['small', 10],
      ] as const)
        await expect(put(key, Buffer.alloc(size))).rejects.toMatchObject({
          name: 'StorageFull',
          $metadata: { httpStatusCode: 507, attempts: 1 },
        });
      await expect(s3.send(new CreateBucketCommand({ Bucket: 'another-bucket' }))).rejects.toThrow('is full');
      // What lies there is still read, and listed.
      const pointer = await s3.send(
        new GetObjectCommand({ Bucket: 'circumstances-rolecall', Key: 'pointers/shop/prod' }),
      );
      expect(await pointer.Body?.transformToString()).toMatch(/^[0-9a-f]{12}\n/);
      await s3.send(new ListObjectsV2Command({ Bucket: 'circumstances-rolecall' }));
      const status = await ran(['status', '--local', '--output', 'json'], env);
      expect(JSON.stringify(status)).toContain('i-');

      const refused = await ran([...launch, '--launch-id', 'on-a-full-disk'], env);
      expect(refused.code).not.toBe(0);
      expect(refused.said).toContain('full');
      expect(refused.said).not.toMatch(/is gone|defect/);

      rmSync(join(folder, 'filled'));
      await put('large', Buffer.alloc(300_000));
      expect((await ran(launch, env)).code).toBe(0);
      writeFileSync(join(box.home, 'found'), execFileSync('find', [folder, '-name', '.new-*']));
      expect(readFileSync(join(box.home, 'found'), 'utf8')).toBe('');
    } finally {
      await ran(['local', 'down'], env);
    }
  });
}, 240_000);
