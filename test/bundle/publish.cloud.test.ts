import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import { bundleKey, type PublishOptions, publishBundle } from '../../src/bundle/publish.ts';
import { type SealedFile, sealBundle } from '../../src/bundle/seal.ts';
import type { LaunchId } from '../../src/model.ts';
import { type TestCloud, testCloud } from '../support/local-cloud.ts';
import { entriesOf, fileEntry, KEY, newFolder, refusal } from './support.ts';

const BUCKET = 'bundle-rolecall';
const LAUNCH = 'launch-1' as LaunchId;
const NOW = Date.now();
const signal = new AbortController().signal;

let folder: string;
let cloud: TestCloud;
let sealed: SealedFile;
beforeEach(async () => {
  folder = newFolder();
  cloud = await testCloud();
  await cloud.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  sealed = await sealBundle(
    entriesOf(fileEntry('start-up-bundle/a/start-up.sh', 'true\n')),
    join(folder, 'b'),
    {
      compression: 'gzip',
      key: KEY,
      signal,
    },
  );
});
afterEach(async () => {
  await cloud[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Credentials as the SDK gets them from a profile, a role or a CI job. */
interface More {
  readonly expiration?: Date;
  readonly sessionToken?: string;
}

function bucketOf(more: More = {}, endpoint = cloud.endpoint) {
  const credentials = { ...cloud.credentials, ...more };
  const clock = { now: () => NOW, monotonic: () => 0, sleep: async () => undefined };
  return connectBucket(
    { region: 'us-east-1', endpoint, credentials },
    { bucket: BUCKET, prefix: 'team/' },
    { clock },
  );
}

const publish = (options: Partial<PublishOptions> = {}, more: More = {}) =>
  publishBundle(bucketOf(more), LAUNCH, sealed, {
    access: 'presigned',
    expiresMs: 21_600_000,
    signal,
    ...options,
  });

const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000);
const iso = (seconds: number) => inSeconds(seconds).toISOString();

describe('a published bundle', () => {
  test('lies at bundles/LAUNCH/SHA-256, and its URL gets it without credentials, for as long as asked', async () => {
    let sent = 0;
    const published = await publish({ onProgress: (bytes) => (sent = bytes) });
    expect(published).toEqual({
      key: `bundles/${LAUNCH}/${sealed.sha256}`,
      url: expect.stringMatching(
        new RegExp(`/team/bundles/${LAUNCH}/${sealed.sha256}\\?.*X-Amz-Expires=21600&`),
      ),
      expiresAt: NOW + 21_600_000,
    });
    expect(sent).toBe(sealed.size);
    const got = Buffer.from(await (await fetch(published.url)).arrayBuffer());
    expect(got.equals(readFileSync(sealed.path))).toBe(true);
    expect((await fetch(published.url.split('?')[0] ?? '')).status).toBe(403);
  });

  test('is published again under the same key without harm', async () => {
    expect((await publish()).key).toBe((await publish()).key);
  });

  test('has a URL that ends with its credentials, and says so', async () => {
    const { expiresAt, notice } = await publish({}, { expiration: inSeconds(3600) });
    expect(expiresAt).toBe(NOW + 3_600_000);
    expect(notice).toBe(
      `the bundle's URL ends with the credentials that signed it, at ${iso(3600)}, before the 21600 s that were asked for`,
    );
    expect((await publish({ expiresMs: 3_000_000 }, { expiration: inSeconds(3600) })).notice).toBeUndefined();
  });

  test('has a URL of which nobody knows when its credentials end, and says so', async () => {
    const key = bundleKey(LAUNCH, sealed.sha256);
    expect(await bucketOf({ sessionToken: 'x' }).presignGet(key, 60)).toMatchObject({ uncertain: true });
    const known = { sessionToken: 'x', expiration: inSeconds(3600) };
    expect(await bucketOf(known).presignGet(key, 60)).toMatchObject({ uncertain: false });
    // The local cloud takes no such token, so the URL is one of its own.
    const bucket = bucketOf();
    const uncertain: Bucket = {
      ...bucket,
      presignGet: async (...asked) => ({ ...(await bucket.presignGet(...asked)), uncertain: true }),
    };
    const { notice } = await publishBundle(uncertain, LAUNCH, sealed, {
      access: 'presigned',
      expiresMs: 3_600_000,
      signal,
    });
    expect(notice).toMatch(/^the bundle's URL ends with the credentials that signed it; these are temporary/);
  });

  test('is for everybody where that is asked for, and the bucket is open', async () => {
    await cloud.s3.send(new CreateBucketCommand({ Bucket: 'open-rolecall', ACL: 'public-read' }));
    const bucket = connectBucket(
      { region: 'us-east-1', endpoint: cloud.endpoint, credentials: cloud.credentials },
      { bucket: 'open-rolecall', prefix: '' },
    );
    const published = await publishBundle(bucket, LAUNCH, sealed, {
      access: 'public',
      expiresMs: 1000,
      signal,
    });
    expect(published).toEqual({
      key: bundleKey(LAUNCH, sealed.sha256),
      url: `${cloud.endpoint}/open-rolecall/bundles/${LAUNCH}/${sealed.sha256}`,
    });
    expect((await fetch(published.url)).status).toBe(200);
  });

  test('says what a short life means, where it was asked for', async () => {
    const { expiresAt, notice } = await publish({ expiresMs: 60_000 });
    expect([expiresAt, notice]).toEqual([
      NOW + 60_000,
      "the bundle's URL is good for 60 s only: a machine that boots later fails at bundle.fetch",
    ]);
  });
});

describe('no bundle is published', () => {
  test('by credentials that end before a machine has booted', async () => {
    expect(await refusal(publish({}, { expiration: inSeconds(200) }))).toBe(
      `aws: the credentials end at ${iso(200)}, and the bundle's URL with them: machines would find it expired\n` +
        'renew the credentials (log in again), then launch',
    );
    expect(await refusal(publish({}, { expiration: inSeconds(-5) }))).toMatch(/^aws: /);
  });

  test('for everybody in a bucket that isn’t open; nothing is said of its key', async () => {
    const said = await refusal(publish({ access: 'public' }));
    expect(said).toMatch(
      /^aws: the bucket bundle-rolecall doesn't let everybody read bundles\/launch-1\/[0-9a-f]{64}: 403 AccessDenied/,
    );
    expect(said).toContain('team/bundles/* (docs/aws.md)');
    expect(said).not.toContain(KEY);
  });

  test('where its URL is refused: the signature is told to nobody', async () => {
    const bucket = bucketOf();
    const stranger = {
      ...bucket,
      presignGet: async (key: string, seconds: number) => {
        const signed = await bucket.presignGet(key, seconds);
        return { ...signed, url: signed.url.replace(/Signature=./, 'Signature=g') };
      },
    };
    const said = await refusal(
      publishBundle(stranger, LAUNCH, sealed, { access: 'presigned', expiresMs: 3_600_000, signal }),
    );
    expect(said).toMatch(
      /^aws: the URL of the bundle s3:\/\/bundle-rolecall\/team\/bundles\/.* is refused: 403 SignatureDoesNotMatch/,
    );
    expect(said).not.toMatch(/X-Amz|Signature=/);
  });
});
