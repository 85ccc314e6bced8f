import type { Bucket } from '../aws/ports.ts';
import { UsageError } from '../errors.ts';
import type { Build, PathName } from '../model.ts';
import { nearest } from '../suggest.ts';
import { buildsPrefix, manifestKey, parseManifest } from './manifest.ts';
import { type Pointer, parsePointer, pointerKey } from './pointer.ts';
import type { CurrentBuild } from './results.ts';
import { inOtherBytes } from './stored.ts';

/** A pointer as it stands in the bucket. */
export interface StoredPointer {
  readonly pointer: Pointer;
  readonly etag: string;
}

/** A build as its manifest in the bucket tells it. */
export interface StoredBuild {
  readonly build: Build;
  readonly etag: string;
}

/** @returns undefined where nothing was promoted yet. @throws UsageError for a damaged pointer */
export async function readPointer(
  bucket: Bucket,
  app: PathName,
  environment: string,
): Promise<StoredPointer | undefined> {
  const stored = await readParsed(bucket, pointerKey(app, environment), parsePointer);
  return stored && { pointer: stored.value, etag: stored.etag };
}

/** One build, or undefined. @throws UsageError for a manifest that is none, or of another build */
export const readBuild = async (bucket: Bucket, app: PathName, tag: string): Promise<Build | undefined> =>
  (await readStoredBuild(bucket, app, tag))?.build;

/** As readBuild, with the manifest's ETag. */
export async function readStoredBuild(
  bucket: Bucket,
  app: PathName,
  tag: string,
): Promise<StoredBuild | undefined> {
  const stored = await readParsed(bucket, manifestKey(app, tag), (text, where) => {
    const build = parseManifest(text, where);
    if (build.app === app && build.tag === tag) return build;
    throw new UsageError(`${where} is the manifest of ${build.app} ${build.tag}`, {
      hint: 'it was copied by hand: publish the build under its own name',
    });
  });
  return stored && { build: stored.value, etag: stored.etag };
}

/** How often a text is read before rolecall gives up on the connection. */
const READINGS = 4;

/**
 * Reads an object and parses it. What can't be parsed is read again before the object is accused: its bytes may have been
 * damaged on their way.
 * @throws UsageError as `parse` does, for bytes that came twice
 * @throws AwsError where no two readings agree
 */
async function readParsed<T>(
  bucket: Bucket,
  key: string,
  parse: (text: string, where: string) => T,
): Promise<{ readonly value: T; readonly etag: string } | undefined> {
  const where = bucket.locate(key);
  const seen = new Set<string>();
  let fault: unknown;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const stored = await bucket.readText(key);
    if (stored === undefined) return undefined;
    try {
      return { value: parse(stored.text, where), etag: stored.etag };
    } catch (error) {
      if (!(error instanceof UsageError) || seen.has(stored.text)) throw error;
      seen.add(stored.text);
      fault = error;
    }
  }
  throw inOtherBytes(where, fault);
}

/** @throws UsageError where there is no such build */
export async function findBuild(bucket: Bucket, app: PathName, tag: string): Promise<Build> {
  const build = await readBuild(bucket, app, tag);
  if (build !== undefined) return build;
  const tags = await listTags(bucket, app);
  const near = nearest(tag, tags);
  throw new UsageError(
    `there is no build ${tag} of ${app} in ${bucket.locate(buildsPrefix(app))}${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      hint:
        tags.length === 0
          ? 'rolecall release publish makes the first one'
          : 'rolecall release list tells what there is',
    },
  );
}

/** The build that is promoted to an environment. @throws UsageError where none is, or it isn't there */
export async function currentBuild(
  bucket: Bucket,
  app: PathName,
  environment: string,
): Promise<CurrentBuild> {
  const stored = await readPointer(bucket, app, environment);
  if (stored === undefined)
    throw new UsageError(`no build of ${app} is promoted to ${environment}`, {
      hint: `rolecall release publish --app ${app} --env ${environment}, or rolecall release promote TAG --app ${app} --env ${environment}`,
    });
  const { tag, moves } = stored.pointer;
  const build = await readBuild(bucket, app, tag);
  if (build === undefined)
    throw new UsageError(
      `${environment} deploys ${app} ${tag}, but there is no such build in ${bucket.locate(buildsPrefix(app))}`,
      { hint: `promote one that is there: rolecall release list --app ${app}` },
    );
  const [newest] = moves;
  return { build, movedAt: newest && Date.parse(newest.at), by: newest?.by };
}

/** The tags of all builds. */
export async function listTags(bucket: Bucket, app: PathName): Promise<string[]> {
  const prefix = buildsPrefix(app);
  const objects = await bucket.list(prefix);
  return objects.flatMap(({ key }) => /^([^/]+)\.json$/.exec(key.slice(prefix.length))?.[1] ?? []);
}
