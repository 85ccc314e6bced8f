import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestCloud, testCloud } from '../../../../test/support/local-cloud.ts';

const Bucket = 'shop-rolecall';
let cloud: TestCloud;
let s3: S3Client;

beforeAll(async () => {
  cloud = await testCloud();
  s3 = cloud.s3;
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => await cloud[Symbol.asyncDispose]());

const put = (Key: string, Body: string | Buffer | Readable, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string, more: object = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
const text = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

/** `CODE (STATUS)` of a refusal. */
async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'no refusal';
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return `${error.name} (${error.$metadata.httpStatusCode})`;
  }
}

describe('an object', () => {
  test.each([
    ['empty', Buffer.alloc(0)],
    ['small', Buffer.from('hello\n')],
    ['as large as fits into a document', randomBytes(16_384)],
    ['one byte larger', randomBytes(16_385)],
    ['of several megabytes', randomBytes(9_000_001)],
  ])('%s comes back as it was', async (_name, body) => {
    const { ETag } = await put('a/b', body);
    expect(ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
    const found = await get('a/b');
    expect(Buffer.from((await found.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    expect(found).toMatchObject({ ETag, ContentLength: body.length, AcceptRanges: 'bytes' });
  });

  test('sent as a stream, whose checksum comes behind it', async () => {
    const body = randomBytes(300_000);
    const parts = [body.subarray(0, 100_000), body.subarray(100_000)];
    await put('streamed', Readable.from(parts), { ContentLength: body.length, ChecksumAlgorithm: 'SHA256' });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'streamed', ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumSHA256).toBe(createHash('sha256').update(body).digest('base64'));
    expect(Buffer.from((await (await get('streamed')).Body?.transformToByteArray()) ?? []).equals(body)).toBe(
      true,
    );
  });

  test('has what was said of it: type, metadata and the like', async () => {
    const said = {
      ContentType: 'text/html',
      CacheControl: 'no-cache',
      ContentDisposition: 'inline',
      ContentLanguage: 'en',
      ContentEncoding: 'gzip',
      Metadata: { colour: 'red', 'with-dash': 'a b' },
    };
    await put('said', 'x', said);
    expect(await get('said')).toMatchObject(said);
    expect(await get('said', { ResponseContentType: 'text/plain' })).toMatchObject({
      ContentType: 'text/plain',
    });
  });

  test.each([
    'plain',
    'a/b/c.txt',
    'a//b',
    '/leading',
    'trailing/',
    '../../etc/passwd',
    '.',
    '..',
    'with space+plus&amp=%41?#',
    'ünïcødé/✓/🚀',
    'quotes\'"`$(id)',
    `long/${'x'.repeat(1_000)}`,
    'ends-with+',
    '=41',
  ])('of the key %j', async (key) => {
    await put(key, key);
    expect(await text(key)).toBe(key);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: key }));
    expect(Contents.map(({ Key }) => Key)).toContain(key);
  });

  test('whose key has more than 1,024 bytes is refused', async () => {
    expect(await refused(put('é'.repeat(513), 'x'))).toBe('KeyTooLongError (400)');
  });

  test('a key may begin another one', async () => {
    await put('same', '1');
    await put('same/other', '2');
    expect([await text('same'), await text('same/other')]).toEqual(['1', '2']);
  });
});

