import type { Bucket } from '../aws/ports.ts';
import { UsageError } from '../errors.ts';
import type { Build, PathName } from '../model.ts';
import { listTags, readBuild, readPointer } from './current.ts';
import type { Damaged } from './results.ts';

/** Manifests read at once. */
const AT_ONCE = 16;

/**
 * Every build of an app, newest first, and the tags whose manifests are damaged.
 * @throws AwsError where S3 refuses: then what there is isn't known
 */
export async function listBuilds(
  bucket: Bucket,
  app: PathName,
): Promise<{ readonly builds: readonly Build[]; readonly damaged: readonly Damaged[] }> {
  const tags = await listTags(bucket, app);
  const builds: Build[] = [];
  const damaged: Damaged[] = [];
  for (let at = 0; at < tags.length; at += AT_ONCE) {
    const group = tags.slice(at, at + AT_ONCE).map((tag) => attempt(tag, readBuild(bucket, app, tag)));
    for (const { found, fault } of await Promise.all(group)) {
      if (fault !== undefined) damaged.push(fault);
      else if (found !== undefined) builds.push(found);
    }
  }
  builds.sort((one, other) => other.createdAt - one.createdAt || (one.tag < other.tag ? -1 : 1));
  return { builds, damaged };
}

/**
 * Which build each environment deploys, for those that deploy one, and the environments whose pointers are damaged.
 * @throws AwsError where S3 refuses
 */
export async function pointersOf(
  bucket: Bucket,
  app: PathName,
  environments: readonly PathName[],
): Promise<{ readonly pointers: ReadonlyMap<PathName, PathName>; readonly damaged: readonly Damaged[] }> {
  const pointers = new Map<PathName, PathName>();
  const damaged: Damaged[] = [];
  const read = environments.map(async (environment) => ({
    environment,
    ...(await attempt(environment, readPointer(bucket, app, environment))),
  }));
  for (const { environment, found, fault } of await Promise.all(read)) {
    if (fault !== undefined) damaged.push(fault);
    else if (found !== undefined) pointers.set(environment, found.pointer.tag);
  }
  return { pointers, damaged };
}

/** One damaged object must not hide all others. */
async function attempt<T>(
  name: string,
  reading: Promise<T>,
): Promise<{ readonly found?: T; readonly fault?: Damaged }> {
  try {
    return { found: await reading };
  } catch (error) {
    if (error instanceof UsageError) return { fault: { name, fault: error } };
    throw error;
  }
}
