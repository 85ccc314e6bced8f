import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import type { Faults } from '../../src/local/faults.ts';
import type { TemporaryCredentials } from '../../src/local/signature/keyring.ts';
import type { Build } from '../../src/nouns.ts';
import { bucketOf, type Member, pointerText, storeBuild } from '../support/archives.ts';
import { runOne } from '../support/ec2-calls.ts';
import { type TestCloud, testCloud, until } from '../support/local-cloud.ts';
import { scriptedDriver } from '../support/scripted-boxes.ts';
import { type Outcome, withBootstrapper } from './bash.ts';
import { BoxRoot, NONCE, SIGNED } from './box.ts';
import { type MetadataServer, serveMetadata } from './metadata-server.ts';

const BUCKET = 'shop-rolecall';
const APP = 'opt/rolecall/shop';
const INIT = 'init/b/prod/bootstrapper.sh';
const script = (text: string, name = INIT): Member => ({ name, mode: 0o755, text: `#!/bin/bash\n${text}\n` });
/** What the build's script tells: which build it is, and what it was given. */
const TELLS =
  'echo "rolecall: $ROLECALL_BUILD in $(basename $ROLECALL_BUILD_DIR): $(cat $ROLECALL_BUILD_DIR/version)"';
const members = (version: string): Member[] => [script(TELLS), { name: 'version', text: `${version}\n` }];

let cloud: TestCloud;
let bucket: Bucket;
let box: BoxRoot;
let metadata: MetadataServer | undefined;
let keys: TemporaryCredentials;
const faults: { -readonly [name in keyof Faults]: Faults[name] } = {};

beforeEach(async () => {
  for (const name of Object.keys(faults)) delete faults[name as keyof Faults];
  let given: TemporaryCredentials | undefined;
  const driver = scriptedDriver((spec) => {
    given = spec.services.credentials?.();
  });
  cloud = await testCloud({ faults, driver });
  await cloud.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  bucket = bucketOf(cloud);
  box = new BoxRoot();
  // The keys of a real machine's instance profile, with their token.
  await runOne(cloud.ec2, { IamInstanceProfile: { Name: 'web' } });
  keys = await until('a machine has its keys', async () => given);
});

afterEach(async () => {
  await metadata?.close();
  box.remove();
  await cloud[Symbol.asyncDispose]();
});

const put = (Key: string, Body: Buffer | string) =>
  cloud.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(Body) }));
const store = (tag: string, content: readonly Member[] = members(tag)): Promise<Build> =>
  storeBuild(bucket, tag, content, put);
const point = (text: string) => put('pointers/shop/prod', text);

/** User data that pins a build, as a launch renders it. */
async function pinned(build: Build, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const lines = {
    rolecall_app: 'shop',
    rolecall_bucket: BUCKET,
    rolecall_build: build.tag,
    rolecall_build_archive: build.archive,
    rolecall_build_sha256: build.sha256,
    rolecall_build_url: (await bucket.presignGet(`builds/shop/${build.archive}`, 600)).url,
    rolecall_fetch: 'presigned',
    rolecall_region: 'us-east-1',
    rolecall_s3_url: cloud.endpoint,
    ...more,
  };
  return (
    SIGNED +
    Object.entries(lines)
      .map((line) => `${line.join('=')}\n`)
      .join('')
  );
}

/** The AMI's own word on what to deploy: the build that the pointer names. */
const conf = (more = '') =>
  box.write(
    'etc/rolecall/bootstrapper.conf',
    `# what this AMI deploys\napp=shop\nbucket=${BUCKET}\ns3_url=${cloud.endpoint}\n${more}`,
  );

const tree = (): Record<string, string> => ({
  '/latest/meta-data/placement/region': 'us-east-1',
  '/latest/meta-data/iam/security-credentials/': 'web',
  '/latest/meta-data/iam/security-credentials/web': JSON.stringify(
    {
      Code: 'Success',
      AccessKeyId: keys.accessKeyId,
      SecretAccessKey: keys.secretAccessKey,
      Token: keys.token,
    },
    null,
    2,
  ),
});