describe('a range', () => {
  const body = 'abcdefghijklmnopqrstuvwxyz';
  beforeAll(() => put('alphabet', body).then(() => undefined));

  test.each([
    ['bytes=0-4', 'abcde', 'bytes 0-4/26'],
    ['bytes=20-', 'uvwxyz', 'bytes 20-25/26'],
    ['bytes=-3', 'xyz', 'bytes 23-25/26'],
    ['bytes=24-99', 'yz', 'bytes 24-25/26'],
    ['bytes=-99', body, 'bytes 0-25/26'],
  ])('%s', async (Range, expected, ContentRange) => {
    const found = await get('alphabet', { Range });
    expect([await found.Body?.transformToString(), found.ContentRange]).toEqual([expected, ContentRange]);
    expect(found.$metadata.httpStatusCode).toBe(206);
  });

  test('behind the end is refused; one that is none gives all', async () => {
    expect(await refused(get('alphabet', { Range: 'bytes=26-' }))).toBe('InvalidRange (416)');
    expect(await text('alphabet', { Range: 'lines=1-2' })).toBe(body);
  });

  test('over the seams of a large object', async () => {
    const large = randomBytes(5_000_000);
    await put('large', large);
    const found = await get('large', { Range: 'bytes=4194300-4194400' });
    expect(Buffer.from((await found.Body?.transformToByteArray()) ?? [])).toEqual(
      large.subarray(4194300, 4194401),
    );
  });
});

describe('conditional writes', () => {
  test('If-None-Match: * creates once', async () => {
    await put('once', '1', { IfNoneMatch: '*' });
    expect(await refused(put('once', '2', { IfNoneMatch: '*' }))).toBe('PreconditionFailed (412)');
    expect(await text('once')).toBe('1');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'once' }));
    await put('once', '3', { IfNoneMatch: '*' });
    expect(await text('once')).toBe('3');
  });

  test('If-Match replaces what it names, and nothing else', async () => {
    const { ETag } = await put('swap', '1');
    const { ETag: second } = await put('swap', '2', { IfMatch: ETag });
    expect(await refused(put('swap', '3', { IfMatch: ETag }))).toBe('PreconditionFailed (412)');
    expect(await refused(put('absent', '1', { IfMatch: ETag }))).toBe('NoSuchKey (404)');
    expect(await text('swap')).toBe('2');
    expect(await refused(s3.send(new DeleteObjectCommand({ Bucket, Key: 'swap', IfMatch: ETag })))).toBe(
      'PreconditionFailed (412)',
    );
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'swap', IfMatch: second }));
    expect(await refused(get('swap'))).toBe('NoSuchKey (404)');
  });

  test('of many at once exactly one creates, and one replaces', async () => {
    const many = Array.from({ length: 20 }, (_, index) => index);
    const created = await Promise.all(many.map((n) => refused(put('race', `${n}`, { IfNoneMatch: '*' }))));
    expect(created.filter((answer) => answer === 'no refusal')).toHaveLength(1);
    const { ETag } = await get('race');
    const replaced = await Promise.all(many.map((n) => refused(put('race', `r${n}`, { IfMatch: ETag }))));
    expect(replaced.filter((answer) => answer === 'no refusal')).toHaveLength(1);
    expect(await text('race')).toBe(`r${replaced.indexOf('no refusal')}`);
  });
});

test('conditional reads', async () => {
  const { ETag } = await put('read', 'x');
  expect(await refused(get('read', { IfNoneMatch: ETag }))).toMatch(/\(304\)$/);
  expect(await refused(get('read', { IfMatch: '"0"' }))).toBe('PreconditionFailed (412)');
  expect(await text('read', { IfMatch: ETag })).toBe('x');
  const later = new Date(Date.now() + 60_000);
  expect(await refused(get('read', { IfModifiedSince: later }))).toMatch(/\(304\)$/);
  expect(await refused(get('read', { IfUnmodifiedSince: new Date(0) }))).toBe('PreconditionFailed (412)');
});

