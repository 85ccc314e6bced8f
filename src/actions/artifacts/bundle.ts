import { join } from 'node:path';
import type { Suspect } from '../../archive/suspects.ts';
import type { Bucket } from '../../aws/ports.ts';
import { newBundleKey } from '../../bundle/cipher.ts';
import { bundleEntries } from '../../bundle/entries.ts';
import { bundleKey, type PublishedBundle, publishBundle, signBundle } from '../../bundle/publish.ts';
import { checkSecrets, type Finding, markOf } from '../../bundle/refuse.ts';
import { BundleScan } from '../../bundle/scan.ts';
import { type SealedFile, sealBundle } from '../../bundle/seal.ts';
import { removeOwnFolder } from '../../files/own-folder.ts';
import { boxProgram } from '../../files/package-root.ts';
import { scratchFolder } from '../../files/scratch.ts';
import type { LaunchId } from '../../model.ts';
import type { PinnedBundle } from '../../schemes/start-up-bundle/payload.ts';
import { sizeText } from '../../text.ts';
import type { Runtime } from '../runtime.ts';
import type { RoleBundle } from './role-bundle.ts';

/** The sealed bundle that all machines of a launch start from. */
export interface BundleArtifact {
  readonly pinned: PinnedBundle;
  readonly sealed: SealedFile;
  /** Absent in a preview, which publishes nothing: its object and its key are not those of any launch. */
  readonly published?: PublishedBundle;
  /** What people should know of the URL's life. */
  readonly notice?: string | undefined;
}

/** The script that becomes the user data of machines with a bundle. */
export const startUpTemplate = (): string => boxProgram('start-up.sh');

/**
 * Packs and seals a role's bundle into a new file.
 * @throws UsageError for what may not be in a bundle; the file is there then, and the caller removes it
 */
export async function sealInto(path: string, bundle: RoleBundle, runtime: Runtime): Promise<SealedFile> {
  const { parts, settings, judging } = bundle;
  const { compression } = settings;
  const scan = new BundleScan(judging.own);
  const work = sealBundle(scan.pass(bundleEntries(parts)), path, { compression, signal: runtime.signal });
  const sealed = await runtime.user.waiting({ doing: 'building the start-up bundle' }, work);
  const { permitted, subject, values } = judging;
  if (permitted !== 'all') checkSecrets([...values, ...placed(scan.suspects, bundle)], permitted, subject);
  return sealed;
}

/**
 * What was found in files, with the settings that brought these into the bundle. A module that a test starts under several
 * names is told once, under its own.
 */
function placed(suspects: readonly Suspect[], { settings, parts }: RoleBundle): Finding[] {
  const findings = suspects.map((suspect): Finding => {
    const [top = '', ...rest] = suspect.path.split('/');
    const started = parts.modules.find(({ as }) => as === top);
    const path = [started?.module.name ?? top, ...rest].join('/');
    return { ...suspect, path, at: markOf(path, settings) };
  });
  return [...new Map(findings.map((finding) => [finding.path, finding])).values()];
}

/** The same in a folder that is gone when `use` has ended. */
async function withSealed<T>(
  bundle: RoleBundle,
  runtime: Runtime,
  use: (sealed: SealedFile) => Promise<T>,
): Promise<T> {
  const folder = await scratchFolder();
  try {
    return await use(await sealInto(join(folder, 'bundle'), bundle, runtime));
  } finally {
    await removeOwnFolder(folder);
  }
}

/** Builds, seals and publishes the bundle of a launch, under a key of its own. */
export const publishArtifact = (
  bundle: RoleBundle,
  launch: LaunchId,
  bucket: Bucket,
  runtime: Runtime,
): Promise<BundleArtifact> =>
  withSealed(bundle, runtime, async (sealed) => {
    const { access, expiresMs } = bundle.settings;
    let sent = 0;
    const onProgress = (bytes: number) => {
      sent = bytes;
    };
    const work = publishBundle(bucket, launch, sealed, {
      access,
      expiresMs,
      onProgress,
      signal: runtime.signal,
    });
    const progress = () => `${sizeText(sent)} of ${sizeText(sealed.size)}`;
    const published = await runtime.user.waiting({ doing: 'publishing the start-up bundle', progress }, work);
    return { sealed, published, pinned: pinnedOf(sealed, published.url), notice: published.notice };
  });

/** Packs and seals a role's bundle, and keeps nothing of it: what is asked for is what it contains. */
const measureBundle = (bundle: RoleBundle, runtime: Runtime): Promise<SealedFile> =>
  withSealed(bundle, runtime, async (sealed) => sealed);

/**
 * What a launch would start from. The URL is really signed, of an object that nobody publishes: a launch seals the bundle
 * anew, so that the object's name and the key are others, and as long.
 */
export async function previewArtifact(
  bundle: RoleBundle,
  launch: LaunchId,
  bucket: Bucket,
  runtime: Runtime,
): Promise<BundleArtifact> {
  const sealed = await measureBundle(bundle, runtime);
  const { url, notice } = await signBundle(bucket, bundleKey(launch, sealed.sha256), bundle.settings);
  const nobodysKey = newBundleKey((size) => Buffer.alloc(size));
  return { sealed, pinned: { ...pinnedOf(sealed, url), key: nobodysKey }, notice };
}

const pinnedOf = ({ key, sha256, compression }: SealedFile, url: string): PinnedBundle => ({
  url,
  key,
  sha256,
  compression,
});
