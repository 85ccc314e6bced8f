import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type TestCloud, testCloud } from '../../support/local-cloud.ts';
import { FAULTS } from './fault.ts';
import { FaultProxy } from './proxy.ts';

const Bucket = 'proxied';
let cloud: TestCloud;
let proxy: FaultProxy;
let s3: S3Client;

beforeAll(async () => {
  cloud = await testCloud();
  proxy = await FaultProxy.start({ endpoint: cloud.endpoint, keys: cloud.credentials });
  s3 = new S3Client({
    ...{ endpoint: proxy.endpoint, region: 'us-east-1', credentials: cloud.credentials },
    ...{ forcePathStyle: true, maxAttempts: 1, responseChecksumValidation: 'WHEN_REQUIRED' },
  });
  await cloud.s3.send(new CreateBucketCommand({ Bucket }));
});
beforeEach(() => proxy.arm());
afterAll(async () => {
  s3.destroy();
  await proxy.close();
  await cloud[Symbol.asyncDispose]();
});

const fault = (name: string) => FAULTS.find((each) => each.name === name) ?? FAULTS[0];
const strike = (operation: string, name: string, from = 1) => {
  const found = fault(name);
  if (found === undefined) throw new Error('there are no faults');
  proxy.arm({ operation, fault: found, from, times: 1, seed: 'test' });
};
/** Writes an object through the proxy. @returns whether the client was content */
const put = (Key: string): Promise<boolean> =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: 'a text of some length' })).then(
    () => true,
    () => false,
  );
const stored = (Key: string): Promise<boolean> =>
  cloud.s3.send(new GetObjectCommand({ Bucket, Key })).then(
    async ({ Body }) => (await Body?.transformToString()) === 'a text of some length',
    () => false,
  );

test.each(FAULTS.map(({ name, delivered }) => [name, delivered] as const))(
  '%s: the request reaches the upstream %i times',
  async (name, delivered) => {
    const key = name.replaceAll(/\W/g, '-');
    const before = await requests('PutObject');
    strike('PutObject', name);
    const silent = new AbortController();
    proxy.watcher = (_operation, _ordinal, stage) => {
      // Where nothing more ever comes, nobody waits for it.
      if (stage === 'answered' && name.startsWith('stalled')) silent.abort();
    };
    const command = new PutObjectCommand({ Bucket, Key: key, Body: 'a text of some length' });
    await s3.send(command, { abortSignal: silent.signal }).catch(() => undefined);
    expect(proxy.struck).toBe(1);
    expect((await requests('PutObject')) - before).toBe(delivered);
    expect(await stored(key)).toBe(delivered > 0);
  },
);

/** How many requests of an operation the cloud has had. */
async function requests(operation: string): Promise<number> {
  const { s3: counts } = (await cloud.control('GET', 'requests')).json as {
    s3: Record<string, { requests: number }>;
  };
  return counts[operation]?.requests ?? 0;
}

test('only the request that is meant is struck; all others pass', async () => {
  strike('PutObject', 'reset before', 2);
  expect([await put('one'), await put('two'), await put('three')]).toEqual([true, false, true]);
  expect([await stored('one'), await stored('two'), await stored('three')]).toEqual([true, false, true]);
});

test('a damaged body arrives damaged, once', async () => {
  await put('whole');
  const read = async () => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'whole' }));
    return await Body?.transformToString();
  };
  strike('GetObject', 'flipped bit');
  expect(await read()).not.toBe('a text of some length');
  strike('GetObject', 'truncated body');
  await expect(read()).rejects.toThrow();
  expect(await read()).toBe('a text of some length');
});

test('a clock that is an hour ahead refuses what is signed by ours, with its own date', async () => {
  proxy.skewMs = 3_600_000;
  const refused = await s3
    .send(new PutObjectCommand({ Bucket, Key: 'late', Body: 'x' }))
    .catch((error) => error);
  expect(refused).toMatchObject({ name: 'RequestTimeTooSkewed' });
  expect(Date.parse(refused.$response.headers.date) - Date.now()).toBeGreaterThan(3_500_000);
});
