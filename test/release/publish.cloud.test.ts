import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import type { Bucket } from '../../src/aws/ports.ts';
import { RolecallError } from '../../src/errors.ts';
import type { Build, PathName } from '../../src/model.ts';
import { currentBuild, findBuild, readPointer } from '../../src/release/current.ts';
import { listBuilds, pointersOf } from '../../src/release/list.ts';
import { archiveKey, manifestKey } from '../../src/release/manifest.ts';
import { type Mover, promote, rollback } from '../../src/release/move.ts';
import { publish } from '../../src/release/publish.ts';
import type { PublishFile } from '../../src/release/upload.ts';
import { bucketOf, tarOf } from '../support/archives.ts';
import { BUILD } from '../support/builds.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';

const APP = 'shop' as PathName;
let cloud: TestCloud;
let bucket: Bucket;
let folder: string;
const faults: { -readonly [name in keyof Faults]: Faults[name] } = {};

beforeEach(async () => {
  for (const name of Object.keys(faults)) delete faults[name as keyof Faults];
  folder = mkdtempSync(join(tmpdir(), 'rolecall-publish-test-'));
  cloud = await testCloud({ faults });
  await cloud.s3.send(new CreateBucketCommand({ Bucket: 'shop-rolecall' }));
  bucket = bucketOf(cloud);
});
afterEach(async () => {
  await cloud[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A build in a file; `level` changes the archive's bytes and not the tar inside. */
async function fileOf(tag: string, content = tag, level = 6): Promise<PublishFile> {
  const tar = await tarOf([{ name: 'version', text: content }]);
  const archive = gzipSync(tar, { level });
  const path = join(folder, `${tag}-${level}-${content}.tar.gz`);
  writeFileSync(path, archive);
  const build: Build = {
    ...BUILD,
    tag: tag as PathName,
    archive: `${tag}.tar.gz`,
    sha256: sha256(archive),
    size: archive.length,
    tarSha256: sha256(tar),
    tarSize: tar.length,
    commit: sha256(Buffer.from(content)).slice(0, 40),
  };
  return { build, path };
}

const published = async (tag: string, content = tag, level = 6) =>
  publish(bucket, await fileOf(tag, content, level));
let moves = 0;
const mover = (why: string | null = null, by = 'ann@build-7'): Mover => {
  moves += 1;
  const now = Date.parse('2026-11-23T10:00:00Z') + moves * 1000;
  return { by, why, now, id: String(moves).padStart(16, '0') };
};
const tagOf = async (environment = 'prod') => (await readPointer(bucket, APP, environment))?.pointer.tag;

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'nothing was refused';
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return `${error.exit}: ${error.message}`;
  }
}

describe('publish', () => {
  test('makes a build that is found, once', async () => {
    const first = await published('v1');
    expect(first.outcome).toBe('created');
    expect(await findBuild(bucket, APP, 'v1')).toEqual(first.build);
    expect(await published('v1')).toMatchObject({ outcome: 'present', build: first.build });
  });

  test('of the same tar in another compression is the same build', async () => {
    const first = await published('v1', 'v1', 6);
    const again = await published('v1', 'v1', 1);
    expect(again).toEqual({ outcome: 'present', build: first.build });
  });

  test('never overwrites a tag with another build, and says whose it is', async () => {
    const first = await published('v1');
    expect(await refused(published('v1', 'other'))).toMatch(
      /^conflict: there is another build v1 of shop already \(its manifest says commit [0-9a-f]{12}, published 2026-11-23T09:00:00\.000Z by ann@build-7\); nothing was changed\n {2}they differ in version$/,
    );
    expect(await findBuild(bucket, APP, 'v1')).toEqual(first.build);
  });

  test('goes on where an interrupted one left an archive without a manifest', async () => {
    const file = await fileOf('v1');
    await bucket.upload(archiveKey(file.build), {
      path: file.path,
      size: file.build.size,
      sha256: file.build.sha256,
    });
    expect(await listBuilds(bucket, APP)).toEqual({ builds: [], damaged: [] });
    expect(await published('v1')).toMatchObject({ outcome: 'created', build: file.build });
  });

  test('of another compression describes the archive that is there', async () => {
    const left = await fileOf('v1', 'v1', 1);
    await bucket.upload(archiveKey(left.build), {
      path: left.path,
      size: left.build.size,
      sha256: left.build.sha256,
    });
    const { build } = await published('v1', 'v1', 9);
    expect(build).toMatchObject({ sha256: left.build.sha256, size: left.build.size });
    await promote(bucket, APP, 'prod', 'v1', mover());
    expect(await tagOf()).toBe('v1');
  });

  test('by two at once ends in one build; of two different ones one is told', async () => {
    const same = await Promise.all([published('v1'), published('v1'), published('v1')]);
    expect(new Set(same.map(({ build }) => build.sha256)).size).toBe(1);
    const different = await Promise.all(['a', 'b', 'c'].map((content) => refused(published('v2', content))));
    expect(different.filter((answer) => answer === 'nothing was refused')).toHaveLength(1);
    const there = await findBuild(bucket, APP, 'v2');
    expect(
      sha256(Buffer.from(['a', 'b', 'c'][different.indexOf('nothing was refused')] ?? '')).slice(0, 40),
    ).toBe(there.commit);
  });

  test.each(['dropAnswers', 's3Errors', 'throttle', 'breakOff'] as const)(
    'arrives in spite of %s at every step',
    async (fault) => {
      faults[fault] = { PutObject: 1, GetObject: 1, HeadObject: 1 };
      const { build } = await published('v1');
      expect(await findBuild(bucket, APP, 'v1')).toEqual(build);
    },
  );
});

describe('promote', () => {
  beforeEach(async () => {
    for (const tag of ['v1', 'v2', 'v3']) await published(tag);
  });

  test('moves the pointer, and keeps who, when, from, to and why in it', async () => {
    await promote(bucket, APP, 'prod', 'v1', mover());
    expect(await promote(bucket, APP, 'prod', 'v2', mover('fixes the cart', 'bob'))).toMatchObject({
      from: 'v1',
      changed: true,
    });
    const pointer = (await readPointer(bucket, APP, 'prod'))?.pointer;
    expect(pointer?.moves.map(({ from, to, by, why, action }) => ({ from, to, by, why, action }))).toEqual([
      { from: 'v1', to: 'v2', by: 'bob', why: 'fixes the cart', action: 'promote' },
      { from: null, to: 'v1', by: 'ann@build-7', why: null, action: 'promote' },
    ]);
    expect(await currentBuild(bucket, APP, 'prod')).toMatchObject({ build: { tag: 'v2' }, by: 'bob' });
    expect(await tagOf('staging')).toBeUndefined();
  });

  test('of the current build writes nothing', async () => {
    await promote(bucket, APP, 'prod', 'v1', mover());
    const before = await readPointer(bucket, APP, 'prod');
    expect(await promote(bucket, APP, 'prod', 'v1', mover())).toMatchObject({ changed: false });
    expect(await readPointer(bucket, APP, 'prod')).toEqual(before);
  });

  test('of what is not there names what may be meant', async () => {
    expect(await refused(promote(bucket, APP, 'prod', 'v33', mover()))).toMatch(
      /^usage: there is no build v33 of shop in .*; did you mean v3/,
    );
    expect(await refused(promote(bucket, 'blog' as PathName, 'prod', 'v1', mover()))).toMatch(
      /there is no build v1 of blog/,
    );
  });

  test('of a build whose archive is gone tells how to repair it, where a commit has it', async () => {
    const { commit } = await findBuild(bucket, APP, 'v2');
    const hintOf = (tag: string) =>
      promote(bucket, APP, 'prod', tag, mover()).then(
        () => 'nothing was refused',
        (error: RolecallError) => error.hint,
      );
    const remove = (tag: string) =>
      cloud.s3.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: `builds/shop/${tag}.tar.gz` }));
    await remove('v2');
    expect(await hintOf('v2')).toBe(
      `publish the same build again, which repairs it: rolecall release publish ${commit} --app shop --tag v2`,
    );
    const { build, path } = await fileOf('v4');
    await publish(bucket, { build: { ...build, dirty: true }, path });
    await remove('v4');
    expect(await hintOf('v4')).toMatch(/^promote another build/);
  });

  test.each<[string, RegExp, () => Promise<unknown>]>([
    [
      'gone',
      /is not there/,
      () => cloud.s3.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'builds/shop/v2.tar.gz' })),
    ],
    [
      'cut off',
      /has 5 bytes, and its manifest tells \d+/,
      () =>
        cloud.s3.send(
          new PutObjectCommand({ Bucket: bucket.name, Key: 'builds/shop/v2.tar.gz', Body: '12345' }),
        ),
    ],
    [
      'replaced by as many bytes',
      /has the SHA-256 [0-9a-f]{64}, and its manifest tells [0-9a-f]{64}: it was replaced/,
      async () => {
        const { size } = await findBuild(bucket, APP, 'v2');
        await cloud.s3.send(
          new PutObjectCommand({
            Bucket: bucket.name,
            Key: 'builds/shop/v2.tar.gz',
            Body: Buffer.alloc(size),
          }),
        );
      },
    ],
    [
      'replaced, with a checksum of its own',
      /has the SHA-256 [0-9a-f]{64}, and its manifest tells/,
      async () => {
        const { size } = await findBuild(bucket, APP, 'v2');
        const input = { Bucket: bucket.name, Key: 'builds/shop/v2.tar.gz', Body: Buffer.alloc(size) };
        await cloud.s3.send(new PutObjectCommand({ ...input, ChecksumAlgorithm: 'SHA256' }));
      },
    ],
    [
      'described by junk',
      /is no manifest of a build/,
      () =>
        cloud.s3.send(new PutObjectCommand({ Bucket: bucket.name, Key: manifestKey(APP, 'v2'), Body: '{}' })),
    ],
  ])('of a build whose archive is %s is refused, and changes nothing', async (_name, expected, spoil) => {
    await promote(bucket, APP, 'prod', 'v1', mover());
    await spoil();
    expect(await refused(promote(bucket, APP, 'prod', 'v2', mover()))).toMatch(expected);
    expect(await tagOf()).toBe('v1');
  });

  test('of an archive that was uploaded in parts reads it', async () => {
    const { build } = await published('v1');
    const bytes = await bucket.read(archiveKey(build));
    const chunks: Buffer[] = [];
    for await (const chunk of bytes ?? []) chunks.push(chunk as Buffer);
    // Without a checksum of S3's own, the bytes are all that tells.
    await cloud
      .s3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' })
      .send(
        new PutObjectCommand({ Bucket: bucket.name, Key: archiveKey(build), Body: Buffer.concat(chunks) }),
      );
    expect(await promote(bucket, APP, 'prod', 'v1', mover())).toMatchObject({ changed: true });
  });

  test('by many at once: one order, nothing lost, each loser told who won', async () => {
    await promote(bucket, APP, 'prod', 'v1', mover());
    const many = Array.from({ length: 12 }, (_, index) => index);
    const answers = await Promise.all(
      many.map((n) => refused(promote(bucket, APP, 'prod', n % 2 ? 'v2' : 'v3', mover(null, `by-${n}`)))),
    );
    const winners = many.filter((n) => answers[n] === 'nothing was refused').map((n) => `by-${n}`);
    const told = (await readPointer(bucket, APP, 'prod'))?.pointer.moves ?? [];
    const movers = told.slice(0, -1).map(({ by }) => by);
    // Whoever found the build current already was no mover, and wrote nothing.
    for (const by of movers) expect(winners).toContain(by);
    for (const [index, move] of told.entries()) expect(move.from).toBe(told[index + 1]?.to ?? null);
    for (const answer of answers.filter((text) => text !== 'nothing was refused'))
      expect(answer).toMatch(
        /^conflict: the pointer of shop in prod was moved meanwhile: by-\d+ moved it to v[23] at .*; nothing was changed/,
      );
  });

  test('whose answer is lost is not taken for somebody else’s', async () => {
    await promote(bucket, APP, 'prod', 'v1', mover());
    faults.dropAnswers = { PutObject: 1 };
    expect(await promote(bucket, APP, 'prod', 'v2', mover())).toMatchObject({ changed: true });
    expect((await readPointer(bucket, APP, 'prod'))?.pointer.moves.map(({ to }) => to)).toEqual(['v2', 'v1']);
  });

  test.each(['', '\n', 'v1\njunk\n', '<html>'])(
    'over a damaged pointer %j is refused, and tells how to restore it',
    async (text) => {
      await cloud.s3.send(
        new PutObjectCommand({ Bucket: bucket.name, Key: 'pointers/shop/prod', Body: text }),
      );
      const said = await refused(promote(bucket, APP, 'prod', 'v1', mover()));
      expect(said).toMatch(
        /^usage: the pointer s3:\/\/shop-rolecall\/pointers\/shop\/prod is damaged: line [12]: /,
      );
    },
  );
});

