import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { connectBucket } from '../../src/aws/s3.ts';
import type { Build } from '../../src/model.ts';
import { pointerText } from '../support/archives.ts';
import { SIGNED } from './box.ts';
import {
  BUCKET,
  boot,
  box,
  bucket,
  builds,
  cloud,
  conf,
  current,
  deploying,
  faults,
  folderOf,
  keys,
  pinned,
  point,
  put,
  script,
  steps,
  store,
  TELLS,
  told,
  usePrefix,
} from './deploying.ts';

deploying();

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
    usePrefix('team/a/');
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

  test('names objects as they lie in the bucket: with the prefix', async () => {
    usePrefix('team/a/');
    const build = await store('v1');
    const prefixed = { rolecall_prefix: 'team/a/', rolecall_fetch: 'public' };
    expect(told(await boot(await pinned(build, prefixed)))).toMatch(
      /refuses the archive team\/a\/builds\/shop\/v1\.tar\.gz /,
    );
    conf('prefix=team/a/\n');
    expect(told(await boot(SIGNED))).toContain('there is no team/a/pointers/shop/prod in the bucket');
    await put('team/a/pointers/shop/prod', '\n');
    expect(told(await boot(SIGNED))).toContain('the pointer team/a/pointers/shop/prod names no build');
    await put('team/a/pointers/shop/prod', pointerText('v9'));
    expect(told(await boot(SIGNED))).toContain('no team/a/builds/shop/v9.json in the bucket');
  });

  test('no instance profile', async () => {
    const userData = await pinned(await store('v1'), { rolecall_fetch: 'profile' });
    expect(told(await boot(userData, { tree: {} }))).toMatch(
      /^deploy\.fetch .*this machine has no instance profile/,
    );
  });
});

test('a pin without an app is a fault of user data, not a boot without a build', async () => {
  const build = await store('v1');
  const userData = (await pinned(build)).replace(/^rolecall_app=.*\n/m, '');
  expect(told(await boot(userData))).toMatch(
    /^personality .*user data pins a build, but neither .* names its app/,
  );
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
