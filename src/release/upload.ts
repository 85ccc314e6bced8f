import type { Bucket, UploadOptions } from '../aws/ports.ts';
import type { Build } from '../model.ts';
import { archiveKey } from './manifest.ts';

/** An archive on this machine, and what its manifest tells. */
export interface PublishFile {
  readonly build: Build;
  readonly path: string;
}

/** How a build came to be whole in the bucket. */
export type PublishOutcome =
  | 'created'
  /** The very same build was there already. */
  | 'present'
  /** Its manifest or its archive was missing or damaged, and was written again. */
  | 'repaired';

/** What publishing came to: the build as it stands in the bucket. */
export interface Published {
  readonly build: Build;
  readonly outcome: PublishOutcome;
}

export type PublishOptions = Pick<UploadOptions, 'onProgress' | 'signal'>;

/** @returns false where there is an archive already */
export const uploadArchive = (
  bucket: Bucket,
  { build, path }: PublishFile,
  options: UploadOptions,
): Promise<boolean> =>
  bucket.upload(
    archiveKey(build),
    { path, size: build.size, sha256: build.sha256 },
    { ...options, contentType: build.archive.endsWith('.zst') ? 'application/zstd' : 'application/gzip' },
  );
