import type { Bucket } from '../aws/ports.ts';
import { AwsError, ConflictError } from '../errors.ts';
import type { Build } from '../model.ts';
import type { StoredBuild } from './current.ts';
import { archiveKey, manifestKey, renderManifest } from './manifest.ts';
import { compareStored, type StoredArchive } from './stored.ts';
import { type Published, type Publishing, uploadArchive } from './upload.ts';

/**
 * Makes sure that a build whose manifest tells our tar is whole, by the bytes of its archive, and repairs it where it isn't.
 * @returns undefined where somebody else changed it meanwhile
 * @throws ConflictError where archive and manifest agree on a build that isn't ours
 */
export async function settle(there: StoredBuild, ours: Publishing): Promise<Published | undefined> {
  const { bucket } = ours;
  const { build } = there;
  const stored = await compareStored(bucket, build, ours.build);
  const holdsOurs =
    stored.kind === 'identical' || (stored.kind === 'different' && stored.tarSha256 === ours.build.tarSha256);
  if (holdsOurs) {
    const now = describedBy(stored, build.archive, ours.build);
    return isDescribed(build, now) ? { build, outcome: 'present' } : await describe(bucket, there, now);
  }
  // An archive that is not what its manifest tells is deployed by no machine: it may be replaced.
  if (stored.kind === 'different' && stored.sha256 === build.sha256)
    throw forged(bucket, build, stored.tarSha256);
  const inTheWay =
    stored.kind === 'different' && build.archive === ours.build.archive ? stored.etag : undefined;
  return (await placeArchive(ours, inTheWay)) ? await describe(bucket, there, ours.build) : undefined;
}

/** The manifest of an archive that holds our tar, in whatever compression. */
export function describedBy(stored: StoredArchive, archive: string, ours: Build): Build {
  if (stored.kind !== 'different') return { ...ours, archive };
  const { parts: _, ...facts } = ours;
  return { ...facts, archive, sha256: stored.sha256, size: stored.size };
}

const isDescribed = (there: Build, now: Build): boolean =>
  there.archive === now.archive && there.sha256 === now.sha256 && there.size === now.size;

/**
 * Puts our archive under its own name.
 * @param inTheWay ETag of what is known to lie there, and is to be replaced
 * @returns false where somebody else changed it meanwhile
 */
async function placeArchive(ours: Publishing, inTheWay: string | undefined): Promise<boolean> {
  if (inTheWay !== undefined) return await replaceArchive(ours, inTheWay);
  if (await uploadArchive(ours)) return true;
  const found = await compareStored(ours.bucket, ours.build);
  if (found.kind === 'different') return await replaceArchive(ours, found.etag);
  return found.kind === 'identical';
}

/** Writes the manifest of the archive that is there now, where it tells another one. */
async function describe(
  bucket: Bucket,
  { build, etag }: StoredBuild,
  now: Build,
): Promise<Published | undefined> {
  if (isDescribed(build, now)) return { build, outcome: 'repaired' };
  const key = manifestKey(now.app, now.tag);
  const replaced = await orForbidden(bucket, key, () => bucket.replaceText(key, renderManifest(now), etag));
  return replaced === undefined ? undefined : { build: now, outcome: 'repaired' };
}

/**
 * Puts our archive in place of one that no manifest tells.
 * @returns false where somebody else replaced or removed it meanwhile
 */
export const replaceArchive = (ours: Publishing, etag: string): Promise<boolean> =>
  orForbidden(ours.bucket, archiveKey(ours.build), () => uploadArchive(ours, { replaces: etag }));

/** A write-once policy of the bucket forbids replacing, and leaves the repair to somebody who may delete. */
async function orForbidden<T>(bucket: Bucket, key: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof AwsError && error.kind === 'permission')) throw error;
    throw new AwsError(`${bucket.locate(key)} is damaged, and these credentials may not replace it`, {
      kind: 'permission',
      code: error.code,
      hint: `two readings agree on that: where a write-once policy protects the bucket, have its administrator remove that object, then run the same command again, which uploads it anew`,
      cause: error,
    });
  }
}

const forged = (bucket: Bucket, { app, tag, archive, tarSha256 }: Build, found: string | undefined) =>
  new ConflictError(
    [
      `${bucket.locate(archiveKey({ app, archive }))} holds another tar than the manifest of ${app} ${tag} tells; nothing was changed`,
      `  SHA-256 by the manifest, and of this build: ${tarSha256}`,
      `  SHA-256 of the tar in the bucket:           ${found ?? 'none: it can not be unpacked'}`,
    ].join('\n'),
    {
      hint: 'somebody with write access to the bucket replaced it: look at its versions, and protect the bucket (docs/aws.md)',
    },
  );
