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

/** A publication under way: what is published, where to, and how. */
export interface Publishing extends PublishFile {
  readonly bucket: Bucket;
  readonly options: PublishOptions;
}

/** @param more of the upload's options. @returns false where there is an archive already */
export async function uploadArchive(
  { bucket, build, path, options }: Publishing,
  more: Pick<UploadOptions, 'replaces'> = {},
): Promise<boolean> {
  const contentType = build.archive.endsWith('.zst') ? 'application/zstd' : 'application/gzip';
  const file = { path, size: build.size, sha256: build.sha256 };
  return await bucket.upload(archiveKey(build), file, { ...options, ...more, contentType });
}