describe('rollback', () => {
  beforeEach(async () => {
    for (const tag of ['v1', 'v2', 'v3']) {
      await published(tag);
      await promote(bucket, APP, 'prod', tag, mover());
    }
  });

  test('goes back by one build each time, and says when there is none before', async () => {
    await rollback(bucket, APP, 'prod', undefined, mover('too slow'));
    expect(await tagOf()).toBe('v2');
    await rollback(bucket, APP, 'prod', undefined, mover());
    expect(await tagOf()).toBe('v1');
    expect(await refused(rollback(bucket, APP, 'prod', undefined, mover()))).toBe(
      'usage: prod has had no build of shop before v1',
    );
    await promote(bucket, APP, 'prod', 'v3', mover());
    await rollback(bucket, APP, 'prod', undefined, mover());
    expect(await tagOf()).toBe('v1');
  });

  test('goes to the build that is named, if it is whole', async () => {
    await rollback(bucket, APP, 'prod', 'v1', mover());
    expect(await tagOf()).toBe('v1');
    await cloud.s3.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'builds/shop/v2.tar.gz' }));
    expect(await refused(rollback(bucket, APP, 'prod', 'v2', mover()))).toMatch(/can't be deployed/);
    expect(await refused(rollback(bucket, APP, 'staging', undefined, mover()))).toMatch(
      /nothing to go back to/,
    );
  });
});