describe('checksums', () => {
  const body = 'checked';
  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    '%s is verified, kept and given back',
    async (algorithm) => {
      const field = `Checksum${algorithm}` as const;
      const answer = await put('checked', body, { ChecksumAlgorithm: algorithm });
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'checked', ChecksumMode: 'ENABLED' }));
      expect(head[field]).toBe(answer[field]);
      expect(head[field]).toMatch(/^[A-Za-z0-9+/]+=*$/);
      const wrong = Buffer.alloc(Buffer.from(head[field] ?? '', 'base64').length).toString('base64');
      expect(await refused(put('checked', body, { [field]: wrong }))).toBe('BadDigest (400)');
      expect(await refused(put('checked', body, { [field]: 'AAAA' }))).toBe('InvalidRequest (400)');
    },
  );

  test('Content-MD5', async () => {
    const md5 = createHash('md5').update(body).digest('base64');
    await put('checked', body, { ContentMD5: md5 });
    const other = createHash('md5').update('other').digest('base64');
    expect(await refused(put('checked', body, { ContentMD5: other }))).toBe('BadDigest (400)');
    expect(await refused(put('checked', body, { ContentMD5: 'short' }))).toBe('InvalidDigest (400)');
  });

  test('a refused body leaves the object as it was', async () => {
    await put('kept', 'as it was');
    const wrong = createHash('sha256').update('other').digest('base64');
    expect(await refused(put('kept', randomBytes(5_000_000), { ChecksumSHA256: wrong }))).toBe(
      'BadDigest (400)',
    );
    expect(await text('kept')).toBe('as it was');
  });
});

describe('copies', () => {
  test('are objects of their own', async () => {
    const body = randomBytes(100_000);
    await put('source é', body, { Metadata: { a: '1' }, ContentType: 'x/y' });
    const CopySource = `${Bucket}/${encodeURIComponent('source é')}`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    await put('source é', 'replaced');
    const found = await get('copy');
    expect(found).toMatchObject({ Metadata: { a: '1' }, ContentType: 'x/y', ContentLength: body.length });
    expect(Buffer.from((await found.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  test('with other metadata, also in place; conditions hold for source and target', async () => {
    const { ETag } = await put('c1', 'x', { Metadata: { a: '1' } });
    const CopySource = `${Bucket}/c1`;
    const inPlace = { Bucket, Key: 'c1', CopySource };
    expect(await refused(s3.send(new CopyObjectCommand(inPlace)))).toBe('InvalidRequest (400)');
    await put('c ü', 'x');
    const encoded = { Bucket, Key: 'c ü', CopySource: `${Bucket}/${encodeURIComponent('c ü')}` };
    expect(await refused(s3.send(new CopyObjectCommand(encoded)))).toBe('InvalidRequest (400)');
    await s3.send(new CopyObjectCommand({ ...inPlace, MetadataDirective: 'REPLACE', Metadata: { b: '2' } }));
    expect((await get('c1')).Metadata).toEqual({ b: '2' });
    const other = { Bucket, Key: 'c2', CopySource };
    expect(await refused(s3.send(new CopyObjectCommand({ ...other, CopySourceIfNoneMatch: ETag })))).toBe(
      'PreconditionFailed (412)',
    );
    await s3.send(new CopyObjectCommand({ ...other, IfNoneMatch: '*' }));
    expect(await refused(s3.send(new CopyObjectCommand({ ...other, IfNoneMatch: '*' })))).toBe(
      'PreconditionFailed (412)',
    );
  });
});

test('what is not there', async () => {
  expect(await refused(get('nothing'))).toBe('NoSuchKey (404)');
  expect(await refused(s3.send(new HeadObjectCommand({ Bucket, Key: 'nothing' })))).toBe('NotFound (404)');
  expect(await refused(s3.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'x' })))).toBe(
    'NoSuchBucket (404)',
  );
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'nothing' }));
});

test('many are deleted with one request', async () => {
  const keys = ['d/1', 'd/ü&<2>', 'd/3'];
  for (const key of keys) await put(key, key);
  const Objects = [...keys, 'd/absent'].map((Key) => ({ Key }));
  const { Deleted = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted.map(({ Key }) => Key)).toEqual([...keys, 'd/absent']);
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'd/' }));
  expect(Contents).toBeUndefined();
});

test.each([
  ' spaces ',
  'line\nbreak',
  'carriage\rreturn',
  'tab\t',
  '&#65;<&amp;>',
  '\u2028\u0085',
  '007',
  '\u0001',
])('the key %j is deleted by a list of keys, and no other is', async (key) => {
  const other = 'list-other';
  for (const each of [key, key.trim(), other]) await put(each, each);
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: key }] } }));
  expect(await refused(get(key))).toBe('NoSuchKey (404)');
  if (key !== key.trim()) expect(await text(key.trim())).toBe(key.trim());
  expect(await text(other)).toBe(other);
});

