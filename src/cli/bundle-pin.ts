import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bucket } from '../aws/ports.ts';
import { newBundleKey } from '../bundle/cipher.ts';
import { bundleEntries } from '../bundle/entries.ts';
import { bundleKey, type PublishedBundle, publishBundle } from '../bundle/publish.ts';
import { type SealedFile, sealBundle } from '../bundle/seal.ts';
import type { Role } from '../catalogue/role.ts';
import { removeOwnFolder } from '../io/own-folder.ts';
import { packageRoot } from '../io/package-root.ts';
import { scratchFolder } from '../io/scratch.ts';
import { waiting } from '../io/waiting.ts';
import type { LaunchId } from '../nouns.ts';
import type { PinnedBundle } from '../payload/start-up.ts';
import { sizeText } from '../report/release.ts';
import type { Host } from './host.ts';
import type { RoleBundle } from './role-bundle.ts';

/** The sealed bundle that all machines of a launch start from. */
export interface BundlePin {
  readonly pinned: PinnedBundle;
  readonly sealed: SealedFile;
  /** Absent where nothing was published: then URL and key are not those of any launch. */
  readonly published?: PublishedBundle;
}

/** The script that becomes the user data of machines with a bundle. */
export const startUpTemplate = (): string =>
  readFileSync(join(packageRoot(), 'templates/start-up.sh'), 'utf8');

/** Packs and seals a role's bundle into a new file. */
export async function sealInto(
  path: string,
  { parts, settings }: RoleBundle,
  host: Host,
): Promise<SealedFile> {
  const { compression } = settings;
  const work = sealBundle(bundleEntries(parts), path, { compression, signal: host.signal });
  return await waiting(host, { doing: 'building the start-up bundle' }, work);
}

/** The same in a folder that is gone when `use` has ended. */
async function withSealed<T>(
  bundle: RoleBundle,
  host: Host,
  use: (sealed: SealedFile) => Promise<T>,
): Promise<T> {
  const folder = await scratchFolder();
  try {
    return await use(await sealInto(join(folder, 'bundle'), bundle, host));
  } finally {
    await removeOwnFolder(folder);
  }
}

/** Builds, seals and publishes the bundle of a launch, under a key of its own. */
export const pinBundle = (
  bundle: RoleBundle,
  launch: LaunchId,
  bucket: Bucket,
  host: Host,
): Promise<BundlePin> =>
  withSealed(bundle, host, async (sealed) => {
    const { access, expiresMs } = bundle.settings;
    let sent = 0;
    const onProgress = (bytes: number) => {
      sent = bytes;
    };
    const work = publishBundle(bucket, launch, sealed, {
      access,
      expiresMs,
      onProgress,
      signal: host.signal,
    });
    const progress = () => `${sizeText(sent)} of ${sizeText(sealed.size)}`;
    const published = await waiting(host, { doing: 'publishing the start-up bundle', progress }, work);
    return { sealed, published, pinned: pinnedOf(sealed, published.url) };
  });

/** What a launch would start from, with a URL of about the real one's length; nothing is published. */
export const previewBundle = (
  bundle: RoleBundle,
  launch: LaunchId,
  { bucket = '', prefix, region }: Role,
  host: Host,
): Promise<BundlePin> =>
  withSealed(bundle, host, async (sealed) => {
    const object = `https://${bucket}.s3.${region}.amazonaws.com/${prefix}${bundleKey(launch, sealed.sha256)}`;
    const url =
      bundle.settings.access === 'public'
        ? object
        : `${object}?${unsignedQuery(region, bundle.settings.expiresMs)}`;
    // Not the key of the file that was just sealed: that one is gone.
    return { sealed, pinned: { ...pinnedOf(sealed, url), key: newBundleKey((size) => Buffer.alloc(size)) } };
  });

/** As the SDK presigns, with permanent keys: temporary ones add a token, of which nobody knows the length before. */
const unsignedQuery = (region: string, expiresMs: number): string =>
  [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    'X-Amz-Content-Sha256=UNSIGNED-PAYLOAD',
    `X-Amz-Credential=${'made-at-launch'.padEnd(20, '-')}%2F20260101%2F${region}%2Fs3%2Faws4_request`,
    'X-Amz-Date=20260101T000000Z',
    `X-Amz-Expires=${Math.floor(expiresMs / 1000)}`,
    `X-Amz-Signature=${'0'.repeat(64)}`,
    'X-Amz-SignedHeaders=host',
    'x-id=GetObject',
  ].join('&');

const pinnedOf = ({ key, sha256, compression }: SealedFile, url: string): PinnedBundle => ({
  url,
  key,
  sha256,
  compression,
});