/** Boots the machine: as a whole process, or with shorter waits between its tries and, `before` it, other functions. */
async function boot(
  userData: string,
  options: { quick?: boolean; bash?: string[]; tree?: Record<string, string>; before?: string } = {},
) {
  await metadata?.close();
  metadata = await serveMetadata(userData, {}, options.tree ?? tree());
  if (!options.quick && options.before === undefined)
    return await box.boot(metadata, options.bash === undefined ? {} : { bash: options.bash });
  const env = { ROLECALL_ROOT: box.path, ROLECALL_METADATA: metadata.url };
  return await withBootstrapper(`S3_WAITS=(0 0); ${options.before ?? ':'}; main`, [], { env });
}

/** What people read of a boot: the failing step and why, else the init script's last summary. */
function told({ stdout }: Outcome): string {
  const failed = /ERROR Bootstrapping failed at step (.*)\n/.exec(stdout)?.[1];
  const summaries = [...stdout.matchAll(/rolecall\[init\]: (.*)\n/g)].map(([, text]) => text);
  return failed ?? summaries.at(-1) ?? 'nothing';
}

const steps = ({ stdout }: Outcome) =>
  [...stdout.matchAll(/<<rc1 \S+ \S+ \d+ \S+ end (\S+) (\d+) /g)].map(
    ([, step, status]) => `${step} ${status}`,
  );
const builds = () => readdirSync(join(box.path, APP, 'builds')).sort();
const current = () => readlinkSync(join(box.path, APP, 'current'));
const folderOf = ({ tag, sha256 }: Build) => `${tag}-${sha256.slice(0, 12)}`;

describe('a pinned build', () => {
  test('is fetched by its URL, verified, unpacked, made current; its init script runs', async () => {
    const build = await store('v1');
    const outcome = await boot(await pinned(build));
    expect(told(outcome)).toBe(`v1 in ${folderOf(build)}: v1`);
    expect(outcome.status).toBe(0);
    expect(steps(outcome)).toEqual(
      [
        'metadata',
        'personality',
        'deploy.pointer',
        'deploy.fetch',
        'deploy.verify',
        'deploy.unpack',
        'init',
      ].map((step) => `${step} 0`),
    );
    expect([builds(), current()]).toEqual([[folderOf(build)], `builds/${folderOf(build)}`]);
    expect(outcome.stdout).not.toMatch(/X-Amz-Signature|X-Amz-Credential/);
  });

  test('needs no request once it is current: S3 may be gone', async () => {
    const build = await store('v1');
    const userData = await pinned(build);
    await boot(userData);
    const port = await cloud.stop().then(() => cloud.endpoint);
    expect(port).toMatch(/^http/);
    const again = await boot(userData);
    expect(told(again)).toBe(`v1 in ${folderOf(build)}: v1`);
    expect(steps(again)).toEqual(['metadata 0', 'personality 0', 'deploy.pointer 0', 'init 0']);
  });

  test('is fetched with the instance profile, where that is said', async () => {
    const outcome = await boot(
      await pinned(await store('v1'), { rolecall_fetch: 'profile', rolecall_build_url: '' }),
    );
    expect(told(outcome)).toMatch(/^v1 in /);
  });

  test('is fetched by anybody, where the bucket is public', async () => {
    const build = await store('v1');
    await cloud.s3.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: 'builds/shop/v1.tar.gz',
        Body: Buffer.from(
          await (await fetch((await bucket.presignGet('builds/shop/v1.tar.gz', 60)).url)).arrayBuffer(),
        ),
        ACL: 'public-read',
      }),
    );
    const outcome = await boot(await pinned(build, { rolecall_fetch: 'public', rolecall_build_url: '' }));
    expect(told(outcome)).toMatch(/^v1 in /);
  });

  test('lies below a prefix, where there is one', async () => {
    bucket = bucketOf(cloud, BUCKET, 'team/a/');
    const build = await store('v1');
    const outcome = await boot(
      await pinned(build, { rolecall_prefix: 'team/a/', rolecall_fetch: 'profile' }),
    );
    expect(told(outcome)).toMatch(/^v1 in /);
  });

  test.each(['s3Errors', 'throttle', 'breakOff', 'dropAnswers'] as const)(
    'arrives in spite of %s',
    async (fault) => {
      const userData = await pinned(
        await store('v1', [script(TELLS), { name: 'version', text: 'v1'.repeat(50_000) }]),
      );
      faults[fault] = { GetObject: 2 };
      expect(told(await boot(userData, { quick: true }))).toMatch(/^v1 in /);
    },
  );
});