test('a thousand keys, each as long as can be, are deleted with one request', async () => {
  const Objects = Array.from({ length: 1_000 }, (_, index) => ({
    Key: `${'x'.repeat(1_020)}${1_000 + index}`,
  }));
  const first = Objects[0]?.Key ?? '';
  await put(first, 'x');
  const { Deleted = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted.map(({ Key }) => Key)).toEqual(Objects.map(({ Key }) => Key));
  expect(await refused(get(first))).toBe('NoSuchKey (404)');
});

test.each(['carriage\rreturn', 'line\nbreak', ' spaces ', '\u0001 control', 'next\u0085line'])(
  'the key %j is listed as it is',
  async (key) => {
    await put(`odd/${key}/x`, 'x');
    for (const EncodingType of ['url', undefined] as const) {
      const { CommonPrefixes = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'odd/', Delimiter: '/', EncodingType }),
      );
      const listed = CommonPrefixes.map(({ Prefix = '' }) =>
        EncodingType === 'url' ? decodeURIComponent(Prefix.replaceAll('+', ' ')) : Prefix,
      );
      expect(listed).toContain(`odd/${key}/`);
    }
  },
);

describe('buckets', () => {
  test('are made, listed, and removed when they are empty', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'second-bucket' }));
    expect(await refused(s3.send(new CreateBucketCommand({ Bucket: 'second-bucket' })))).toBe(
      'BucketAlreadyOwnedByYou (409)',
    );
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toContain('second-bucket');
    await s3.send(new PutObjectCommand({ Bucket: 'second-bucket', Key: 'x', Body: 'x' }));
    const remove = () => s3.send(new DeleteBucketCommand({ Bucket: 'second-bucket' }));
    expect(await refused(remove())).toBe('BucketNotEmpty (409)');
    await s3.send(new DeleteObjectCommand({ Bucket: 'second-bucket', Key: 'x' }));
    await remove();
    expect(await refused(s3.send(new HeadBucketCommand({ Bucket: 'second-bucket' })))).toBe('NotFound (404)');
  });

  test.each(['ab', 'Upper', 'under_score', '1.2.3.4', 'a..b'])('may not be called %s', async (name) => {
    const client = cloud.s3Client({ forcePathStyle: true });
    expect(await refused(client.send(new CreateBucketCommand({ Bucket: name })))).toBe(
      'InvalidBucketName (400)',
    );
  });

  test('belong to a region, which S3 names to whoever asks in another', async () => {
    const frankfurt = cloud.s3Client({ region: 'eu-central-1' });
    await frankfurt.send(new CreateBucketCommand({ Bucket: 'in-frankfurt' }));
    await frankfurt.send(new PutObjectCommand({ Bucket: 'in-frankfurt', Key: 'x', Body: 'x' }));
    const elsewhere = s3.send(new GetObjectCommand({ Bucket: 'in-frankfurt', Key: 'x' }));
    await expect(elsewhere).rejects.toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      Region: 'eu-central-1',
    });
  });
});

test('objects outlive their cloud', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-s3-'));
  try {
    const body = randomBytes(5_000_000);
    {
      await using first = await testCloud({ s3Folder: folder });
      await first.s3.send(new CreateBucketCommand({ Bucket }));
      await first.s3.send(new PutObjectCommand({ Bucket, Key: 'small', Body: 'small' }));
      await first.s3.send(new PutObjectCommand({ Bucket, Key: 'large', Body: body }));
    }
    await using second = await testCloud({ s3Folder: folder });
    const small = await second.s3.send(new GetObjectCommand({ Bucket, Key: 'small' }));
    expect(await small.Body?.transformToString()).toBe('small');
    const large = await second.s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    expect(Buffer.from((await large.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
