import type { Bucket } from '../aws/ports.ts';
import { ConflictError } from '../errors.ts';
import type { Build } from '../model.ts';
import { otherBuild } from './conflict.ts';
import { readStoredBuild, type StoredBuild } from './current.ts';
import { partsDigestOf } from './digests.ts';
import { archiveKey, manifestKey, renderManifest } from './manifest.ts';
import { replaceArchive, settle } from './repair.ts';
import { compareStored } from './stored.ts';
import { type Published, type PublishFile, type PublishOptions, uploadArchive } from './upload.ts';

/** How often others may change the build meanwhile. */
const ROUNDS = 3;

/**
 * Publishes a build: the archive first, then the manifest, which makes it visible. Interrupted, the same call goes on. What
 * lies there is compared by its bytes with the archive at hand; a build of which a part is missing or damaged is repaired.
 * @throws ConflictError where the tag has another build; nothing is changed then
 */
export async function publish(
  bucket: Bucket,
  file: PublishFile,
  options: PublishOptions = {},
): Promise<Published> {
  const parts = await partsDigestOf(file.path, file.build.size);
  const ours: PublishFile = {
    path: file.path,
    build: { ...file.build, ...(parts !== undefined && { parts }) },
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const there = await readStoredBuild(bucket, ours.build.app, ours.build.tag);
    const published =
      there === undefined
        ? await publishNew(bucket, ours, options)
        : await publishAgain(bucket, there, ours, options);
    if (published !== undefined) return published;
  }
  throw new ConflictError(
    `somebody else publishes or removes ${bucket.locate(archiveKey(file.build))} at the same time`,
    { hint: 'run the same command again' },
  );
}

async function publishAgain(
  bucket: Bucket,
  there: StoredBuild,
  ours: PublishFile,
  options: PublishOptions,
): Promise<Published | undefined> {
  if (there.build.tarSha256 !== ours.build.tarSha256) throw await otherBuild(bucket, there.build, ours);
  return await settle(bucket, there, ours, options);
}

/** @returns undefined where somebody else published the tag meanwhile */
async function publishNew(
  bucket: Bucket,
  ours: PublishFile,
  options: PublishOptions,
): Promise<Published | undefined> {
  const { build } = ours;
  const create = (made: Build) => bucket.createText(manifestKey(build.app, build.tag), renderManifest(made));
  if (await uploadArchive(bucket, ours, options))
    return (await create(build)) ? { build, outcome: 'created' } : undefined;
  // An archive without a manifest: an earlier publish was interrupted, or another one is at work.
  const stored = await compareStored(bucket, archiveKey(build), build, build.archive);
  if (stored.kind === 'absent') return undefined;
  if (stored.kind === 'identical') return (await create(build)) ? { build, outcome: 'created' } : undefined;
  if (stored.tarSha256 === build.tarSha256) {
    const { parts: _, ...rest } = build;
    const made = { ...rest, sha256: stored.sha256, size: stored.size };
    return (await create(made)) ? { build: made, outcome: 'created' } : undefined;
  }
  // The manifest first: it takes the tag, so that whoever left the archive, and may still be at work, can't claim it any more.
  if (!(await create(build))) return undefined;
  return (await replaceArchive(bucket, ours, stored.etag, options))
    ? { build, outcome: 'repaired' }
    : undefined;
}
