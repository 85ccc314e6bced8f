import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import type { AwsTarget, Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';
import { s3Proxy } from '../support/s3-proxy.ts';

const NAME = 'shop-rolecall';
const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'rolecall-upload-'));
let cloud: TestCloud;
afterEach(async () => await cloud[Symbol.asyncDispose]());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A bucket of a cloud of its own in which these things go wrong. */
async function bucketWith(faults: Faults = {}, prefix = 'team/'): Promise<Bucket> {
  cloud = await testCloud({ faults });
  await cloud.s3.send(new CreateBucketCommand({ Bucket: NAME }));
  return connected(prefix);
}

function connected(prefix = 'team/', credentials: AwsTarget['credentials'] = cloud.credentials): Bucket {
  const { endpoint } = cloud;
  const clock = { now: Date.now, monotonic: () => performance.now(), sleep: async () => undefined };
  return connectBucket(
    { region: 'us-east-1', endpoint, ...(credentials && { credentials }) },
    { bucket: NAME, prefix },
    { clock },
  );
}

async function collected(body: AsyncIterable<unknown> | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('small objects', () => {
  test('are created once, replaced by ETag, and read back', async () => {
    const bucket = await bucketWith();
    expect(await bucket.readText('a/b')).toBeUndefined();
    expect(await bucket.createText('a/b', 'one')).toBe(true);
    expect(await bucket.createText('a/b', 'two')).toBe(false);
    const found = await bucket.readText('a/b');
    expect(found).toMatchObject({ text: 'one', modifiedAt: expect.any(Number) });
    const etag = await bucket.replaceText('a/b', 'two', found?.etag ?? '');
    expect(await bucket.replaceText('a/b', 'three', found?.etag ?? '')).toBeUndefined();
    expect(await bucket.replaceText('absent', 'x', found?.etag ?? '')).toBeUndefined();
    expect(await bucket.readText('a/b')).toMatchObject({ text: 'two', etag });
    expect(bucket.locate('a/b')).toBe('s3://shop-rolecall/team/a/b');
  });

  test.each(['throttle', 's3Errors', 'breakOff', 'dropAnswers'] as const)(
    'are written and read in spite of %s',
    async (fault) => {
      const bucket = await bucketWith({ [fault]: { PutObject: 2, GetObject: 1 } });
      expect(await bucket.createText('a', 'one')).toBe(true);
      expect((await bucket.readText('a'))?.text).toBe('one');
    },
  );

  test('are written though other writes of their keys are under way; whoever wins meanwhile has won', async () => {
    // Counted are all attempts: two in vain and one that works, and so again, and again.
    const conflicts = { PutObject: 2 };
    const bucket = await bucketWith({ conflicts });
    expect(await bucket.createText('a', 'one')).toBe(true);
    const etag = (await bucket.readText('a'))?.etag ?? '';
    conflicts.PutObject = 5;
    expect(await bucket.createText('a', 'two')).toBe(false);
    conflicts.PutObject = 8;
    expect(await bucket.replaceText('a', 'two', etag)).toMatch(/^"/);
    expect((await bucket.readText('a'))?.text).toBe('two');
  });

  test('what is too large to be rolecall’s is not read', async () => {
    const bucket = await bucketWith();
    const path = join(folder, 'large');
    writeFileSync(path, Buffer.alloc(4 * MIB + 1));
    await bucket.upload('large', { path, size: 4 * MIB + 1, sha256: sha256(Buffer.alloc(4 * MIB + 1)) });
    await expect(bucket.readText('large')).rejects.toMatchObject({ exit: 'usage' });
  });

  test.each([['AccessDenied', 'permission', { unauthorized: ['GetObject'] }]] as const)(
    '%s is told as trouble with %s',
    async (code, kind, faults) => {
      const bucket = await bucketWith();
      await cloud[Symbol.asyncDispose]();
      cloud = await testCloud({ faults });
      await expect(connected().readText('a')).rejects.toMatchObject({ code, kind });
      expect(bucket.name).toBe(NAME);
    },
  );

  test('no bucket, and a bucket elsewhere, are told as such', async () => {
    await bucketWith();
    const { endpoint, credentials } = cloud;
    const none = connectBucket(
      { region: 'us-east-1', endpoint, credentials },
      { bucket: 'no-such', prefix: '' },
    );
    await expect(none.readText('a')).rejects.toMatchObject({
      message: expect.stringMatching(/^there is no bucket no-such/),
    });
    const elsewhere = connectBucket(
      { region: 'eu-west-1', endpoint, credentials },
      { bucket: NAME, prefix: '' },
    );
    await expect(elsewhere.createText('a', '')).rejects.toMatchObject({
      message: expect.stringMatching(/^the bucket shop-rolecall is in us-east-1, not in eu-west-1/),
    });
  });
});

describe('the owner of the bucket', () => {
  const OWNER = '000000000000';
  const ownedBy = (owner: string, endpoint = cloud.endpoint) =>
    connectBucket(
      { region: 'us-east-1', endpoint, credentials: cloud.credentials },
      { bucket: NAME, prefix: 'team/', owner },
    );
  const file = (size: number) => {
    const path = join(folder, `owned-${size}`);
    const bytes = randomBytes(size);
    writeFileSync(path, bytes);
    return { path, size, sha256: sha256(bytes) };
  };

  test('is named in every request but those that machines send, and they pass', async () => {
    await bucketWith();
    await using proxy = await s3Proxy(cloud);
    const bucket = ownedBy(OWNER, proxy.endpoint);
    expect(await bucket.createText('a', 'one')).toBe(true);
    const { etag = '' } = (await bucket.readText('a')) ?? {};
    expect(await bucket.replaceText('a', 'two', etag)).toBeDefined();
    expect(await bucket.head('a')).toBeDefined();
    expect((await collected(await bucket.read('a'))).toString()).toBe('two');
    expect((await bucket.list('')).map(({ key }) => key)).toEqual(['a']);
    expect(await bucket.folders('')).toEqual([]);
    expect(await bucket.upload('small', file(10))).toBe(true);
    expect(await bucket.upload('large', file(65 * MIB))).toBe(true);
    const operations = proxy.seen.map(({ method, query }) =>
      [method, ...new URLSearchParams(query).keys()].filter((name) => name !== 'x-id').join(' '),
    );
    expect(new Set(operations)).toEqual(
      new Set([
        'PUT',
        'GET',
        'HEAD',
        'GET list-type prefix',
        'GET delimiter list-type prefix',
        'GET prefix uploads',
        'POST uploads',
        'PUT partNumber uploadId',
        'POST uploadId',
      ]),
    );
    for (const { headers } of proxy.seen) expect(headers['x-amz-expected-bucket-owner']).toBe(OWNER);
    const { url } = await ownedBy(OWNER).presignGet('a', 60);
    expect(url).not.toMatch(/owner/i);
    expect(await (await fetch(url)).text()).toBe('two');
    const { forms } = await bucket.presignForms({ it: { keyPrefix: 'x', maxBytes: 1 } }, 60);
    expect(Buffer.from(forms.it.policy, 'base64').toString()).not.toMatch(/owner/i);
  });

  test('who is another one gets and tells nothing', async () => {
    const owner = await bucketWith();
    await owner.createText('a', 'one');
    const bucket = ownedBy('111111111111');
    for (const ask of [
      () => bucket.createText('b', 'x'),
      () => bucket.readText('a'),
      () => bucket.readText('missing'),
      () => bucket.replaceText('a', 'x', '"e"'),
      () => bucket.read('a'),
      () => bucket.list(''),
      () => bucket.upload('c', file(10)),
      () => bucket.upload('d', file(65 * MIB)),
    ])
      await expect(ask()).rejects.toMatchObject({ kind: 'permission' });
    expect((await owner.list('')).map(({ key }) => key)).toEqual(['a']);
  });

  test('that is given to nobody is asked for by nobody', async () => {
    await bucketWith();
    await using proxy = await s3Proxy(cloud);
    const { credentials } = cloud;
    await connectBucket(
      { region: 'us-east-1', endpoint: proxy.endpoint, credentials },
      { bucket: NAME, prefix: '' },
    ).list('');
    expect(proxy.seen.map(({ headers }) => headers['x-amz-expected-bucket-owner'])).toEqual([undefined]);
  });
});

test('listings have every page, and keys below the prefix', async () => {
  const bucket = await bucketWith();
  const keys = Array.from({ length: 1_005 }, (_, index) => `l/${String(index).padStart(4, '0')}`);
  for (let at = 0; at < keys.length; at += 50)
    await Promise.all(keys.slice(at, at + 50).map((key) => bucket.createText(key, key)));
  expect((await bucket.list('l/')).map(({ key }) => key)).toEqual(keys);
  await bucket.createText('f/a/x', '');
  await bucket.createText('f/b/y', '');
  await bucket.createText('f/z', '');
  expect(await bucket.folders('f/')).toEqual(['a', 'b']);
  expect(await connected('').folders('')).toEqual(['team']);
});

describe('a presigned form', () => {
  const DAY = 86_400;
  const fieldsOf = async (bucket: Bucket, expiresSeconds = 60, maxBytes = 100) => {
    const request = { keyPrefix: 'beacons/l/', maxBytes };
    const { url, forms, ...signer } = await bucket.presignForms({ beacon: request }, expiresSeconds);
    const fields: Record<string, string> = {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': signer.credential,
      'X-Amz-Date': signer.date,
      ...(signer.token !== undefined && { 'X-Amz-Security-Token': signer.token }),
      Policy: forms.beacon.policy,
      'X-Amz-Signature': forms.beacon.signature,
    };
    return { url, fields };
  };
  async function post(url: string, fields: Readonly<Record<string, string>>, key: string, text = 'fine') {
    const form = new FormData();
    for (const [name, value] of Object.entries({ key, ...fields })) form.set(name, value);
    form.set('file', new Blob([text]));
    return (await fetch(url, { method: 'POST', body: form })).status;
  }
  const temporary = (lifeMs: number, token?: string) => {
    const { accessKeyId, secretAccessKey, token: sessionToken, expiration } = cloud.issue(lifeMs, token);
    return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) };
  };

  test('puts objects below its prefix, up to its size, and nothing else', async () => {
    const bucket = await bucketWith();
    const { url, fields } = await fieldsOf(bucket);
    expect(await post(url, fields, 'team/beacons/l/v/i-1/ok.init')).toBe(204);
    expect((await bucket.readText('beacons/l/v/i-1/ok.init'))?.text).toBe('fine');
    expect(await post(url, fields, 'team/beacons/m/v/i-1/ok.init')).toBe(403);
    expect(await post(url, fields, 'team/logs/l/i-1')).toBe(403);
    expect(await post(url, fields, 'team/beacons/l/large', 'x'.repeat(101))).toBe(400);
    expect(await post(url, fields, 'team/beacons/l/empty', '')).toBe(400);
    expect(await post(url, { ...fields, acl: 'public-read' }, 'team/beacons/l/open')).toBe(403);
    expect((await bucket.list('beacons/')).map(({ key }) => key)).toEqual(['beacons/l/v/i-1/ok.init']);
  });

  test('of temporary credentials names their token once, and is good with that token alone', async () => {
    await bucketWith();
    const credentials = temporary(DAY * 1000, 'T'.repeat(1_500));
    const other = temporary(DAY * 1000, 'U'.repeat(1_500));
    const bucket = connected('team/', credentials);
    const { url, fields } = await fieldsOf(bucket);
    expect(JSON.stringify(fields).split(credentials.sessionToken)).toHaveLength(2);
    expect(Buffer.from(fields['Policy'] ?? '', 'base64').toString()).not.toContain('TTT');
    expect(await post(url, fields, 'team/beacons/l/a')).toBe(204);
    const { 'X-Amz-Security-Token': _token, ...without } = fields;
    const wrong = { ...fields, 'X-Amz-Security-Token': other.sessionToken };
    expect([
      await post(url, without, 'team/beacons/l/b'),
      await post(url, wrong, 'team/beacons/l/b'),
    ]).toEqual([400, 400]);
    expect(await bucket.list('beacons/')).toHaveLength(1);
  });

  test('ends when it was asked to, by the clock of S3', async () => {
    const bucket = await bucketWith();
    const { url, fields } = await fieldsOf(bucket, 600);
    (cloud.faults as { clockSkewMs?: number }).clockSkewMs = 590_000;
    expect(await post(url, fields, 'team/beacons/l/in-time')).toBe(204);
    (cloud.faults as { clockSkewMs?: number }).clockSkewMs = 611_000;
    expect(await post(url, fields, 'team/beacons/l/late')).toBe(403);
  });

  test.each([
    ['lasting keys: seven days', undefined, 7 * DAY],
    ['an instance profile’s: six hours', 6 * 3_600_000, 6 * 3_600],
  ])('lives as long as asked, at most as long as %s', async (_what, lifeMs, most) => {
    await bucketWith();
    const bucket = connected('team/', lifeMs === undefined ? undefined : temporary(lifeMs));
    const request = { form: { keyPrefix: 'beacons/', maxBytes: 1 } };
    const lifeOf = async (asked: number) => {
      const signed = await bucket.presignForms(request, asked);
      const { expiration } = JSON.parse(Buffer.from(signed.forms.form.policy, 'base64').toString());
      const date = signed.date.replace(/(....)(..)(.....)(..)(..)/, '$1-$2-$3:$4:$5');
      expect(Date.parse(expiration) - Date.parse(date)).toBe(signed.seconds * 1000);
      return signed.seconds;
    };
    expect(await lifeOf(600)).toBe(600);
    const longest = await lifeOf(30 * DAY);
    expect([longest <= most, longest > most - 60]).toEqual([true, true]);
  });
});

