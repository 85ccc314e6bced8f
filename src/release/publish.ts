import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Duplex, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Bucket, UploadOptions } from '../aws/ports.ts';
import { ConflictError } from '../errors.ts';
import type { Build } from '../nouns.ts';
import { readBuild } from './current.ts';
import { archiveKey, manifestKey, renderManifest } from './manifest.ts';
import { checkArchive } from './move.ts';

/** An archive on this machine, and what its manifest tells. */
export interface PublishFile {
  readonly build: Build;
  readonly path: string;
}

/** What publishing came to: the build as it stands in the bucket. */
export interface Published {
  readonly build: Build;
  /** False where the very same build was there already. */
  readonly created: boolean;
}

/**
 * Publishes a build: the archive first, then the manifest, which makes it visible. Interrupted, the same call goes on.
 * @throws ConflictError where the tag has another build; nothing is changed then
 */
export async function publish(
  bucket: Bucket,
  file: PublishFile,
  options: Pick<UploadOptions, 'onProgress' | 'signal'> = {},
): Promise<Published> {
  const { app, tag } = file.build;
  const there = await readBuild(bucket, app, tag);
  if (there !== undefined) return { build: await sameBuild(bucket, there, file.build), created: false };
  const build = await uploadArchive(bucket, file, options);
  if (await bucket.createText(manifestKey(app, tag), renderManifest(build))) return { build, created: true };
  const other = await readBuild(bucket, app, tag);
  if (other === undefined) throw takenAway(bucket, file.build);
  return { build: await sameBuild(bucket, other, file.build), created: false };
}

/** The build that is there, where it is the same as ours. @throws ConflictError */
async function sameBuild(bucket: Bucket, there: Build, ours: Build): Promise<Build> {
  if (there.tarSha256 === ours.tarSha256) {
    await checkArchive(bucket, there);
    return there;
  }
  const made = `commit ${there.commit.slice(0, 12)}${there.dirty ? ' with changes' : ''}, published ${new Date(there.createdAt).toISOString()} by ${there.by}`;
  throw new ConflictError(
    `there is another build ${there.tag} of ${there.app} already (${made}); nothing was changed`,
    {
      hint: 'a build is never overwritten: publish this one under another --tag',
    },
  );
}

/** @returns the build with the archive that lies in the bucket: ours, or one with the same tar inside */
async function uploadArchive(
  bucket: Bucket,
  { build, path }: PublishFile,
  options: UploadOptions,
): Promise<Build> {
  const key = archiveKey(build);
  const { size, sha256 } = build;
  if (await bucket.upload(key, { path, size, sha256 }, { ...options, contentType: contentType(build) }))
    return build;
  // An archive without a manifest: an earlier publish was interrupted, or another one is at work.
  const body = await bucket.read(key);
  if (body === undefined) throw takenAway(bucket, build);
  const found = await digestsOf(body, build);
  if (found.tarSha256 === build.tarSha256) return { ...build, sha256: found.sha256, size: found.size };
  throw new ConflictError(`${bucket.locate(key)} is there without a manifest, and holds another build`, {
    hint: `an interrupted publish left it: choose another --tag, or remove it (aws s3 rm ${bucket.locate(key)}) and publish again`,
  });
}

const contentType = ({ archive }: Build): string =>
  archive.endsWith('.zst') ? 'application/zstd' : 'application/gzip';

const takenAway = (bucket: Bucket, build: Build): ConflictError =>
  new ConflictError(
    `somebody else publishes or removes ${bucket.locate(archiveKey(build))} at the same time`,
    {
      hint: 'run the same command again',
    },
  );

/** Hex digests of an archive and of the tar inside; an archive that can't be unpacked has no tar. */
async function digestsOf(
  body: Readable,
  { archive }: Build,
): Promise<{ readonly sha256: string; readonly size: number; readonly tarSha256: string | undefined }> {
  const [outside, inside] = [createHash('sha256'), createHash('sha256')];
  let size = 0;
  const unpacker = archive.endsWith('.zst') ? unzstd() : createGunzip();
  const unpacked = (async () => {
    for await (const chunk of unpacker) inside.update(chunk as Buffer);
    return inside.digest('hex');
  })().catch(() => undefined);
  for await (const chunk of body) {
    outside.update(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (!unpacker.destroyed && !unpacker.write(chunk)) await drained(unpacker);
  }
  unpacker.end();
  return { sha256: outside.digest('hex'), size, tarSha256: await unpacked };
}

const drained = (stream: Duplex): Promise<void> =>
  new Promise((resolve) => {
    stream
      .once('drain', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
  });

function unzstd(): Duplex {
  const { stdin, stdout } = spawn('zstd', ['--quiet', '--decompress', '--stdout'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return Duplex.from({ writable: stdin, readable: stdout });
}