describe('the pointer', () => {
  test('is read at each boot, with the keys of the instance profile; old builds go, as many as are not kept', async () => {
    conf('keep=2\n');
    const made: Build[] = [];
    for (const tag of ['v1', 'v2', 'v3']) {
      made.push(await store(tag));
      await point(`${pointerText(tag)}junk that machines never read\n`);
      expect(told(await boot(SIGNED))).toMatch(new RegExp(`^${tag} in `));
    }
    const [, second, third] = made.map(folderOf);
    expect(builds()).toEqual([second, third]);
    // Back to one that is on the machine still: nothing is fetched.
    await cloud.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'builds/shop/v2.tar.gz' }));
    await point(pointerText('v2'));
    const back = await boot(SIGNED);
    expect(told(back)).toMatch(/^v2 in /);
    expect(steps(back)).not.toContain('deploy.fetch 0');
    expect(current()).toBe(`builds/${second}`);
  });

  test('is not read where user data pins a build', async () => {
    conf();
    await store('v1');
    await point(pointerText('v1'));
    const build = await store('v2');
    expect(told(await boot(await pinned(build)))).toMatch(/^v2 in /);
  });

  test.each<[string, string | undefined, RegExp]>([
    [
      'is not there',
      undefined,
      /^deploy\.pointer \(status 1\): no build of shop is promoted to prod: there is no pointers\/shop\/prod/,
    ],
    ['is empty', '', /^deploy\.pointer \(status 1\): the pointer pointers\/shop\/prod is empty/],
    [
      'holds junk',
      '\u0000<html>',
      /^deploy\.pointer \(status 1\): the pointer pointers\/shop\/prod names no build/,
    ],
    [
      'leads elsewhere',
      '../../etc\n',
      /^deploy\.pointer \(status 1\): the pointer pointers\/shop\/prod names no build/,
    ],
    [
      'names a build that is not there',
      'v9\n',
      /^deploy\.pointer \(status 1\): the pointer names build v9 of shop, which isn't there/,
    ],
  ])('that %s fails the boot, and the build before stays', async (_name, text, expected) => {
    conf();
    await store('v1');
    await point(pointerText('v1'));
    await boot(SIGNED);
    const before = current();
    if (text === undefined)
      await cloud.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'pointers/shop/prod' }));
    else await point(text);
    const outcome = await boot(SIGNED);
    expect(told(outcome)).toMatch(expected);
    expect([outcome.status, current()]).toEqual([1, before]);
  });

  test.each([
    ['', /is not the manifest of shop v1/],
    ['{}', /is not the manifest of shop v1/],
    [JSON.stringify({ app: 'shop', tag: 'v1', sha256: 'a'.repeat(64) }), /is not the manifest of shop v1/],
    ['{\n  "app": "other",\n  "tag": "v1"\n}\n', /is not the manifest of shop v1/],
    ['{\n  "app": "shop",\n  "tag": "v1",\n  "sha256": "zz"\n}\n', /is damaged: it lacks/],
    [
      `{\n  "app": "shop",\n  "tag": "v1",\n  "sha256": "${'a'.repeat(64)}",\n  "archive": "other.tar.gz"\n}\n`,
      /has the name of another one/,
    ],
  ])('a manifest %j fails the boot', async (text, expected) => {
    conf();
    await point('v1\n');
    await put('builds/shop/v1.json', text);
    expect(told(await boot(SIGNED))).toMatch(expected);
  });
});