test('what an environment deploys, where there is nothing to deploy', async () => {
  expect(await refused(currentBuild(bucket, APP, 'prod'))).toBe(
    'usage: no build of shop is promoted to prod',
  );
  await cloud.s3.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'pointers/shop/prod', Body: 'v9\n' }));
  expect(await refused(currentBuild(bucket, APP, 'prod'))).toMatch(
    /^usage: prod deploys shop v9, but there is no such build/,
  );
});

test('what is damaged is listed as such, and hides nothing else', async () => {
  for (const tag of ['v1', 'v2', 'v3']) await published(tag);
  await promote(bucket, APP, 'prod', 'v1', mover());
  const put = (Key: string, Body: string) =>
    cloud.s3.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
  const copied = await bucket.readText(manifestKey(APP, 'v1'));
  await put(manifestKey(APP, 'v2'), '{"version":1');
  await put(manifestKey(APP, 'copied'), copied?.text ?? '');
  await put('pointers/shop/staging', '');
  const { builds, damaged } = await listBuilds(bucket, APP);
  expect(builds.map(({ tag }) => tag)).toEqual(['v1', 'v3']);
  expect(damaged.map(({ name, fault }) => [name, fault.message])).toEqual([
    ['copied', 's3://shop-rolecall/builds/shop/copied.json is the manifest of shop v1'],
    ['v2', 's3://shop-rolecall/builds/shop/v2.json is no manifest of a build: it is not a JSON object'],
  ]);
  const answer = await pointersOf(bucket, APP, ['prod', 'staging', 'test'] as PathName[]);
  expect([...answer.pointers]).toEqual([['prod', 'v1']]);
  expect(answer.damaged.map(({ name, fault }) => [name, fault.message])).toEqual([
    ['staging', 'the pointer s3://shop-rolecall/pointers/shop/staging is damaged: line 1: it is empty'],
  ]);
});

