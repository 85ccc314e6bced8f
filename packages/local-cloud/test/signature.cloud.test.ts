import { createHash, createHmac, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal, runOne } from '../../../test/support/ec2-calls.ts';
import { type TestCloud, testCloud, until } from '../../../test/support/local-cloud.ts';
import { holdsAsync } from '../../../test/support/property.ts';
import { scriptedDriver } from '../../../test/support/scripted-boxes.ts';
import { presignedPath, signedHeaders } from '../../../test/support/sign.ts';
import type { Faults } from '../src/faults.ts';
import { scopeText, signingKey } from '../src/signature/canonical.ts';
import { decodeChunked } from '../src/signature/chunked.ts';
import type { TemporaryCredentials } from '../src/signature/keyring.ts';

const Bucket = 'signed-bucket';
const faults: { -readonly [name in keyof Faults]: Faults[name] } = {};
let cloud: TestCloud;
let keys: TemporaryCredentials;

beforeAll(async () => {
  let given: TemporaryCredentials | undefined;
  const driver = scriptedDriver((spec) => {
    given = spec.services.credentials?.();
  });
  cloud = await testCloud({ driver, faults });
  await cloud.s3.send(new CreateBucketCommand({ Bucket }));
  await cloud.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'content' }));
  await runOne(cloud.ec2, { IamInstanceProfile: { Name: 'web' } });
  keys = await until('a machine has its keys', async () => given);
});
afterAll(async () => await cloud[Symbol.asyncDispose]());

