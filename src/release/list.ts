import type { Bucket } from '../aws/ports.ts';
import type { Build, PathName } from '../nouns.ts';
import { listTags, readBuild, readPointer } from './current.ts';

/** Manifests read at once. */
const AT_ONCE = 16;

/** Every build of an app, newest first. */
export async function listBuilds(bucket: Bucket, app: PathName): Promise<Build[]> {
  const tags = await listTags(bucket, app);
  const builds: Build[] = [];
  for (let at = 0; at < tags.length; at += AT_ONCE) {
    const group = tags.slice(at, at + AT_ONCE).map((tag) => readBuild(bucket, app, tag));
    builds.push(...(await Promise.all(group)).filter((build) => build !== undefined));
  }
  return builds.sort((one, other) => other.createdAt - one.createdAt || (one.tag < other.tag ? -1 : 1));
}

/** Which build each environment deploys, for those that deploy one. */
export async function pointersOf(
  bucket: Bucket,
  app: PathName,
  environments: readonly PathName[],
): Promise<ReadonlyMap<PathName, PathName>> {
  const found = await Promise.all(
    environments.map(
      async (environment) =>
        [environment, (await readPointer(bucket, app, environment))?.pointer.tag] as const,
    ),
  );
  return new Map(
    found.flatMap(([environment, tag]) => (tag === undefined ? [] : [[environment, tag] as const])),
  );
}