test('what S3 refuses to tell is not taken for damaged', async () => {
  await published('v1');
  faults.unauthorized = ['GetObject'];
  expect(await refused(listBuilds(bucket, APP))).toMatch(/^aws: .* may not do GetObject/);
  expect(await refused(pointersOf(bucket, APP, ['prod' as PathName]))).toMatch(
    /^aws: .* may not do GetObject/,
  );
});

test('killed after any request, publish and promote leave no pointer to an incomplete build, and run again they end well', async () => {
  // The endpoint dies after so many requests: from the first one on to where nothing is left to do.
  for (let survived = 0; ; survived += 1) {
    const tag = `k${survived}`;
    const file = await fileOf(tag);
    const dying = await testCloud({ s3Folder: join(folder, 's3'), faults: { dieAfterRequests: survived } });
    const store = bucketOf(dying);
    await dying.control('POST', 'buckets', { name: 'shop-rolecall', region: 'us-east-1' });
    const both = async (to: Bucket) => {
      await publish(to, file);
      await promote(to, APP, 'prod', tag, mover());
    };
    const ended = await both(store).then(
      () => true,
      () => false,
    );
    await dying[Symbol.asyncDispose]();
    await using after = await testCloud({ s3Folder: join(folder, 's3') });
    const now = bucketOf(after);
    const stored = await readPointer(now, APP, 'prod');
    // Whatever the pointer names is whole: the promotion's own check passes on it.
    if (stored !== undefined) {
      const { build } = await currentBuild(now, APP, 'prod');
      const head = await now.head(archiveKey(build));
      expect(head?.size).toBe(build.size);
    }
    await both(now);
    expect((await readPointer(now, APP, 'prod'))?.pointer.tag).toBe(tag);
    if (ended) break;
    expect(survived).toBeLessThan(40);
  }
});
