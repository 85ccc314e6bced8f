import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { entriesOfTar } from '../archive/entries.ts';
import type { Bucket } from '../aws/ports.ts';
import { ConflictError } from '../errors.ts';
import type { Build } from '../model.ts';
import { defined } from '../objects.ts';
import { readStoredBuild, type StoredBuild } from './current.ts';
import { partsDigestOf, unpackerOf } from './digests.ts';
import { archiveKey, manifestKey, renderManifest } from './manifest.ts';
import { describedBy, replaceArchive, settle } from './repair.ts';
import { someOf } from './some.ts';
import { compareStored } from './stored.ts';
import {
  type Published,
  type PublishFile,
  type Publishing,
  type PublishOptions,
  uploadArchive,
} from './upload.ts';

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
  const ours = {
    bucket,
    options,
    path: file.path,
    build: defined({ ...file.build, parts: parts ?? file.build.parts }),
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const there = await readStoredBuild(bucket, ours.build.app, ours.build.tag);
    const published = there === undefined ? await publishNew(ours) : await publishAgain(there, ours);
    if (published !== undefined) return published;
  }
  throw new ConflictError(
    `somebody else publishes or removes ${bucket.locate(archiveKey(file.build))} at the same time`,
    { hint: 'run the same command again' },
  );
}

async function publishAgain(there: StoredBuild, ours: Publishing): Promise<Published | undefined> {
  if (there.build.tarSha256 !== ours.build.tarSha256) throw await otherBuild(there.build, ours);
  return await settle(there, ours);
}

/** @returns undefined where somebody else published the tag meanwhile */
async function publishNew(ours: Publishing): Promise<Published | undefined> {
  const { bucket, build } = ours;
  const create = (made: Build) => bucket.createText(manifestKey(build.app, build.tag), renderManifest(made));
  if (await uploadArchive(ours)) return (await create(build)) ? { build, outcome: 'created' } : undefined;
  // An archive without a manifest: an earlier publish was interrupted, or another one is at work.
  const stored = await compareStored(bucket, build);
  if (stored.kind === 'absent') return undefined;
  if (stored.kind === 'identical') return (await create(build)) ? { build, outcome: 'created' } : undefined;
  if (stored.tarSha256 === build.tarSha256) {
    const made = describedBy(stored, build.archive, build);
    return (await create(made)) ? { build: made, outcome: 'created' } : undefined;
  }
  // The manifest first: it takes the tag, so that whoever left the archive, and may still be at work, can't claim it any more.
  if (!(await create(build))) return undefined;
  return (await replaceArchive(ours, stored.etag)) ? { build, outcome: 'repaired' } : undefined;
}

/** Bytes: larger archives are not read a second time only to say where they differ. */
const COMPARED = 64 * 1024 * 1024;

/** A tag that has another build: whose it is, by its manifest, and where the two differ. */
async function otherBuild(there: Build, ours: Publishing): Promise<ConflictError> {
  const { commit, dirty, createdAt, by, tag, app } = there;
  const made = `its manifest says commit ${commit.slice(0, 12)}${dirty ? ' with changes' : ''}, published ${new Date(createdAt).toISOString()} by ${by}`;
  const same = commit === ours.build.commit && !dirty && !ours.build.dirty;
  const differences = await differencesOf(there, ours);
  return new ConflictError(
    [
      `there is another build ${tag} of ${app} already (${made}); nothing was changed`,
      ...(differences.length > 0 ? [`  they differ in ${someOf(differences).join(', ')}`] : []),
      ...(same
        ? [
            "  both are made of the same commit: a build command may give other bytes each time, or the app's path or command was changed",
          ]
        : []),
    ].join('\n'),
    {
      hint: 'a build is never overwritten: publish this one under another --tag',
      data: { manifest_tar_sha256: there.tarSha256, tar_sha256: ours.build.tarSha256 },
    },
  );
}

/** Paths that the two archives don't share, or that have other contents; none where the one in the bucket can't be read. */
async function differencesOf(there: Build, ours: Publishing): Promise<string[]> {
  if (there.size > COMPARED || ours.build.size > COMPARED) return [];
  try {
    const body = await ours.bucket.read(archiveKey(there));
    if (body === undefined) return [];
    const [left, right] = [
      await contentsOf(body, there.archive),
      await contentsOf(createReadStream(ours.path), ours.build.archive),
    ];
    return [...new Set([...left.keys(), ...right.keys()])].filter(
      (path) => left.get(path) !== right.get(path),
    );
  } catch {
    // Only a help: the conflict stands without it.
    return [];
  }
}

/** What each member of an archive is, so that two can be compared. */
async function contentsOf(body: Readable, archive: string): Promise<Map<string, string>> {
  const unpacker = unpackerOf(archive);
  body.once('error', (error) => unpacker.destroy(error));
  const contents = new Map<string, string>();
  for await (const entry of entriesOfTar(body.pipe(unpacker), undefined)) {
    if (entry.kind === 'folder') continue;
    if (entry.kind === 'link') contents.set(entry.path, `link ${entry.target}`);
    else {
      const hash = createHash('sha256');
      for await (const chunk of entry.content) hash.update(chunk);
      contents.set(entry.path, `${entry.executable} ${hash.digest('hex')}`);
    }
  }
  return contents;
}