describe('what can go wrong with S3', () => {
  const cases: [string, RegExp, (build: Build) => Promise<string>][] = [
    [
      'an expired URL',
      /^deploy\.fetch \(status 1\): the URL of the archive builds\/shop\/v2\.tar\.gz in user data has expired: launch a new machine/,
      async (build) => {
        const userData = await pinned(build);
        faults.clockSkewMs = 3_600_000;
        return userData;
      },
    ],
    [
      'a URL signed with keys that have ended',
      /^deploy\.fetch \(status 1\): the URL of the archive builds\/shop\/v2\.tar\.gz in user data has expired: launch a new machine/,
      async (build) => {
        const { accessKeyId, secretAccessKey, token } = keys;
        const credentials = { accessKeyId, secretAccessKey, sessionToken: token };
        const { endpoint } = cloud;
        const machine = connectBucket(
          { region: 'us-east-1', endpoint, credentials },
          { bucket: BUCKET, prefix: '' },
        );
        const { url } = await machine.presignGet(`builds/shop/${build.archive}`, 86_400);
        faults.clockSkewMs = 7 * 3_600_000;
        return await pinned(build, { rolecall_build_url: url });
      },
    ],
    [
      'a clock that is wrong',
      /^deploy\.fetch .*doesn't accept this machine's clock .*: set the time/,
      async (build) => {
        faults.clockSkewMs = 3_600_000;
        return await pinned(build, { rolecall_fetch: 'profile' });
      },
    ],
    [
      'access denied',
      /^deploy\.fetch .*refuses the archive builds\/shop\/v2\.tar\.gz \(AccessDenied\): the policy must allow s3:GetObject/,
      async (build) => {
        faults.unauthorized = ['GetObject'];
        return await pinned(build, { rolecall_fetch: 'profile' });
      },
    ],
    [
      'no public access',
      /^deploy\.fetch .*AccessDenied/,
      async (build) => await pinned(build, { rolecall_fetch: 'public' }),
    ],
    [
      'no such bucket',
      /^deploy\.fetch \(status 1\): there is no bucket no-such-bucket/,
      async (build) => await pinned(build, { rolecall_fetch: 'profile', rolecall_bucket: 'no-such-bucket' }),
    ],
    [
      'a bucket in another region',
      /^deploy\.fetch \(status 1\): the bucket shop-rolecall is in us-east-1, not in eu-west-1: set its region/,
      async (build) => await pinned(build, { rolecall_fetch: 'profile', rolecall_region: 'eu-west-1' }),
    ],
    [
      'an archive that is gone',
      /^deploy\.fetch \(status 1\): the archive builds\/shop\/v2\.tar\.gz is not in the bucket shop-rolecall/,
      async (build) => {
        await cloud.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `builds/shop/${build.archive}` }));
        return await pinned(build);
      },
    ],
    [
      'errors without end',
      /^deploy\.fetch \(status 1\): S3 \(bucket shop-rolecall\) answers 500 InternalError to a request for/,
      async (build) => {
        faults.s3Errors = { GetObject: 99 };
        return await pinned(build);
      },
    ],
    [
      'a connection that always breaks',
      /^deploy\.fetch \(status 1\): no whole answer from S3 \(bucket shop-rolecall\) for the archive/,
      async (build) => {
        faults.breakOff = { GetObject: 99 };
        return await pinned(build);
      },
    ],
    [
      'nobody there',
      /^deploy\.fetch \(status 1\): no whole answer from S3/,
      async (build) =>
        await pinned(build, { rolecall_fetch: 'public', rolecall_s3_url: 'http://127.0.0.1:1' }),
    ],
  ];

  test.each(cases)('%s', async (_name, expected, arrange) => {
    const first = await store('v1');
    await boot(await pinned(first));
    const outcome = await boot(await arrange(await store('v2')), { quick: true });
    expect(told(outcome)).toMatch(expected);
    expect([outcome.status, current(), builds()]).toEqual([
      1,
      `builds/${folderOf(first)}`,
      [folderOf(first)],
    ]);
    for (const secret of [keys.secretAccessKey, keys.token, 'X-Amz-Signature', 'Signature='])
      expect(outcome.stdout + outcome.stderr).not.toContain(secret);
  });

  test('no instance profile', async () => {
    const userData = await pinned(await store('v1'), { rolecall_fetch: 'profile' });
    expect(told(await boot(userData, { tree: {} }))).toMatch(
      /^deploy\.fetch .*this machine has no instance profile/,
    );
  });
});

