import { describe, expect, test } from '@jest/globals';
import { connectBucket } from '../../src/aws/s3.ts';
import { pinBeacon } from '../../src/cli/beacon-pin.ts';
import type { BundlePin } from '../../src/cli/bundle-pin.ts';
import { payloadsOf } from '../../src/cli/payloads.ts';
import type { LaunchId, Nonce } from '../../src/nouns.ts';
import { role } from '../launch/roles.ts';

// Signing asks nothing of S3.
const bucket = connectBucket(
  { region: 'us-east-1', credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'example' } },
  { bucket: 'shop-rolecall', prefix: '' },
  {},
);
const NOW = Date.now();
const draft = { role: role(), launch: 'l-1' as LaunchId, nonce: '0'.repeat(32) as Nonce, isNew: true };
const FIRST_URL = 'https://shop-rolecall.s3.us-east-1.amazonaws.com/bundles/l-1?first';

/** A bundle whose URL ends then, epoch milliseconds. */
const bundleUntil = (expiresAt: number | undefined): BundlePin => ({
  pinned: { url: FIRST_URL, key: 'c'.repeat(64) as never, sha256: 'd'.repeat(64), compression: 'gzip' },
  sealed: {} as never,
  published: { key: 'bundles/l-1', expiresAt } as never,
});

const urlOf = (text: string) => /^rolecall_bundle_url='([^']*)'/m.exec(text)?.[1];
const beaconDate = (text: string) => /^rolecall_beacon_policy='?([^'\n]*)/m.exec(text)?.[1];

describe('the payload of a batch', () => {
  test.each([
    ['the first, though its URL ends soon', 1, NOW + 60_000, 'kept'],
    ['a later one whose URL is good for hours', 2, NOW + 7_200_000, 'kept'],
    ['a later one whose URL ends within the hour', 2, NOW + 1_800_000, 'signed anew'],
    ['a later one whose URL needs no signature', 2, undefined, 'kept'],
  ])('%s', async (_what, batch, expiresAt, becomes) => {
    const payloads = payloadsOf(draft, { bundle: bundleUntil(expiresAt) }, bucket, { now: () => NOW });
    const url = urlOf((await payloads(batch)).text);
    if (becomes === 'kept') expect(url).toBe(FIRST_URL);
    else
      expect(url).toMatch(
        /^https:\/\/shop-rolecall\.s3\.us-east-1\.amazonaws\.com\/bundles\/l-1\?.*X-Amz-Signature=/,
      );
  });

  test('has forms for beacons of its own, so that they are good for long after it', async () => {
    const beacon = await pinBeacon(draft.launch, bucket);
    const signedAt = Date.now();
    const payloads = payloadsOf(draft, { beacon }, bucket, { now: () => NOW });
    const [first, again] = [(await payloads(1)).text, (await payloads(1)).text];
    expect(again).toBe(first);
    expect(first).toContain(beacon.pinned?.policy);
    // Signed a second later, the form's time runs longer.
    while (Math.floor(Date.now() / 1000) === Math.floor(signedAt / 1000)) await new Promise(setImmediate);
    const later = (await payloads(2)).text;
    expect(beaconDate(later)).toMatch(/./);
    expect(beaconDate(later)).not.toBe(beaconDate(first));
  });

  test('of another launch, whose open batch is settled, has forms of that launch from the first on', async () => {
    const beacon = await pinBeacon(draft.launch, bucket);
    const other = { ...draft, launch: 'l-2' as LaunchId, isNew: false };
    const { text } = await payloadsOf(other, { beacon }, bucket, { now: () => NOW })(1);
    const policy = Buffer.from(beaconDate(text) ?? '', 'base64').toString('utf8');
    expect(policy).toContain('beacons/l-2/');
  });

  test('without a bucket it is always the same', async () => {
    const payloads = payloadsOf(draft, {}, undefined, { now: () => NOW });
    expect((await payloads(2)).text).toBe((await payloads(1)).text);
  });
});