test('a bucket that is polled tells trouble at once', async () => {
  await bucketWith({ s3Errors: { ListObjectsV2: 1 } });
  const { endpoint, credentials } = cloud;
  const target = { region: 'us-east-1', endpoint, credentials };
  const polled = connectBucket(target, { bucket: NAME, prefix: '' }, { polling: true });
  await expect(polled.list('')).rejects.toMatchObject({ code: 'InternalError' });
  expect(await polled.list('')).toEqual([]);
});

test('a presigned URL gives the object to anybody, until it expires', async () => {
  const bucket = await bucketWith();
  await bucket.createText('a é/b', 'for all');
  const { url } = await bucket.presignGet('a é/b', 60);
  expect(await (await fetch(url)).text()).toBe('for all');
  expect((await fetch(url.replace('/b?', '/c?'))).status).toBe(403);
  expect((await fetch(`${url}x`)).status).toBe(403);
  expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
});

describe('uploads', () => {
  const large = randomBytes(70 * MIB + 12_345);
  const path = join(folder, 'archive');
  const file = { path, size: large.length, sha256: sha256(large) };
  beforeAll(() => writeFileSync(path, large));

  test('of a small file: whole, once, with the checksum that S3 verified', async () => {
    const bucket = await bucketWith();
    const small = large.subarray(0, 100_000);
    const one = join(folder, 'small');
    writeFileSync(one, small);
    const described = { path: one, size: small.length, sha256: sha256(small) };
    expect(await bucket.upload('s', described, { contentType: 'application/gzip' })).toBe(true);
    expect(await bucket.upload('s', described)).toBe(false);
    expect(await bucket.head('s')).toMatchObject({
      size: small.length,
      sha256: Buffer.from(sha256(small), 'hex').toString('base64'),
    });
    expect((await collected(await bucket.read('s'))).equals(small)).toBe(true);
    expect(await bucket.head('absent')).toBeUndefined();
    expect(await bucket.read('absent')).toBeUndefined();
  });

  test('of a large file go in parts, and nothing is left behind', async () => {
    const bucket = await bucketWith();
    const progress: number[] = [];
    expect(await bucket.upload('l', file, { onProgress: (sent) => progress.push(sent) })).toBe(true);
    expect(progress.at(-1)).toBe(large.length);
    expect(await bucket.head('l')).toMatchObject({
      size: large.length,
      sha256: expect.stringMatching(/-9$/),
    });
    expect((await collected(await bucket.read('l'))).equals(large)).toBe(true);
    expect(await bucket.upload('l', file)).toBe(false);
    const { Uploads } = await cloud.s3.send(new ListMultipartUploadsCommand({ Bucket: NAME }));
    expect(Uploads).toBeUndefined();
  });

  test('go on where an interrupted one was', async () => {
    const bucket = await bucketWith({ unauthorized: ['CompleteMultipartUpload'] });
    await expect(bucket.upload('l', file)).rejects.toMatchObject({ kind: 'permission' });
    const { Uploads = [] } = await cloud.s3.send(new ListMultipartUploadsCommand({ Bucket: NAME }));
    expect(Uploads).toHaveLength(1);
    // The second run may send no part at all: it is not allowed to.
    (cloud.faults as { unauthorized: string[] }).unauthorized = ['UploadPart'];
    expect(await bucket.upload('l', file)).toBe(true);
    expect((await collected(await bucket.read('l'))).equals(large)).toBe(true);
  });

  test.each<[string, Faults]>([
    ['all parts are', { unauthorized: ['UploadPart'] }],
    ['the upload is', { unauthorized: ['CreateMultipartUpload'] }],
    ['its end is', { unauthorized: ['CompleteMultipartUpload'] }],
  ])('of which %s refused fail, and leave no object', async (_name, faults) => {
    const bucket = await bucketWith(faults);
    await expect(bucket.upload('l', file)).rejects.toMatchObject({
      kind: 'permission',
      code: 'AccessDenied',
    });
    expect(await bucket.head('l')).toBeUndefined();
  });

  test('that are aborted end at once, and go on the next time', async () => {
    const bucket = await bucketWith();
    const abort = new AbortController();
    const first = bucket.upload('l', file, { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(first).rejects.toThrow(/abort/i);
    expect(await bucket.head('l')).toBeUndefined();
    const { Uploads = [] } = await cloud.s3.send(new ListMultipartUploadsCommand({ Bucket: NAME }));
    expect(Uploads).toHaveLength(1);
    expect(await bucket.upload('l', file)).toBe(true);
    expect((await collected(await bucket.read('l'))).equals(large)).toBe(true);
  });

  test.each([
    { s3Errors: { UploadPart: 3, CreateMultipartUpload: 1, CompleteMultipartUpload: 1 } },
    { throttle: { UploadPart: 3, CreateMultipartUpload: 1, CompleteMultipartUpload: 1 } },
    { breakOff: { UploadPart: 3 } },
    { conflicts: { CompleteMultipartUpload: 2 } },
    { dropAnswers: { UploadPart: 3, CreateMultipartUpload: 1, CompleteMultipartUpload: 1 } },
  ] satisfies Faults[])('arrive whole in spite of %j', async (faults) => {
    const bucket = await bucketWith(faults);
    expect(await bucket.upload('l', file)).toBe(true);
    expect((await collected(await bucket.read('l'))).equals(large)).toBe(true);
  });

  test('of a file that isn’t what its manifest tells leave nothing in S3', async () => {
    const bucket = await bucketWith();
    const other = { ...file, sha256: sha256(Buffer.from('other')) };
    const refused = { exit: 'usage', message: expect.stringMatching(/is not what its manifest tells/) };
    await expect(bucket.upload('l', other)).rejects.toMatchObject(refused);
    const cut = join(folder, 'cut');
    writeFileSync(cut, large);
    truncateSync(cut, 66 * MIB);
    await expect(bucket.upload('l', { ...file, path: cut })).rejects.toMatchObject(refused);
    expect(await bucket.head('l')).toBeUndefined();
    const { Uploads } = await cloud.s3.send(new ListMultipartUploadsCommand({ Bucket: NAME }));
    expect(Uploads).toBeUndefined();
  });

  test('two at once give one object', async () => {
    const bucket = await bucketWith();
    const answers = await Promise.all([bucket.upload('l', file), bucket.upload('l', file)]);
    expect(answers).toContain(true);
    expect((await collected(await bucket.read('l'))).equals(large)).toBe(true);
  });
});
