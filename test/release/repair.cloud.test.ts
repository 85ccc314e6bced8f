import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import { RolecallError } from '../../src/errors.ts';
import type { Build, PathName } from '../../src/model.ts';
import { readBuild } from '../../src/release/current.ts';
import { renderManifest } from '../../src/release/manifest.ts';
import { checkArchive } from '../../src/release/move.ts';
import { publish } from '../../src/release/publish.ts';
import type { PublishFile } from '../../src/release/upload.ts';
import { bucketOf, tarOf } from '../support/archives.ts';
import { BUILD } from '../support/builds.ts';
import { ROOT } from '../support/cli.ts';
import { hurriedClock } from '../support/hurried-clock.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';
import { type SeenRequest, s3Proxy } from '../support/s3-proxy.ts';

const APP = 'shop' as PathName;
const GZ = 'builds/shop/v1.tar.gz';
const ZST = 'builds/shop/v1.tar.zst';
const JSON_KEY = 'builds/shop/v1.json';
let folder: string;
let ours: PublishFile;
/** The same tar, and another one, in archives of their own. */
let recompressed: PublishFile;
let other: PublishFile;

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function fileOf(name: string, text: string, level: number): Promise<PublishFile> {
  const tar = await tarOf([
    { name: 'init/b/bootstrapper.sh', text: `echo ${text}\n` },
    { name: 'version', text },
  ]);
  const archive = gzipSync(tar, { level });
  const path = join(folder, `${name}.tar.gz`);
  writeFileSync(path, archive);
  const build: Build = {
    ...BUILD,
    tag: 'v1' as PathName,
    archive: 'v1.tar.gz',
    sha256: sha256(archive),
    size: archive.length,
    tarSha256: sha256(tar),
    tarSize: tar.length,
    by: `${name}@build-7`,
  };
  return { build, path };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-repair-'));
  ours = await fileOf('ours', 'v1', 6);
  recompressed = await fileOf('recompressed', 'v1', 1);
  other = await fileOf('other', 'other', 6);
  await using cloud = await cloudOf();
  await cloud.s3.send(new CreateBucketCommand({ Bucket: 'shop-rolecall' }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cloudOf = (faults = {}, s3Folder = join(folder, 's3')): Promise<TestCloud> =>
  testCloud({ s3Folder, faults });

const hurried = ({ endpoint, credentials }: TestCloud): Bucket =>
  connectBucket(
    { region: 'us-east-1', endpoint, credentials },
    { bucket: 'shop-rolecall', prefix: '' },
    { clock: hurriedClock() },
  );

/** Somebody's bare PUTs: what a killed publish, a copy or an accident left. */
type State = (put: (key: string, body: string | PublishFile) => Promise<void>) => Promise<void>;
const junk = 'no archive at all';
const manifestOf = ({ build }: PublishFile, changes: Partial<Build> = {}) =>
  renderManifest({ ...build, ...changes });

const BROKEN: readonly (readonly [string, State])[] = [
  ['nothing', async () => undefined],
  ['our archive alone', async (put) => put(GZ, ours)],
  ['our tar in another compression alone', async (put) => put(GZ, recompressed)],
  ['the archive of another build alone', async (put) => put(GZ, other)],
  ['junk for an archive alone', async (put) => put(GZ, junk)],
  ['a manifest alone', async (put) => put(JSON_KEY, manifestOf(ours))],
  [
    'a manifest of the same tar in another compression alone',
    async (put) => put(JSON_KEY, manifestOf(recompressed)),
  ],
  [
    'a manifest of a zstd archive alone',
    async (put) => put(JSON_KEY, manifestOf(ours, { archive: 'v1.tar.zst' })),
  ],
  [
    'a manifest of a zstd archive, and junk in our place',
    async (put) => {
      await put(JSON_KEY, manifestOf(ours, { archive: 'v1.tar.zst' }));
      await put(GZ, junk);
    },
  ],
  [
    'a manifest of a zstd archive that is junk',
    async (put) => {
      await put(JSON_KEY, manifestOf(ours, { archive: 'v1.tar.zst' }));
      await put(ZST, junk);
    },
  ],
  ...[
    ['junk', () => junk],
    ['an empty object', () => ''],
    ['the archive of another build', () => other],
    ['the same tar in another compression', () => recompressed],
  ].map(
    ([name, body]) =>
      [
        `a manifest with ${name as string} for its archive`,
        async (put) => {
          await put(JSON_KEY, manifestOf(ours));
          await put(GZ, (body as () => string | PublishFile)());
        },
      ] as readonly [string, State],
  ),
  [
    'our archive with a manifest that tells another SHA-256',
    async (put) => {
      await put(GZ, ours);
      await put(JSON_KEY, manifestOf(ours, { sha256: 'c'.repeat(64) }));
    },
  ],
];

async function prepare(state: State, cloud: TestCloud): Promise<void> {
  const bucket = bucketOf(cloud);
  let count = 0;
  await state(async (key, body) => {
    if (typeof body !== 'string') {
      const { build, path } = body;
      await bucket.upload(key, { path, size: build.size, sha256: build.sha256 });
      return;
    }
    count += 1;
    const path = join(folder, `put-${count}`);
    writeFileSync(path, body);
    await bucket.upload(key, { path, size: body.length, sha256: sha256(Buffer.from(body)) });
  });
}

/** The tag has our build, and that is whole. */
async function expectWhole(bucket: Bucket): Promise<void> {
  const build = await readBuild(bucket, APP, 'v1');
  expect(build?.tarSha256).toBe(ours.build.tarSha256);
  if (build !== undefined) await checkArchive(bucket, build);
}

describe('publish where S3 has', () => {
  test.each(BROKEN)('%s makes the build whole', async (_name, state) => {
    await using cloud = await cloudOf();
    await prepare(state, cloud);
    const bucket = bucketOf(cloud);
    const published = await publish(bucket, ours);
    await expectWhole(bucket);
    expect(published.build).toEqual(await readBuild(bucket, APP, 'v1'));
    expect(await publish(bucket, ours)).toEqual({ build: published.build, outcome: 'present' });
  });

  test.each(BROKEN)('%s makes it whole though it is killed after any request', async (_name, state) => {
    for (let survived = 0; ; survived += 1) {
      const s3 = join(folder, `s3-${survived}`);
      {
        await using cloud = await cloudOf({}, s3);
        await cloud.s3.send(new CreateBucketCommand({ Bucket: 'shop-rolecall' }));
        await prepare(state, cloud);
      }
      let ended = false;
      {
        await using dying = await cloudOf({ dieAfterRequests: survived }, s3);
        ended = await publish(hurried(dying), ours).then(
          () => true,
          () => false,
        );
      }
      await using cloud = await cloudOf({}, s3);
      await publish(bucketOf(cloud), ours);
      await expectWhole(bucketOf(cloud));
      if (ended) break;
      expect(survived).toBeLessThan(30);
    }
  });
});

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'nothing was refused';
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return `${error.exit}: ${error.message}\n${error.hint}`;
  }
}

describe('publish changes nothing where', () => {
  test.each<[string, State, RegExp]>([
    [
      'the tag has another build',
      async (put) => {
        await put(GZ, other);
        await put(JSON_KEY, manifestOf(other));
      },
      /^conflict: there is another build v1 of shop already .*\n {2}they differ in init\/b\/bootstrapper\.sh, version\n {2}both are made of the same commit: /,
    ],
    [
      'somebody replaced archive and manifest, and left our tar in its words',
      async (put) => {
        await put(GZ, other);
        await put(JSON_KEY, manifestOf(other, { tarSha256: ours.build.tarSha256 }));
      },
      /^conflict: s3:\/\/shop-rolecall\/builds\/shop\/v1\.tar\.gz holds another tar than the manifest of shop v1 tells; nothing was changed\n.*: [0-9a-f]{64}\n.*: +[0-9a-f]{64}\n/,
    ],
    [
      'the manifest of another build has no archive',
      async (put) => put(JSON_KEY, manifestOf(other)),
      /^conflict: there is another build v1/,
    ],
    ['the manifest is junk', async (put) => put(JSON_KEY, '{'), /^usage: .*is no manifest of a build/],
  ])('%s', async (_name, state, expected) => {
    await using cloud = await cloudOf();
    await prepare(state, cloud);
    const bucket = bucketOf(cloud);
    const facts = async () => [
      await bucket.readText(JSON_KEY).then((text) => text?.etag),
      await bucket.head(GZ).then((head) => head?.etag),
    ];
    const before = await facts();
    expect(await refused(publish(bucket, ours))).toMatch(expected);
    expect(await facts()).toEqual(before);
  });
});

test('several publishers of two builds at once, and the rest of a third: one build is whole, the others are told', async () => {
  const third = await fileOf('third', 'third', 6);
  for (let round = 0; round < 6; round += 1) {
    await using cloud = await cloudOf({}, join(folder, `s3-${round}`));
    await cloud.s3.send(new CreateBucketCommand({ Bucket: 'shop-rolecall' }));
    const bucket = bucketOf(cloud);
    const { build, path } = third;
    await bucket.upload(GZ, { path, size: build.size, sha256: build.sha256 });
    const files = [ours, other, recompressed, other, ours];
    const answers = await Promise.all(files.map((file) => refused(publish(bucket, file))));
    const there = await readBuild(bucket, APP, 'v1');
    if (there === undefined) throw new Error('no build was published');
    // Whoever was told of success has the tag, and its archive is whole once all have ended.
    for (const [index, answer] of answers.entries())
      expect({ round, answer, isTheirs: files[index]?.build.tarSha256 === there.tarSha256 }).toEqual({
        round,
        answer: expect.stringMatching(/^(nothing was refused|conflict: .*)/s),
        isTheirs: answer === 'nothing was refused' ? true : expect.any(Boolean),
      });
    const holder = files.find((file) => file.build.tarSha256 === there.tarSha256);
    if (holder !== undefined) await publish(bucket, holder);
    await checkArchive(bucket, (await readBuild(bucket, APP, 'v1')) ?? there);
  }
});

interface Statement {
  readonly Action: string | readonly string[];
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The bucket policy as docs/aws.md has it. */
function documentedPolicy(): readonly Statement[] {
  const text = readFileSync(join(ROOT, 'docs/aws.md'), 'utf8');
  const [, json = ''] = /<!-- policy write-once -->\n\n```json\n([\s\S]*?)```/.exec(text) ?? [];
  return JSON.parse(json).Statement;
}

/** AWS's own reading of such a statement, for requests that write. */
function isDenied({ Action, Condition }: Statement, { method, headers, query }: SeenRequest): boolean {
  if (!['PUT', 'POST'].includes(method) || ![Action].flat().includes('s3:PutObject')) return false;
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
  const creates = !/partNumber|uploads/.test(query);
  const facts: Readonly<Record<string, boolean>> = {
    's3:if-none-match': headers['if-none-match'] === undefined,
    's3:ObjectCreationOperation': creates,
  };
  return Object.values(Condition)
    .flatMap((condition) => Object.entries(condition))
    .every(([key, value]) => String(facts[key]) === value);
}

describe('a write-once bucket policy', () => {
  const open = async (cloud: TestCloud) => {
    const proxy = await s3Proxy(cloud);
    const policy = documentedPolicy();
    proxy.rules = { denies: (request) => policy.some((statement) => isDenied(statement, request)) };
    const { endpoint } = proxy;
    const bucket = connectBucket(
      { region: 'us-east-1', endpoint, credentials: cloud.credentials },
      { bucket: 'shop-rolecall', prefix: '' },
    );
    return { proxy, bucket };
  };

  test('lets builds be published', async () => {
    await using cloud = await cloudOf();
    const { proxy, bucket } = await open(cloud);
    await using _closing = proxy;
    expect((await publish(bucket, ours)).outcome).toBe('created');
    expect((await publish(bucket, ours)).outcome).toBe('present');
    const text = 'x'.repeat(65 * 1024 * 1024);
    const large = await fileOf('large', text, 0);
    const build = { ...large.build, tag: 'v2' as PathName, archive: 'v2.tar.gz' };
    expect((await publish(bucket, { ...large, build })).outcome).toBe('created');
  });

  test('leaves a damaged archive to its administrator', async () => {
    await using cloud = await cloudOf();
    await prepare(async (put) => {
      await put(JSON_KEY, manifestOf(ours));
      await put(GZ, junk);
    }, cloud);
    const { proxy, bucket } = await open(cloud);
    await using _closing = proxy;
    expect(await refused(publish(bucket, ours))).toMatch(
      /^aws: s3:\/\/shop-rolecall\/builds\/shop\/v1\.tar\.gz is damaged, and these credentials may not replace it\ntwo readings agree/,
    );
  });
});