describe('an archive that is not what was published', () => {
  const spoilt: [string, (bytes: Buffer) => Buffer][] = [
    ['cut off', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['corrupted', (bytes) => Buffer.from(bytes.map((byte, index) => (index === 100 ? byte ^ 1 : byte)))],
    ['replaced', () => Buffer.from('something else')],
    ['empty', () => Buffer.alloc(0)],
  ];
  test.each(spoilt)('%s: deploy.verify fails, before anything is unpacked', async (_name, spoil) => {
    const first = await store('v1');
    await boot(await pinned(first));
    const build = await store('v2');
    const key = `builds/shop/${build.archive}`;
    const bytes = Buffer.from(await (await fetch((await bucket.presignGet(key, 60)).url)).arrayBuffer());
    await put(key, spoil(bytes));
    const outcome = await boot(await pinned(build));
    expect(told(outcome)).toMatch(
      /^deploy\.verify \(status 1\): the archive of build v2 is not the one that was published: its SHA-256 begins [0-9a-f]{12} \(\d+ bytes\), and [0-9a-f]{12} was expected/,
    );
    expect([current(), builds()]).toEqual([`builds/${folderOf(first)}`, [folderOf(first)]]);
  });
});

describe('a hostile archive', () => {
  const hostile: [string, Member[], RegExp][] = [
    [
      'a path that leaves it',
      [{ name: '../escaped', text: 'x' }],
      /holds a path that leaves it: \.\.\/escaped/,
    ],
    ['such a path in the middle', [{ name: 'a/../../escaped', text: 'x' }], /holds a path that leaves it/],
    ['an absolute path', [{ name: '/tmp/escaped', text: 'x' }], /holds an absolute path: \/tmp\/escaped/],
    [
      'an absolute link',
      [{ name: 'l', type: 'symlink', linkname: '/etc/passwd' }],
      /holds a link that leaves it: l -> \/etc\/passwd/,
    ],
    [
      'a link out',
      [{ name: 'd/l', type: 'symlink', linkname: '../../..' }],
      /holds a link that leaves it: d\/l/,
    ],
    [
      'a link and a file behind it',
      [
        { name: 'l', type: 'symlink', linkname: '../../../../../..' },
        { name: 'l/escaped', text: 'x' },
      ],
      /can't be unpacked|holds a link that leaves it/,
    ],
    [
      'a hard link to the outside',
      [{ name: 'h', type: 'link', linkname: '../../../../etc/passwd' }],
      /can't be unpacked|leaves it/,
    ],
    [
      'a link that leaves it by way of two others',
      [
        { name: 'a/b/c/file', text: 'x' },
        { name: 'deep', type: 'symlink', linkname: 'a/b' },
        { name: 'up', type: 'symlink', linkname: 'deep/../..' },
        { name: 'out', type: 'symlink', linkname: 'up/../x' },
      ],
      /holds a link that leaves it: (?:out|up) -> /,
    ],
    [
      'a hard link through a link',
      [
        { name: 'l', type: 'symlink', linkname: '/etc' },
        { name: 'h', type: 'link', linkname: 'l/passwd' },
      ],
      /can't be unpacked|leaves it/,
    ],
    [
      'a file over a link that leads out',
      [
        { name: 'l', type: 'symlink', linkname: '../../../../escaped' },
        { name: 'l', text: 'x' },
        { name: 'l2', type: 'symlink', linkname: '../../../../escaped' },
      ],
      /holds a link that leaves it: l2/,
    ],
    [
      'a device',
      [{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }],
      /holds a device or the like/,
    ],
    [
      'a block device',
      [{ name: 'd', type: 'block-device', devmajor: 7, devminor: 0 }],
      /holds a device or the like/,
    ],
    ['a pipe', [{ name: 'p', type: 'fifo' }], /holds a device or the like/],
    ['a name with a newline', [{ name: 'a\n/../../x', text: 'x' }], /holds a path that leaves it/],
  ];

  test.each(hostile)('with %s is refused, and nothing of it stays', async (_name, content, expected) => {
    const first = await store('v1');
    await boot(await pinned(first));
    const outcome = await boot(await pinned(await store('v2', [...members('v2'), ...content])));
    expect(told(outcome)).toMatch(/^deploy\.unpack \(status \d+\): /);
    expect(told(outcome)).toMatch(expected);
    expect([current(), builds()]).toEqual([`builds/${folderOf(first)}`, [folderOf(first)]]);
    expect(box.has('escaped') || box.has('opt/escaped') || box.has(`${APP}/escaped`)).toBe(false);
  });

  test('that is no tar at all', async () => {
    const build = await store('v1', []);
    expect(told(await boot(await pinned(build)))).toMatch(/no init script/);
  });

  test('set-user-id bits and rights of others are taken away; links inside stay', async () => {
    const build = await store('v1', [
      ...members('v1'),
      { name: 'suid', mode: 0o6777, text: 'x' },
      { name: 'lib/real', text: 'real\n' },
      { name: 'bin/link', type: 'symlink', linkname: '../lib/real' },
      { name: 'lib/root', type: 'symlink', linkname: '..' },
      { name: 'closed', mode: 0o600, text: 'x' },
    ]);
    expect(told(await boot(await pinned(build)))).toMatch(/^v1 in /);
    const at = (name: string) => join(box.path, APP, 'current', name);
    expect((statSync(at('suid')).mode & 0o7777).toString(8)).toBe('755');
    expect(box.read(`${APP}/current/bin/link`)).toBe('real\n');
    expect(box.read(`${APP}/current/lib/root/version`)).toBe('v1\n');
    // A build is for everybody to read.
    expect((statSync(at('closed')).mode & 0o7777).toString(8)).toBe('644');
  });
});

describe('a disk without room', () => {
  const large = (text: string): Member[] => [...members('v2'), { name: 'large', text }];
  test.each([
    [
      'for the archive',
      'deploy\\.fetch',
      'the archive builds\\/shop\\/v2\\.tar\\.gz',
      () => large(randomBytes(3_000_000).toString('base64')),
    ],
    ['for what is in it', 'deploy\\.unpack', 'build v2', () => large('0'.repeat(8_000_000))],
  ])('%s: the step says so, and the build before stays', async (_name, step, what, content) => {
    const first = await store('v1');
    await boot(await pinned(first));
    const before = folderOf(first);
    const userData = await pinned(await store('v2', content()));
    const folder = join(box.path, APP, 'builds');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
    try {
      const said = told(await boot(userData));
      expect(said).toMatch(
        new RegExp(
          `^${step} .*no room on the disk for ${what} \\(No space left on device; \\d+ kB are free\\)`,
        ),
      );
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      execFileSync('umount', [folder]);
    }
    expect([current(), builds()]).toEqual([`builds/${before}`, [before]]);
  });
});

test('a disk that is full for the logs too is told of as such', async () => {
  const first = await store('v1');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', box.path]);
  try {
    execFileSync('mkdir', [join(box.path, 'run'), join(box.path, 'dev')]);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(box.path, 'run')]);
    expect(told(await boot(await pinned(first)))).toMatch(/^v1 in /);
    const large = { name: 'large', text: '0'.repeat(8_000_000) };
    const said = told(await boot(await pinned(await store('v2', [...members('v2'), large]))));
    expect(said).toMatch(/^deploy\.unpack .*no room on the disk for build v2 \(No space left on device/);
    expect([current(), builds()]).toEqual([`builds/${folderOf(first)}`, [folderOf(first)]]);
  } finally {
    execFileSync('umount', ['-R', box.path]);
  }
});

