/** How much of user data's 16 KB each scheme takes, with signatures as a launch makes them. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { payloadFor, sendsBeacons, signBeaconForms } from '../../src/actions/artifacts/artifacts.ts';
import { personalityArtifacts } from '../../src/actions/artifacts/personality.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import { boxProgram } from '../../src/files/package-root.ts';
import type { BundleKey, LaunchId, Nonce } from '../../src/model.ts';
import type { PinnedBuild } from '../../src/schemes/personality/payload.ts';
import { startUpPayload } from '../../src/schemes/start-up-bundle/payload.ts';
import { role } from '../launch/roles.ts';
import { bundled } from '../support/artifacts.ts';
import { BUILD } from '../support/builds.ts';

const LAUNCH = '20260102-030405-1f2e3d' as LaunchId;

/** The user data of a launch by somebody whose session token has so many characters; 0: lasting keys. */
async function payload(tokenLength: number, scheme: 'personality' | 'start-up-bundle' = 'start-up-bundle') {
  const sessionToken = randomBytes(tokenLength).toString('base64').slice(0, tokenLength);
  const credentials = {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'x'.repeat(40),
    ...(tokenLength > 0 && { sessionToken }),
  };
  const bucket = connectBucket(
    { region: 'eu-central-1', credentials },
    { bucket: 'shop-rolecall-production', prefix: 'teams/shop/' },
  );
  const nonce = randomBytes(16).toString('hex') as Nonce;
  const draft = { role: role(), launch: LAUNCH, nonce };
  const beacon = await signBeaconForms(LAUNCH, role(), bucket);
  const sha256 = randomBytes(32).toString('hex');
  if (scheme === 'personality') {
    const build = { app: 'shop', tag: 'v1.2.0', archive: 'v1.2.0.tar.gz', sha256 };
    const { url } = await bucket.presignGet('builds/shop/v1.2.0.tar.gz', 604_800);
    const { name, prefix, region } = bucket;
    const pinned = { build, bucket: name, prefix, region, access: 'presigned', url } as PinnedBuild;
    return payloadFor(draft, { ...personalityArtifacts({ build: BUILD, pinned }), beacon });
  }
  const { url } = await bucket.presignGet(`bundles/${LAUNCH}/${sha256}`, 21_600);
  const key = randomBytes(32).toString('hex') as BundleKey;
  const pinned = { url, key, sha256, compression: 'gzip' as const };
  return payloadFor(draft, { ...bundled({ pinned }), beacon });
}

test('the script itself has at most 9,000 bytes', () => {
  const bundle = { url: '', key: '' as BundleKey, sha256: '', compression: 'gzip' as const };
  const { text } = startUpPayload(
    role(),
    { launch: '' as LaunchId, nonce: '' as Nonce, bundle },
    boxProgram('start-up.sh'),
  );
  expect(Buffer.byteLength(text.replace(/^rolecall_launch=[\s\S]*?^\)\n/m, ''))).toBeLessThanOrEqual(9_000);
});

describe('a payload with beacons', () => {
  test('and a session token of 1,500 characters, as OIDC gives, has at most 15 KB', async () => {
    const made = await payload(1_500);
    expect(sendsBeacons(made)).toBe(true);
    expect(made.bytes).toBeLessThanOrEqual(15 * 1_024);
  });

  test('of a personality with a build that a URL gets, and the same token, has less than 6 KB', async () => {
    const made = await payload(1_500, 'personality');
    expect(sendsBeacons(made)).toBe(true);
    expect(made.bytes).toBeLessThan(6 * 1_024);
    expect(sendsBeacons(await payload(6_000, 'personality'))).toBe(true);
  });

  test('has room for a token of 1,900 characters, and for none at all it takes less than 12 KB', async () => {
    expect(sendsBeacons(await payload(1_900))).toBe(true);
    expect((await payload(0)).bytes).toBeLessThan(12 * 1_024);
  });
});
