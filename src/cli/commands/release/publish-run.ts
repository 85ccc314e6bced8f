import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { environmentOf } from '../../../actions/release.ts';
import { buildFrom } from '../../../actions/release-build.ts';
import { inBucket, moverOf, type ReleasePlace } from '../../../actions/release-place.ts';
import { type ExitCode, UsageError } from '../../../errors.ts';
import { removeOwnFolder } from '../../../files/own-folder.ts';
import { scratchFolder } from '../../../files/scratch.ts';
import type { PathName } from '../../../model.ts';
import { checkedFile } from '../../../release/archive-file.ts';
import { manifestPathOf } from '../../../release/build.ts';
import { parseManifest } from '../../../release/manifest.ts';
import { promote } from '../../../release/move.ts';
import { publish } from '../../../release/publish.ts';
import type { Published, PublishFile } from '../../../release/upload.ts';
import { publishedDocument, publishedText, sentences, sizeText } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import type { Host } from '../../context.ts';
import { printOutcome } from '../../print.ts';
import { waiting } from '../../waiting.ts';
import type { PublishValues } from './publish.ts';

/** Publishes: build, archive, manifest, and the pointer last. */
export async function runPublish(values: PublishValues, host: Host): Promise<ExitCode> {
  const why = moverOf(values.why, host);
  if (values.why !== undefined && values.environment === undefined)
    throw new UsageError('--why is the reason of a promotion', { hint: 'add --env, or leave it out' });
  checkArchiveAlone(values);
  return await inBucket(values, host, async (place) => {
    const environment =
      values.environment === undefined ? undefined : environmentOf(values.environment, place.catalogue);
    const folder = await scratchFolder();
    try {
      const { file, notes } = await fileOf(values, place, folder, host);
      const published = await upload(file, place, host);
      const { app, tag } = published.build;
      const promoted =
        environment === undefined ? undefined : await promote(place.bucket, app, environment, tag, why);
      const shown = { ...published, notes, bucket: place.bucket, environment, promoted };
      return await printOutcome(values.output, host, {
        text: () => sentences(publishedText(shown), widthFor(host.terminal.stdout)),
        document: () => publishedDocument(shown),
      });
    } finally {
      await removeOwnFolder(folder);
    }
  });
}

/** Words that say how a build is made count for nothing where it is made already. @throws UsageError */
function checkArchiveAlone(values: PublishValues): void {
  if (values.archive === undefined) return;
  const idle = [
    ...(values.ref === undefined ? [] : ['the ref']),
    ...(values.dirty ? ['--dirty'] : []),
    ...(['tag', 'compression', 'allow-secret'] as const)
      .filter((name) => values[name] !== undefined)
      .map((name) => `--${name}`),
  ];
  if (idle.length === 0) return;
  throw new UsageError('--archive names a build that is made already', {
    hint: `leave ${idle.join(' and ')} out`,
  });
}

/** The archive: one that is there already, or one that is built now. */
async function fileOf(
  values: PublishValues,
  { catalogue, app }: ReleasePlace,
  folder: string,
  host: Host,
): Promise<{ readonly file: PublishFile; readonly notes: readonly string[] }> {
  if (values.archive !== undefined)
    return { file: await readFileOf(resolve(host.cwd, values.archive), app), notes: [] };
  const built = await buildFrom(values, catalogue, app, `${folder}/`, host);
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
async function upload(file: PublishFile, { bucket }: ReleasePlace, host: Host): Promise<Published> {
  const { app, tag, size } = file.build;
  let sent = 0;
  const onProgress = (bytes: number) => {
    sent = bytes;
  };
  const work = publish(bucket, file, { onProgress, signal: host.signal });
  const wait = {
    doing: `publishing ${app} ${tag}`,
    progress: () => `${sizeText(sent)} of ${sizeText(size)}`,
    left: 'it may not be published yet; the same command goes on where it was',
  };
  return await waiting(host, wait, work);
}