interface Raw {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Sends bytes as they are given. @returns status and S3's or EC2's code */
function send({ method, path, headers, body = '' }: Raw): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(cloud.endpoint, { method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? '' }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const host = () => new URL(cloud.endpoint).host;
const sign = (more: Partial<Parameters<typeof signedHeaders>[0]> = {}) => {
  const whole = {
    method: 'GET',
    path: `/${Bucket}/k`,
    host: host(),
    service: 's3',
    credentials: cloud.credentials,
    ...more,
  } as const;
  return { method: whole.method, path: whole.path, headers: signedHeaders(whole), body: whole.body ?? '' };
};

/** The request with one character of it changed. */
function spoilt(
  whole: Raw & { readonly body: string },
  place: string,
  seed: number,
): { changed: Raw; at: number } {
  const text = place === 'path' || place === 'body' ? whole[place] : (whole.headers[place] ?? '');
  // Behind what only names the bucket or the parts of the header.
  const from = { path: Bucket.length + 2, authorization: text.indexOf('Signature=') + 10 }[place] ?? 0;
  const at = from + (seed % (text.length - from));
  const changed = text.slice(0, at) + (text[at] === '7' ? '8' : '7') + text.slice(at + 1);
  const part = place === 'path' || place === 'body' ? { [place]: changed } : {};
  const headers = 'path' in part || 'body' in part ? whole.headers : { ...whole.headers, [place]: changed };
  return { changed: { ...whole, headers, ...part }, at };
}

describe('a signature in the headers', () => {
  test('is accepted as it is, and refused with one character changed anywhere', async () => {
    const body = 'the body that is signed';
    const path = `/${Bucket}/a%20b?x-id=PutObject`;
    const whole = sign({
      method: 'PUT',
      path,
      body,
      headers: { 'content-length': String(body.length), 'x-amz-meta-a': 'b' },
    });
    expect(await send(whole)).toEqual({ status: 200, code: '' });
    const places = ['path', 'body', 'x-amz-date', 'x-amz-meta-a', 'authorization'] as const;
    await holdsAsync(
      fc.asyncProperty(fc.constantFrom(...places), fc.nat(), async (place, seed) => {
        const { changed, at } = spoilt(whole, place, seed);
        const answer = await send(changed);
        expect({ place, at, answer, refused: [400, 401, 403].includes(answer.status) }).toMatchObject({
          refused: true,
        });
      }),
      { numRuns: 60 },
    );
  });

  test.each<[string, () => Raw, string]>([
    ['from long ago', () => sign({ now: Date.now() - 16 * 60_000 }), 'RequestTimeTooSkewed'],
    ['from the future', () => sign({ now: Date.now() + 16 * 60_000 }), 'RequestTimeTooSkewed'],
    [
      'by an unknown key',
      () => sign({ credentials: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' } }),
      'InvalidAccessKeyId',
    ],
    [
      'with a wrong secret',
      () => sign({ credentials: { ...cloud.credentials, secretAccessKey: 'x' } }),
      'SignatureDoesNotMatch',
    ],
    [
      'for another service',
      () => sign({ service: 'ec2', headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      'SignatureDoesNotMatch',
    ],
    ['of temporary keys without their token', () => sign({ credentials: keys }), 'InvalidToken'],
    [
      'of temporary keys with another token',
      () => sign({ credentials: keys, headers: { 'x-amz-security-token': 'x' } }),
      'InvalidToken',
    ],
    [
      'with a token that the key has not',
      () => sign({ headers: { 'x-amz-security-token': 'x' } }),
      'InvalidToken',
    ],
    [
      'without the body’s hash',
      () => ({ ...sign(), headers: withoutHash(sign().headers) }),
      'InvalidRequest',
    ],
  ])('%s is refused', async (_name, raw, code) => {
    expect(await send(raw())).toMatchObject({ code });
  });

  test('a header that could change the request must be signed', async () => {
    const whole = sign();
    const more = { ...whole.headers, 'x-amz-acl': 'public-read' };
    expect(await send({ ...whole, headers: more })).toEqual({ status: 403, code: 'AccessDenied' });
  });

  test('of temporary keys with their token is accepted, by S3 and by EC2', async () => {
    expect(
      await send(sign({ credentials: keys, headers: { 'x-amz-security-token': keys.token } })),
    ).toMatchObject({ status: 200 });
    const ec2 = new EC2Client({
      endpoint: cloud.endpoint,
      region: 'us-east-1',
      credentials: {
        accessKeyId: keys.accessKeyId,
        secretAccessKey: keys.secretAccessKey,
        sessionToken: keys.token,
      },
    });
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toHaveLength(1);
    ec2.destroy();
  });

  test('EC2 says in its own words what is wrong', async () => {
    const wrong = new EC2Client({
      endpoint: cloud.endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { ...cloud.credentials, secretAccessKey: 'wrong' },
    });
    expect(await refusal(wrong.send(new DescribeInstancesCommand({})))).toMatch(
      /^SignatureDoesNotMatch \(403\)/,
    );
    wrong.destroy();
    faults.clockSkewMs = 3_600_000;
    expect(await refusal(cloud.ec2.send(new DescribeInstancesCommand({})))).toMatch(
      /^RequestExpired \(400\)/,
    );
    delete faults.clockSkewMs;
  });
});

const withoutHash = ({ 'x-amz-content-sha256': _hash, ...rest }: Record<string, string>) => rest;

describe('a presigned URL', () => {
  const presign = (expires: number, more = {}) =>
    presignedPath(
      {
        method: 'GET',
        path: `/${Bucket}/k`,
        host: host(),
        service: 's3',
        credentials: cloud.credentials,
        ...more,
      },
      expires,
    );
  const get = (path: string) => send({ method: 'GET', path, headers: { host: host() } });

  test('of the SDK’s own presigner, with keys and with temporary keys', async () => {
    const command = new GetObjectCommand({ Bucket, Key: 'k', ResponseContentType: 'text/x' });
    const { accessKeyId, secretAccessKey, token } = keys;
    const session = { accessKeyId, secretAccessKey, sessionToken: token };
    for (const client of [cloud.s3, cloud.s3Client({ credentials: session })]) {
      const answer = await fetch(await getSignedUrl(client, command, { expiresIn: 60 }));
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
        200,
        'text/x',
        'content',
      ]);
    }
  });

  test('is good until it expires', async () => {
    expect(await get(presign(60))).toMatchObject({ status: 200 });
    expect(await get(presign(60, { now: Date.now() - 59_000 }))).toMatchObject({ status: 200 });
    expect(await get(presign(60, { now: Date.now() - 61_500 }))).toEqual({
      status: 403,
      code: 'AccessDenied',
    });
    expect(await get(presign(60, { now: Date.now() + 3_600_000 }))).toEqual({
      status: 403,
      code: 'AccessDenied',
    });
  });

  test.each([0, -1, 604_801, 1.5])('can not live %s seconds', async (expires) => {
    expect(await get(presign(expires))).toMatchObject({ code: 'AuthorizationHeaderMalformed' });
  });

  test('with one character changed is refused', async () => {
    const url = presign(600);
    await holdsAsync(
      fc.asyncProperty(fc.integer({ min: Bucket.length + 2, max: url.length - 1 }), async (at) => {
        const other = url[at] === '7' ? '8' : '7';
        const answer = await get(url.slice(0, at) + other + url.slice(at + 1));
        expect({ at, url, answer, refused: [400, 401, 403].includes(answer.status) }).toMatchObject({
          refused: true,
        });
      }),
      { numRuns: 80 },
    );
  });

  test('for GET does not allow PUT', async () => {
    const answer = await send({ method: 'PUT', path: presign(60), headers: { host: host() }, body: 'x' });
    expect(answer).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
  });
});

describe('a body in chunks', () => {
  test('of any sizes arrives as it was sent', async () => {
    for (const size of [0, 1, 65_535, 65_536, 1_000_000]) {
      const bytes = randomBytes(size);
      const stream = (async function* () {
        for (let at = 0; at < size; at += 10_007) yield bytes.subarray(at, at + 10_007);
      })();
      const { Readable } = await import('node:stream');
      const Body = Readable.from(size === 0 ? [] : stream);
      await cloud.s3.send(new PutObjectCommand({ Bucket, Key: 'chunks', Body, ContentLength: size }));
      const back = await cloud.s3.send(new GetObjectCommand({ Bucket, Key: 'chunks' }));
      expect(Buffer.from((await back.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
    }
  });

  const chunked = (body: string, more: Record<string, string> = {}) =>
    send(
      sign({
        method: 'PUT',
        path: `/${Bucket}/chunks`,
        headers: {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '5',
          'content-encoding': 'aws-chunked',
          'content-length': String(body.length),
          ...more,
        },
        body,
      }),
    );

  test.each([
    ['whole', '5\r\nhello\r\n0\r\n\r\n', 200, ''],
    ['in two', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 200, ''],
    ['cut off', '5\r\nhel', 400, 'IncompleteBody'],
    ['shorter than it was said to be', '2\r\nhe\r\n0\r\n\r\n', 400, 'IncompleteBody'],
    ['without sizes', 'hello', 400, 'IncompleteBody'],
    ['with a size that is none', 'zz\r\nhello\r\n0\r\n\r\n', 400, 'InvalidRequest'],
    ['with a size that is too small', '4\r\nhello\r\n0\r\n\r\n', 400, 'InvalidRequest'],
  ])('%s', async (_name, body, status, code) => {
    expect(await chunked(body)).toEqual({ status, code });
  });

  test('whose checksum comes behind it is compared with it', async () => {
    const trailer = { 'x-amz-trailer': 'x-amz-checksum-crc32' };
    expect(await chunked('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', trailer)).toMatchObject({
      status: 200,
    });
    expect(await chunked('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', trailer)).toEqual({
      status: 400,
      code: 'BadDigest',
    });
  });
});

describe('a body in signed chunks', () => {
  const time = '20130524T000000Z';
  const scope = { date: '20130524', region: 'us-east-1', service: 's3' };
  const key = signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope);
  const piece = (size: number, signature: string) =>
    `${size.toString(16)};chunk-signature=${signature}\r\n${'a'.repeat(size)}\r\n`;
  async function decoded(text: string, seed: string, trailers: Record<string, string> = {}) {
    let length = 0;
    const body = (async function* () {
      yield Buffer.from(text);
    })();
    for await (const chunk of decodeChunked(body, { key, scope, time, seed }, 66_560, trailers))
      length += chunk.length;
    return length;
  }

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
  test('is the one of AWS’s own example, with a trailer and without', async () => {
    const plain =
      piece(65_536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648') +
      piece(1_024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497') +
      piece(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9');
    const seed = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
    expect(await decoded(plain, seed)).toBe(66_560);
    const trailed =
      piece(65_536, 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2') +
      piece(1_024, '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7') +
      `0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n` +
      'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
      'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n';
    const trailers = {};
    expect(
      await decoded(trailed, '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e', trailers),
    ).toBe(66_560);
    expect(trailers).toEqual({ 'x-amz-checksum-crc32c': 'sOO8/Q==' });
  });

  /** Sends `hello` in two chunks and a trailer; `spoil` changes the body when all is signed. */
  async function sent(spoil: (body: string) => string): Promise<{ status: number; code: string }> {
    // NhCmhg== is its CRC32.
    const trailer = 'x-amz-checksum-crc32:NhCmhg==';
    const headers = {
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'content-encoding': 'aws-chunked',
    };
    const whole = sign({ method: 'PUT', path: `/${Bucket}/signed-chunks`, headers });
    const at = String(whole.headers['x-amz-date']);
    const place = { ...scope, date: at.slice(0, 8) };
    const secret = signingKey(cloud.credentials.secretAccessKey, place);
    const hex = (text: string) => createHash('sha256').update(text).digest('hex');
    const link = (kind: string, ...more: string[]) =>
      createHmac('sha256', secret)
        .update([`AWS4-HMAC-SHA256-${kind}`, at, scopeText(place), ...more].join('\n'))
        .digest('hex');
    let previous = /Signature=(\w+)/.exec(String(whole.headers['authorization']))?.[1] ?? '';
    let body = '';
    for (const text of ['hel', 'lo', '']) {
      previous = link('PAYLOAD', previous, hex(''), hex(text));
      body += `${text.length};chunk-signature=${previous}\r\n${text}${text === '' ? '' : '\r\n'}`;
    }
    body += `${trailer}\r\nx-amz-trailer-signature:${link('TRAILER', previous, hex(`${trailer}\n`))}\r\n\r\n`;
    return await send({ ...whole, body: spoil(body) });
  }

  const swapped = (body: string) => body.replace(/^(3;[\s\S]*?hel\r\n)(2;[\s\S]*?lo\r\n)/, '$2$1');
  test.each<[string, (body: string) => string, number, string]>([
    ['as it was signed', (body) => body, 200, ''],
    ['with other bytes', (body) => body.replace('hel', 'Hel'), 403, 'SignatureDoesNotMatch'],
    ['with its chunks swapped', swapped, 403, 'SignatureDoesNotMatch'],
    ['without a chunk', (body) => body.replace(/^3;[\s\S]*?hel\r\n/, ''), 403, 'SignatureDoesNotMatch'],
    [
      'without a chunk’s signature',
      (body) => body.replace(/^3;chunk-signature=\w+/, '3'),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'with another signature of the end',
      (body) =>
        body.replace(
          /(\n0;chunk-signature=)(\w+)/,
          (_, head, hex) => head + hex.split('').reverse().join(''),
        ),
      403,
      'SignatureDoesNotMatch',
    ],
    ['with another trailer', (body) => body.replace('NhCmhg', 'AAAAAA'), 403, 'SignatureDoesNotMatch'],
    [
      'whose trailer nobody signed',
      (body) => body.replace(/x-amz-trailer-signature:\w+\r\n/, '').replace('NhCmhg', 'AAAAAA'),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'with one more trailer behind the signature',
      (body) => body.replace(/\r\n$/, 'x-amz-checksum-crc32:NhCmhg==\r\n\r\n'),
      400,
      'InvalidRequest',
    ],
    [
      'without the trailer that was announced',
      (body) => body.replace(/x-amz-checksum[\s\S]*$/, '\r\n'),
      400,
      'MalformedTrailerError',
    ],
  ])('%s', async (_name, spoil, status, code) => {
    expect(await sent(spoil)).toEqual({ status, code });
  });
});

test('who signs nothing may only read what is public', async () => {
  const plain = (path: string, method = 'GET') => send({ method, path, headers: { host: host() } });
  expect(await plain(`/${Bucket}/k`)).toEqual({ status: 403, code: 'AccessDenied' });
  expect(await plain(`/${Bucket}?list-type=2`)).toEqual({ status: 403, code: 'AccessDenied' });
  expect(await plain(`/${Bucket}/k`, 'PUT')).toEqual({ status: 403, code: 'AccessDenied' });
  await cloud.s3.send(new PutObjectCommand({ Bucket, Key: 'open', Body: 'x', ACL: 'public-read' }));
  expect(await plain(`/${Bucket}/open`)).toMatchObject({ status: 200 });
  expect(await plain(`/${Bucket}/open`, 'DELETE')).toEqual({ status: 403, code: 'AccessDenied' });
});
