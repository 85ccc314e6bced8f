import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import { RolecallError } from '../../src/errors.ts';
import type { Build, PathName } from '../../src/model.ts';
import { currentBuild, findBuild, readBuild, readPointer } from '../../src/release/current.ts';
import { type Mover, promote, rollback } from '../../src/release/move.ts';
import { publish } from '../../src/release/publish.ts';
import type { PublishFile } from '../../src/release/upload.ts';
import { tarOf } from '../support/archives.ts';
import { BUILD } from '../support/builds.ts';
import { hurriedClock } from '../support/hurried-clock.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';
import { type S3Proxy, type SeenRequest, s3Proxy } from '../support/s3-proxy.ts';

const APP = 'shop' as PathName;
const OVER_64_MB = 65 * 1024 * 1024;
let folder: string;
let cloud: TestCloud;
let proxy: S3Proxy;
let bucket: Bucket;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-stores-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(): Promise<void> {
  cloud = await testCloud({});
  await cloud.s3.send(new CreateBucketCommand({ Bucket: 'shop-rolecall' }));
  proxy = await s3Proxy(cloud);
  bucket = connectBucket(
    { region: 'us-east-1', endpoint: proxy.endpoint, credentials: cloud.credentials },
    { bucket: 'shop-rolecall', prefix: '' },
    { clock: hurriedClock() },
  );
}
async function close(): Promise<void> {
  await proxy[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function fileOf(tag: string, text: string): Promise<PublishFile> {
  const tar = await tarOf([{ name: 'version', text }]);
  const archive = gzipSync(tar, { level: text.length > 1000 ? 0 : 6 });
  const path = join(folder, `${tag}.tar.gz`);
  writeFileSync(path, archive);
  const build: Build = {
    ...BUILD,
    tag: tag as PathName,
    archive: `${tag}.tar.gz`,
    sha256: sha256(archive),
    size: archive.length,
    tarSha256: sha256(tar),
    tarSize: tar.length,
  };
  return { build, path };
}

let moves = 0;
const mover = (): Mover => {
  moves += 1;
  return { by: 'ann@build-7', why: null, now: moves * 1000, id: String(moves).padStart(16, '0') };
};

type Headers = Record<string, string | string[] | undefined>;
const SHA = 'x-amz-checksum-sha256';

/** What other stores tell of an object: whether that proves its bytes, so that they needn't be read. */
const STORES: readonly (readonly [string, boolean, (headers: Headers) => void])[] = [
  ['a composite checksum', true, () => undefined],
  [
    'a composite checksum without its number of parts',
    true,
    (headers) => {
      headers[SHA] = String(headers[SHA]).replace(/-\d+$/, '');
    },
  ],
  [
    'a composite checksum that it calls one of the whole',
    true,
    (headers) => {
      headers[SHA] = String(headers[SHA]).replace(/-\d+$/, '');
      headers['x-amz-checksum-type'] = 'FULL_OBJECT';
    },
  ],
  [
    'no checksum',
    false,
    (headers) => {
      delete headers[SHA];
      delete headers['x-amz-checksum-type'];
    },
  ],
  [
    'a CRC64NVME of the whole',
    false,
    (headers) => {
      delete headers[SHA];
      headers['x-amz-checksum-crc64nvme'] = 'AAAAAAAAAAA=';
      headers['x-amz-checksum-type'] = 'FULL_OBJECT';
    },
  ],
  [
    'a checksum of its own making',
    false,
    (headers) => {
      headers[SHA] = createHash('sha256').update('other').digest('base64');
    },
  ],
];

describe('an archive of over 64 MB in a store that tells', () => {
  let large: PublishFile;
  beforeAll(async () => {
    await open();
    large = await fileOf('large', 'x'.repeat(OVER_64_MB));
    expect((await publish(bucket, large)).outcome).toBe('created');
    await publish(bucket, await fileOf('small', 'small'));
  });
  afterAll(close);

  test('what S3 computes of its parts, keeps that in the manifest', async () => {
    const { parts, size } = await findBuild(bucket, APP, 'large');
    const head = await bucket.head('builds/shop/large.tar.gz');
    const composite = Buffer.from(parts?.sha256 ?? '', 'hex').toString('base64');
    expect(head?.sha256).toBe(`${composite}-${Math.ceil(size / (parts?.partSize ?? 1))}`);
  });

  test.each(STORES)('%s is published once, promoted and gone back to', async (_name, isProof, change) => {
    proxy.rules = {
      headers: ({ method, path }, headers) => {
        if (method === 'HEAD' && path.endsWith('large.tar.gz')) change(headers);
      },
    };
    proxy.seen.length = 0;
    expect((await publish(bucket, large)).outcome).toBe('present');
    await promote(bucket, APP, 'prod', 'large', mover());
    await promote(bucket, APP, 'prod', 'small', mover());
    expect(await rollback(bucket, APP, 'prod', undefined, mover())).toMatchObject({ changed: true });
    expect((await currentBuild(bucket, APP, 'prod')).build.tag).toBe('large');
    const reads = proxy.seen.filter(({ method, path }) => method === 'GET' && path.endsWith('large.tar.gz'));
    expect({ isProof, isRead: reads.length > 0 }).toEqual({ isProof, isRead: !isProof });
    await promote(bucket, APP, 'prod', 'small', mover());
  });
});

/** Flips a bit of the bodies of some GETs of a kind of object. */
function damaging(kind: RegExp, isDamaged: (time: number) => boolean): S3Proxy['rules'] {
  let times = 0;
  return {
    body: ({ method, path }: SeenRequest, body: Buffer) => {
      if (method !== 'GET' || !kind.test(path) || body.length === 0) return body;
      times += 1;
      if (!isDamaged(times)) return body;
      const damaged = Buffer.from(body);
      const at = (times * 7) % body.length;
      damaged[at] = (damaged[at] ?? 0) ^ 0x80;
      return damaged;
    },
    // Without a checksum the archive has to be read.
    headers: ({ method, path }, headers) => {
      if (method === 'HEAD' && path.endsWith('.gz')) delete headers[SHA];
    },
  };
}

async function thrown(answer: Promise<unknown>): Promise<RolecallError | undefined> {
  try {
    await answer;
    return undefined;
  } catch (error) {
    if (error instanceof RolecallError) return error;
    throw error;
  }
}

const KINDS = [
  ['the manifest', /\.json$/],
  ['the pointer', /pointers/],
  ['the archive', /\.gz$/],
] as const;

describe('bytes that are damaged on their way', () => {
  beforeEach(async () => {
    await open();
    for (const tag of ['v1', 'v2']) {
      await publish(bucket, await fileOf(tag, tag));
      await promote(bucket, APP, 'prod', tag, mover());
    }
  });

  afterEach(close);

  test.each(KINDS)('once, of %s, are read again, and nothing is accused', async (_name, kind) => {
    proxy.rules = damaging(kind, (time) => time === 1);
    expect(await promote(bucket, APP, 'prod', 'v1', mover())).toMatchObject({ from: 'v2', changed: true });
    proxy.rules = damaging(kind, (time) => time === 1);
    expect((await publish(bucket, await fileOf('v2', 'v2'))).outcome).toBe('present');
    proxy.rules = damaging(kind, (time) => time === 1);
    expect((await currentBuild(bucket, APP, 'prod')).build.tag).toBe('v1');
  });

  test.each(KINDS)(
    'every time, of %s, change nothing, and nobody is told to delete anything',
    async (_name, kind) => {
      for (const run of [
        () => promote(bucket, APP, 'prod', 'v1', mover()),
        async () => publish(bucket, await fileOf('v2', 'v2')),
      ]) {
        proxy.rules = damaging(kind, () => true);
        const error = await thrown(run());
        proxy.rules = {};
        expect((await readPointer(bucket, APP, 'prod'))?.pointer.tag).toBe('v2');
        expect((await findBuild(bucket, APP, 'v2')).tag).toBe('v2');
        if (error === undefined) continue;
        expect(error.exit).toBe('aws');
        expect(`${error.message} ${error.hint}`).not.toMatch(/s3 rm|remove it|move it away|replaced/);
      }
    },
  );
});

const PAGES = [
  ['an empty body', ''],
  ['a sign-in page', '<html><body>Sign in</body></html>'],
  ['another XML document', '<?xml version="1.0"?><Hello/>'],
] as const;
const isWrite = (kind: RegExp) => (request: SeenRequest) =>
  request.method === 'PUT' && kind.test(request.path);
const hurried = () =>
  connectBucket(
    { region: 'us-east-1', endpoint: proxy.endpoint, credentials: cloud.credentials },
    { bucket: 'shop-rolecall', prefix: '' },
    { clock: hurriedClock() },
  );

describe('a bare 200 for a write', () => {
  beforeEach(async () => {
    await open();
    for (const tag of ['v1', 'v2']) await publish(bucket, await fileOf(tag, tag));
    await promote(bucket, APP, 'prod', 'v1', mover());
  });
  afterEach(close);

  test.each(PAGES)('that never reached S3 is no promotion: %s', async (_name, page) => {
    const isPointer = isWrite(/pointers/);
    proxy.rules = { swallows: (request) => (isPointer(request) ? page : undefined) };
    for (const environment of ['prod', 'staging'])
      expect(await thrown(promote(hurried(), APP, environment, 'v2', mover()))).toMatchObject({
        exit: 'aws',
      });
    expect(await thrown(rollback(hurried(), APP, 'prod', 'v2', mover()))).toMatchObject({ exit: 'aws' });
    proxy.rules = {};
    expect((await readPointer(bucket, APP, 'prod'))?.pointer.tag).toBe('v1');
    expect(await readPointer(bucket, APP, 'staging')).toBeUndefined();
  });

  test.each(PAGES)('that did reach S3 is a promotion, since the pointer says so: %s', async (_name, page) => {
    const isPointer = isWrite(/pointers/);
    proxy.rules = { masks: (request) => (isPointer(request) ? page : undefined) };
    for (const environment of ['prod', 'staging'])
      expect(await promote(hurried(), APP, environment, 'v2', mover())).toMatchObject({ changed: true });
    proxy.rules = {};
    const pointer = (await readPointer(bucket, APP, 'prod'))?.pointer;
    expect(pointer?.moves.map(({ to }) => to)).toEqual(['v2', 'v1']);
  });

  test.each([
    ['the archive', /\.gz$/],
    ['the manifest', /\.json$/],
  ] as const)('that never reached S3 is no publication: %s', async (_name, kind) => {
    const file = await fileOf('v3', 'v3');
    for (const [, page] of PAGES) {
      proxy.rules = { swallows: (request) => (isWrite(kind)(request) ? page : undefined) };
      expect(await thrown(publish(hurried(), file))).toMatchObject({ exit: 'aws' });
    }
    proxy.rules = {};
    expect(await readBuild(bucket, APP, 'v3')).toBeUndefined();
    expect((await publish(bucket, file)).outcome).toBe('created');
    await promote(bucket, APP, 'prod', 'v3', mover());
  });
});