describe('a run that was killed', () => {
  const killedAt = (command: string, when: string) =>
    `${command}() { if [[ "$*" == ${when} ]]; then ${command === 'rm' ? 'command rm -rf -- "$APP_FOLDER"/builds/*v1*/version;' : ''} kill -9 $$; fi; command ${command} "$@"; }`;

  test('before it switched: the next one makes current what is meant then, not what was meant before', async () => {
    conf();
    for (const tag of ['v1', 'v2']) {
      await store(tag);
      await point(pointerText(tag));
      await boot(SIGNED);
    }
    await store('v3');
    await point(pointerText('v3'));
    expect((await boot(SIGNED, { before: killedAt('mv', '*current-new*') })).status).not.toBe(0);
    await point(pointerText('v1'));
    expect(told(await boot(SIGNED))).toMatch(/^v1 in v1-\w+: v1/);
    expect(current()).toMatch(/^builds\/v1-/);
    const odd = execFileSync('find', [join(box.path, APP), '-name', '*-*', '-type', 'l'], {
      encoding: 'utf8',
    });
    expect(odd).toBe('');
  });

  test('while it removed an old build: what is left of that passes for no build', async () => {
    conf('keep=2\n');
    for (const tag of ['v1', 'v2', 'v3']) await store(tag);
    for (const tag of ['v1', 'v2']) {
      await point(pointerText(tag));
      await boot(SIGNED);
    }
    await point(pointerText('v3'));
    expect((await boot(SIGNED, { before: killedAt('rm', '*old-v1*') })).status).not.toBe(0);
    await point(pointerText('v1'));
    expect(told(await boot(SIGNED))).toMatch(/^v1 in v1-\w+: v1/);
  });

  test('while it unpacked: its leavings go at the next boot, though nothing is fetched then', async () => {
    conf();
    const first = await store('v1');
    await point(pointerText('v1'));
    await boot(SIGNED);
    await store('v2');
    await point(pointerText('v2'));
    expect((await boot(SIGNED, { before: killedAt('tar', '*--extract*') })).status).not.toBe(0);
    expect(builds().length).toBeGreaterThan(1);
    await point(pointerText('v1'));
    expect(told(await boot(SIGNED))).toMatch(/^v1 in /);
    expect(builds()).toEqual([folderOf(first)]);
  });

  test('by SIGTERM while it fetched ends at once, with a verdict', async () => {
    const build = await store('v1');
    // A server that takes the request and never answers.
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const userData = await pinned(build, { rolecall_build_url: `http://127.0.0.1:${port}/archive` });
    let pid = 0;
    let asked = false;
    metadata = await serveMetadata(userData, {}, tree());
    silent.once('connection', () => {
      asked = true;
      process.kill(pid, 'SIGTERM');
    });
    const outcome = await box.boot(metadata, {
      onStart: (started) => {
        pid = started;
      },
    });
    silent.close();
    expect([asked, outcome.status]).toEqual([true, 143]);
    expect(told(outcome)).toMatch(/^deploy\.fetch \(status 143\): stopped by SIGTERM/);
  });
});

