import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { removeOwnFolder } from '../../files/own-folder.ts';
import { scratchFolder } from '../../files/scratch.ts';
import type { PathName } from '../../model.ts';
import { manifestPathOf } from '../../release/build.ts';
import { checkedFile } from '../../release/digests.ts';
import { archiveKey, parseManifest } from '../../release/manifest.ts';
import { promote } from '../../release/move.ts';
import { publish as publishFile } from '../../release/publish.ts';
import type { Published, PublishFile } from '../../release/upload.ts';
import type { PublishedRelease } from '../../results/release.ts';
import { sizeText } from '../../text.ts';
import type { Runtime } from '../runtime.ts';
import { environmentOf } from './app.ts';
import { type BuildInput, buildFrom } from './build.ts';
import { inBucket, moverOf, type ReleaseInput, type ReleasePlace } from './place.ts';

/** What is published, and whether it is promoted. */
export interface PublishInput extends ReleaseInput, BuildInput {
  /** An archive that is made already, with its manifest beside it, in place of a ref. */
  readonly archive?: string | undefined;
  /** Promoted to it, once it is published. */
  readonly environment?: string | undefined;
  readonly why?: string | undefined;
}

/** Publishes: build, archive, manifest, and the pointer last. */
export async function publish(input: PublishInput, runtime: Runtime): Promise<PublishedRelease> {
  const mover = moverOf(input.why, runtime);
  if (input.why !== undefined && input.environment === undefined)
    throw new UsageError('--why is the reason of a promotion', { hint: 'add --env, or leave it out' });
  checkArchiveAlone(input);
  return await inBucket(input, runtime, async (place) => {
    const { bucket, catalogue } = place;
    const environment =
      input.environment === undefined ? undefined : environmentOf(input.environment, catalogue);
    const folder = await scratchFolder();
    try {
      const { file, notes } = await fileOf(input, place, folder, runtime);
      const published = await upload(file, place, runtime);
      const { app, tag } = published.build;
      const promoted =
        environment === undefined ? undefined : await promote(bucket, app, environment, tag, mover);
      const url = bucket.locate(archiveKey(published.build));
      return { ...published, notes, url, environment, promoted };
    } finally {
      await removeOwnFolder(folder);
    }
  });
}

/** Words that say how a build is made count for nothing where it is made already. @throws UsageError */
function checkArchiveAlone(input: PublishInput): void {
  if (input.archive === undefined) return;
  const idle = [
    ...(input.ref === undefined ? [] : ['the ref']),
    ...(input.dirty ? ['--dirty'] : []),
    ...(input.tag === undefined ? [] : ['--tag']),
    ...(input.compression === undefined ? [] : ['--compression']),
    ...(input.allowSecret === undefined ? [] : ['--allow-secret']),
  ];
  if (idle.length === 0) return;
  throw new UsageError('--archive names a build that is made already', {
    hint: `leave ${idle.join(' and ')} out`,
  });
}

/** The archive: one that is there already, or one that is built now. */
async function fileOf(
  input: PublishInput,
  { catalogue, app }: ReleasePlace,
  folder: string,
  runtime: Runtime,
): Promise<{ readonly file: PublishFile; readonly notes: readonly string[] }> {
  if (input.archive !== undefined)
    return { file: await readFileOf(resolve(runtime.cwd, input.archive), app), notes: [] };
  const built = await buildFrom(input, catalogue, app, `${folder}/`, runtime);
  return { file: built, notes: built.notes };
}

async function readFileOf(path: string, app: PathName): Promise<PublishFile> {
  const manifest = manifestPathOf(path);
  const text = await readFile(manifest, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${manifest} can't be read (${error.code})`, {
      hint: 'give the archive that `rolecall release build` made; its manifest lies beside it',
      cause: error,
    });
  });
  const build = parseManifest(text, manifest);
  if (build.app === app) return { build: await checkedFile(path, build), path };
  throw new UsageError(`${path} is a build of ${build.app}, not of ${app}`, {
    hint: `add --app ${build.app}`,
  });
}

/** Uploads and shows how far it is. A Ctrl-C leaves parts in S3, from which the same command goes on. */
async function upload(file: PublishFile, { bucket }: ReleasePlace, runtime: Runtime): Promise<Published> {
  const { app, tag, size } = file.build;
  let sent = 0;
  const onProgress = (bytes: number) => {
    sent = bytes;
  };
  const work = publishFile(bucket, file, { onProgress, signal: runtime.signal });
  const wait = {
    doing: `publishing ${app} ${tag}`,
    progress: () => `${sizeText(sent)} of ${sizeText(size)}`,
    left: 'it may not be published yet; the same command goes on where it was',
  };
  return await runtime.user.waiting(wait, work);
}
