import { describe, expect, test } from '@jest/globals';
import { payloadsOf, signBeaconForms } from '../../../src/actions/artifacts/artifacts.ts';
import { personalityArtifacts } from '../../../src/actions/artifacts/personality.ts';
import { connectBucket } from '../../../src/aws/s3.ts';
import type { LaunchId, Nonce } from '../../../src/model.ts';
import type { PinnedBeacon } from '../../../src/schemes/beacon.ts';
import { role } from '../../launch/roles.ts';
import { bundled } from '../../support/artifacts.ts';

// Signing asks nothing of S3.
const bucket = connectBucket(
  { region: 'us-east-1', credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'example' } },
  { bucket: 'shop-rolecall', prefix: '' },
  {},
);
const NOW = Date.now();
const PLAIN = personalityArtifacts();
const draft = { role: role(), launch: 'l-1' as LaunchId, nonce: '0'.repeat(32) as Nonce };
const FIRST_URL = 'https://shop-rolecall.s3.us-east-1.amazonaws.com/bundles/l-1?first';

/** A bundle whose URL ends then, epoch milliseconds. */
const bundleUntil = (expiresAt: number | undefined) =>
  bundled({
    pinned: { url: FIRST_URL, key: 'c'.repeat(64) as never, sha256: 'd'.repeat(64), compression: 'gzip' },
    published: { key: 'bundles/l-1', expiresAt } as never,
  });

const urlOf = (text: string) => /^rolecall_bundle_url='([^']*)'/m.exec(text)?.[1];
const policyOf = (text: string) =>
  Buffer.from(/^rolecall_beacon_policy='?([^'\n]*)/m.exec(text)?.[1] ?? '', 'base64').toString('utf8');

describe('the payload of a batch', () => {
  test.each([
    ['whose URL is good for hours', NOW + 7_200_000, 'kept'],
    ['whose URL ends within the hour', NOW + 1_800_000, 'signed anew'],
    ['whose URL needs no signature', undefined, 'kept'],
  ])('%s', async (_what, expiresAt, becomes) => {
    const payloads = payloadsOf(draft, bundleUntil(expiresAt), bucket, { now: () => NOW });
    const url = urlOf((await payloads()).text);
    if (becomes === 'kept') expect(url).toBe(FIRST_URL);
    else
      expect(url).toMatch(
        /^https:\/\/shop-rolecall\.s3\.us-east-1\.amazonaws\.com\/bundles\/l-1\?.*X-Amz-Signature=/,
      );
  });

  test('has forms that are signed when it is made, whatever the plan was shown with', async () => {
    const { notice: _none, pinned } = await signBeaconForms(draft.launch, draft.role, bucket);
    const stale = { pinned: { ...(pinned as PinnedBeacon), policy: 'c3RhbGU=', signature: 'b'.repeat(64) } };
    const { text } = await payloadsOf(draft, { ...PLAIN, beacon: stale }, bucket, { now: () => NOW })();
    expect(text).not.toContain('c3RhbGU=');
    expect(policyOf(text)).toContain('"starts-with","$key","beacons/l-1/"');
  });

  test.each([
    ['a minute', 60_000],
    ['ten minutes', 600_000],
    ['six hours', 6 * 3_600_000],
  ])('has forms that end half an hour after a timeout of %s', async (_what, timeoutMs) => {
    const beacon = await signBeaconForms(draft.launch, { timeoutMs }, bucket);
    const own = { ...draft, role: role({}, { timeoutMs }) };
    const before = Date.now();
    const { text } = await payloadsOf(own, { ...PLAIN, beacon }, bucket, { now: () => NOW })();
    const ends = Date.parse(JSON.parse(policyOf(text)).expiration);
    // Written in whole seconds.
    expect(ends).toBeGreaterThanOrEqual(before + timeoutMs + 1_800_000 - 1_000);
    expect(ends).toBeLessThanOrEqual(Date.now() + timeoutMs + 1_800_000);
  });

  test('of another launch, whose open batch is settled, has forms of that launch', async () => {
    const beacon = await signBeaconForms(draft.launch, draft.role, bucket);
    const other = { ...draft, launch: 'l-2' as LaunchId };
    const { text } = await payloadsOf(other, { ...PLAIN, beacon }, bucket, { now: () => NOW })();
    expect(policyOf(text)).toContain('beacons/l-2/');
  });

  test('without a bucket it is always the same', async () => {
    const payloads = payloadsOf(draft, PLAIN, undefined, { now: () => NOW });
    expect((await payloads()).text).toBe((await payloads()).text);
  });
});

describe('people are told of beacons', () => {
  const signedBy = (more: { sessionToken?: string; expiration?: Date }) =>
    connectBucket(
      { region: 'us-east-1', credentials: { accessKeyId: 'ASIA', secretAccessKey: 'example', ...more } },
      { bucket: 'shop-rolecall', prefix: '' },
    );
  const minutes = (count: number) => new Date(Date.now() + count * 60_000);

  test.each<[string, number | undefined, RegExp | undefined]>([
    ['that outlive the timeout', undefined, undefined],
    ['that lose only their margin', 15, undefined],
    ['that end before the timeout, with the credentials', 5, /^beacons end at 20.*before the timeout/],
  ])('%s', async (_what, left, notice) => {
    const expiration = left === undefined ? {} : { expiration: minutes(left) };
    const pin = await signBeaconForms(
      draft.launch,
      { timeoutMs: 600_000 },
      signedBy({ sessionToken: 'VA==', ...expiration }),
    );
    expect(pin.pinned).toMatchObject({ token: 'VA==' });
    if (notice === undefined) expect(pin.notice).toBeUndefined();
    else expect(pin.notice).toMatch(notice);
  });

  test('that no payload may hold, since the box would refuse it whole', async () => {
    const pin = await signBeaconForms(draft.launch, draft.role, signedBy({ sessionToken: 'no base64!' }));
    expect(pin).toEqual({ notice: expect.stringMatching(/^no beacons.*rolecall_beacon_token/) });
  });
});
