import type { Bucket } from '../aws/ports.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { ConflictError, UsageError } from '../errors.ts';
import type { RecordedBuild } from '../launch/book.ts';
import type { Build } from '../nouns.ts';
import type { PinnedBuild } from '../payload/personality.ts';
import { currentBuild, findBuild, readPointer } from '../release/current.ts';
import { archiveKey } from '../release/manifest.ts';
import { bucketOf } from './bucket.ts';

/** How long a presigned URL is good for at most: seven days. It ends with the credentials that signed it, too. */
const URL_SECONDS = 604_800;

/** The build that all machines of a launch deploy, and how it was chosen. */
export interface Pin {
  readonly build: Build;
  readonly pinned: PinnedBuild;
  /** Who promoted it, and when (epoch milliseconds); absent where it was named by its tag. */
  readonly promoted?: { readonly at: number; readonly by: string };
  /** Where something else might have been expected. */
  readonly notice?: string;
}

/** What is known of the launch before its build is. */
export interface PinWords {
  /** The tag that the command line names. */
  readonly tag?: string | undefined;
  /** What an earlier run of the same launch deploys. */
  readonly recorded?: RecordedBuild | undefined;
}

/** @throws UsageError where a build is named for a role that deploys none, or the catalogue has no bucket for one */
export function checkDeploys(role: Role, catalogue: Catalogue, tag: string | undefined): void {
  if (role.app !== undefined) bucketOf(catalogue);
  else if (tag !== undefined)
    throw new UsageError(`the role ${role.role} deploys no app, so --build ${tag} means nothing`, {
      hint: `write app: NAME under roles.${role.role} in ${catalogue.label}, or leave --build out`,
    });
}

/**
 * Resolves the build of a launch once, for all its machines: the named one, else that of an earlier run of this launch, else
 * the one that is promoted now. Undefined for a role without an app.
 * @throws UsageError where there is no such build
 */
export async function pinBuild(
  role: Role,
  bucket: Bucket | undefined,
  words: PinWords,
): Promise<Pin | undefined> {
  const { app } = role;
  if (app === undefined || bucket === undefined) return undefined;
  const { build, ...chosen } = await choose({ ...role, app }, bucket, words);
  const { fetch: access, keep } = role;
  const url =
    access === 'presigned' ? (await bucket.presignGet(archiveKey(build), URL_SECONDS)).url : undefined;
  const { name, prefix, region, endpoint } = bucket;
  return {
    build,
    ...chosen,
    pinned: { build, bucket: name, prefix, region, access, url, s3Url: endpoint, keep },
  };
}

async function choose(
  { app, environment }: Role & { readonly app: NonNullable<Role['app']> },
  bucket: Bucket,
  { tag, recorded }: PinWords,
): Promise<Omit<Pin, 'pinned'>> {
  if (tag !== undefined) return { build: await findBuild(bucket, app, tag) };
  if (recorded === undefined) {
    const { build, movedAt, by } = await currentBuild(bucket, app, environment);
    return { build, ...(movedAt !== undefined && by !== undefined && { promoted: { at: movedAt, by } }) };
  }
  const build = await findBuild(bucket, app, recorded.tag);
  if (build.sha256 !== recorded.sha256)
    throw new ConflictError(`this launch was begun with build ${recorded.tag}, which is another one now`, {
      hint: 'give the launch another --launch-id',
    });
  const now = (await readPointer(bucket, app, environment))?.pointer.tag;
  if (now === build.tag) return { build };
  const moved = now === undefined ? 'nothing is promoted now' : `${environment} deploys ${now} now`;
  return {
    build,
    notice: `this launch was begun with build ${build.tag} and stays with it, though ${moved}`,
  };
}
