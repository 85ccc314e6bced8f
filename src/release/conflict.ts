import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { entriesOfTar } from '../archive/entries.ts';
import type { Bucket } from '../aws/ports.ts';
import { ConflictError } from '../errors.ts';
import type { Build } from '../model.ts';
import { unpackerOf } from './digests.ts';
import { archiveKey } from './manifest.ts';
import { someOf } from './some.ts';
import type { PublishFile } from './upload.ts';

/** Bytes: larger archives are not read a second time only to say where they differ. */
const COMPARED = 64 * 1024 * 1024;

/** A tag that has another build: whose it is, by its manifest, and where the two differ. */
export async function otherBuild(bucket: Bucket, there: Build, ours: PublishFile): Promise<ConflictError> {
  const { commit, dirty, createdAt, by, tag, app } = there;
  const made = `its manifest says commit ${commit.slice(0, 12)}${dirty ? ' with changes' : ''}, published ${new Date(createdAt).toISOString()} by ${by}`;
  const same = commit === ours.build.commit && !dirty && !ours.build.dirty;
  const differences = await differencesOf(bucket, there, ours);
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
async function differencesOf(bucket: Bucket, there: Build, ours: PublishFile): Promise<string[]> {
  if (there.size > COMPARED || ours.build.size > COMPARED) return [];
  try {
    const body = await bucket.read(archiveKey(there));
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
