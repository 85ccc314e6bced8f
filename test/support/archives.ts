import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import type { Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import type { Build, PathName } from '../../src/model.ts';
import { renderManifest } from '../../src/release/manifest.ts';
import { renderPointer } from '../../src/release/pointer.ts';
import { BUILD } from './builds.ts';
import type { TestCloud } from './local-cloud.ts';

/** A member of an archive: its header, and a file's text. */
export type Member = Partial<Header> & { readonly name: string } & { readonly text?: string };

/** tar-stream's default is the time of day, which would make two tars of the same members differ. */
const TIME = new Date('2000-01-01T00:00:00Z');

/** A tar with exactly these members, hostile ones too. */
export async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  for (const { text, ...header } of members) tar.entry({ mode: 0o644, mtime: TIME, ...header }, text ?? '');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The bucket of a test's cloud; region us-east-1. */
export function bucketOf(cloud: TestCloud, bucket = 'shop-rolecall', prefix = ''): Bucket {
  const { endpoint, credentials } = cloud;
  return connectBucket({ region: 'us-east-1', endpoint, credentials }, { bucket, prefix });
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Stores a build of these members: archive and manifest. @returns what the manifest tells */
export async function storeBuild(
  bucket: Bucket,
  tag: string,
  members: readonly Member[],
  put: (key: string, bytes: Buffer) => Promise<unknown>,
): Promise<Build> {
  const tar = await tarOf(members);
  const archive = gzipSync(tar);
  const build: Build = {
    ...BUILD,
    tag: tag as PathName,
    archive: `${tag}.tar.gz`,
    sha256: sha256(archive),
    size: archive.length,
    tarSha256: sha256(tar),
    tarSize: tar.length,
  };
  await put(`${bucket.prefix}builds/shop/${build.archive}`, archive);
  await put(`${bucket.prefix}builds/shop/${tag}.json`, Buffer.from(renderManifest(build)));
  return build;
}

/** A pointer's text that names a build, without history. */
export const pointerText = (tag: string): string => renderPointer({ tag: tag as PathName, moves: [] });