describe('an old build', () => {
  test('that can not be removed is told of, and fails nothing', async () => {
    conf('keep=1\n');
    const first = await store('v1', [...members('v1'), { name: 'mnt/x', text: 'x' }]);
    await point(pointerText('v1'));
    await boot(SIGNED);
    await store('v2');
    await point(pointerText('v2'));
    const busy = join(box.path, APP, 'builds', folderOf(first), 'mnt');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', busy]);
    try {
      const outcome = await boot(SIGNED);
      expect(told(outcome)).toMatch(/^v2 in /);
      expect(outcome.stdout).toMatch(/rolecall\[deploy\.unpack\]: the old build v1-\w+ can't be removed/);
    } finally {
      const [moved = ''] = execFileSync('find', [join(box.path, APP, 'builds'), '-name', 'mnt'], {
        encoding: 'utf8',
      }).split('\n');
      execFileSync('umount', [moved]);
    }
    expect(told(await boot(SIGNED))).toMatch(/^v2 in /);
    expect(builds().length).toBe(1);
  });
});

test('a pin without an app is a fault of user data, not a boot without a build', async () => {
  const build = await store('v1');
  const userData = (await pinned(build)).replace(/^rolecall_app=.*\n/m, '');
  expect(told(await boot(userData))).toMatch(
    /^personality .*user data pins a build, but neither .* names its app/,
  );
});

test('what is secret is exported to nobody, though the caller exports variables of the same names', async () => {
  conf();
  await store('v1');
  await point(pointerText('v1'));
  await boot(SIGNED, {
    before: `export NONCE=1 TOKEN=2 AWS_SECRET=3; reset_state; tar() { env >>"$ROOT/seen"; command tar "$@"; }`,
  });
  expect(box.read('seen')).toMatch(/^PATH=/m);
  expect(box.read('seen')).not.toMatch(/^(NONCE|TOKEN|AWS_SECRET)=/m);
});

describe('bootstrapper.conf', () => {
  test.each([
    ['app=shop\n', /^personality .*neither user data nor .*bootstrapper\.conf names a bucket/],
    ['app=../x\nbucket=b-1\n', /^personality .*line 1: app must be a name/],
    ['app=shop\nbucket=Not_One\n', /line 2: bucket must be the name of an S3 bucket/],
    ['app=shop\nbucket=b-1\nkeep=0\n', /line 3: keep must be a number from 1 to 100/],
    ['app=shop\nbucket=b-1\nfetch=anyhow\n', /line 3: fetch must be presigned, profile or public/],
    ['colour=red\n', /line 1: colour is no setting/],
    ['just words\n', /line 1: expected key=value/],
    ['app=shop\napp=other\n', /line 2: app is given again/],
    ['=x\n', /line 1: a key is a lower-case letter/],
    [
      'app=shop\nbucket=b-1\nprefix=a/../\n',
      /line 3: prefix must be a key prefix that ends in a slash, without \./,
    ],
    ['build=v1\n', /line 1: a build is named by a pointer, or pinned in user data/],
    ['s3_url=http://x/$(id)\n', /line 1: s3_url must be the URL of an S3 endpoint/],
  ])('%j fails the boot', async (text, expected) => {
    box.write('etc/rolecall/bootstrapper.conf', text);
    expect(told(await boot(SIGNED))).toMatch(expected);
  });

  test('that names only a bucket deploys nothing', async () => {
    box.write('etc/rolecall/bootstrapper.conf', `\n# nothing yet\nbucket=${BUCKET}\r\n`);
    box.init('b/prod/bootstrapper.sh', 'echo "rolecall: as ever $(env | grep -c ROLECALL_BUILD)"');
    expect(told(await boot(SIGNED))).toBe('as ever 0');
  });
});

test('the init scripts are looked for candidate by candidate, the build before the AMI', async () => {
  box.init('b/prod/bootstrapper.sh', 'echo "rolecall: specific, of the AMI"');
  const general = await store('v1', [
    script('echo "rolecall: general, of the build"', 'init/b/bootstrapper.sh'),
  ]);
  expect(told(await boot(await pinned(general)))).toBe('specific, of the AMI');
  const same = await store('v2', [script('echo "rolecall: specific, of the build"')]);
  expect(told(await boot(await pinned(same)))).toBe('specific, of the build');
});

describe('no command line and no environment holds a secret', () => {
  const COMMANDS =
    'curl date od tr sha256sum openssl env timeout tar find chmod mv ln rm sync stat readlink touch head tail df grep sort mkdir mktemp mkfifo flock sleep';
  const RECORDED = `record() { printf '%s ' "$@" >>"$ROOT/argv"; echo >>"$ROOT/argv"; command "$@"; }
    for name in ${COMMANDS}; do eval $name'() { record '$name' "$@"; }'; done`;
  const secretsOf = (more: readonly string[]) => [keys.secretAccessKey, keys.token, NONCE, ...more];

  test.each(['profile', 'presigned'])('of all that a boot runs (%s)', async (mode) => {
    const userData = await pinned(await store('v1'), { rolecall_fetch: mode });
    expect(told(await boot(userData, { before: RECORDED }))).toMatch(/^v1 in /);
    const ran = box.read('argv');
    expect(ran).toMatch(/^curl [\s\S]*^sha256sum [\s\S]*^tar --list /m);
    for (const secret of secretsOf(['Signature=', 'X-Amz-'])) expect(ran).not.toContain(secret);
  });

  test.each(['profile', 'presigned'])('of all processes there are, while S3 is asked (%s)', async (mode) => {
    let seen = '';
    let signature = '';
    const server = createHttpServer(({ headers, url = '' }, response) => {
      signature = /Signature=([0-9a-f]{64})/.exec(`${headers.authorization}${url}`)?.[1] ?? '';
      seen = processes();
      response.writeHead(403).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const build = await store('v1');
    const { url } = await bucket.presignGet(`builds/shop/${build.archive}`, 60);
    const elsewhere = {
      rolecall_build_url: url.replace(cloud.endpoint, `http://127.0.0.1:${port}`),
      rolecall_s3_url: `http://127.0.0.1:${port}`,
    };
    const outcome = await boot(await pinned(build, { rolecall_fetch: mode, ...elsewhere }));
    server.close();
    expect(told(outcome)).toMatch(/^deploy\.fetch .*answers 403/);
    expect([signature.length, seen.includes('curl -q')]).toEqual([64, true]);
    for (const secret of [keys.secretAccessKey, keys.token, signature]) expect(seen).not.toContain(secret);
  });
});

/** The command lines and environments of all processes. */
const processes = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readOr(`/proc/${pid}/${file}`)))
    .join('\n')
    .replaceAll('\0', ' ');

function readOr(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

test('neither a trace nor the log tells a key, a token or a signature', async () => {
  const build = await store('v1');
  const userData = await pinned(build, { rolecall_fetch: 'profile' });
  const { status, stdout, stderr } = await boot(userData, { bash: ['-x'] });
  expect({ status, traced: stderr.includes('find_build') }).toEqual({ status: 0, traced: true });
  for (const secret of [keys.secretAccessKey, keys.token, 'Signature=']) {
    expect((stdout + stderr).includes(secret)).toBe(false);
    expect(box.read('var/log/rolecall/bootstrapper.log').includes(secret)).toBe(false);
  }
});
