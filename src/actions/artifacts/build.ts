import type { Bucket, PresignedUrl } from '../../aws/ports.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Role } from '../../catalogue/role.ts';
import { ConflictError, UsageError } from '../../errors.ts';
import type { RecordedBuild } from '../../launch/book.ts';
import type { Build, PathName } from '../../model.ts';
import { currentBuild, findBuild, readPointer } from '../../release/current.ts';
import { archiveKey } from '../../release/manifest.ts';
import type { PinnedBuild } from '../../schemes/personality/payload.ts';
import { bucketOf } from '../session.ts';

/** How long a presigned URL is good for at most: seven days. It ends with the credentials that signed it, too. */
const URL_SECONDS = 604_800;

/** The build that all machines of a launch deploy, and how it was chosen. */
export interface BuildArtifact {
  readonly build: Build;
  readonly pinned: PinnedBuild;
  /** Who promoted it, and when (epoch milliseconds); absent where it was named by its tag. */
  readonly promoted?: { readonly at: number; readonly by: string };
  /** Where something else might have been expected. */
  readonly notice?: string;
}

/** A role with an app. */
export type DeployingRole = Role & { readonly app: PathName };

/** The arguments that choose a build. */
export interface BuildChoice {
  /** The tag that the command line names. */
  readonly build?: string | undefined;
  /** The SHA-256 that the archive must have. */
  readonly buildSha256?: string | undefined;
}

/**
 * @throws UsageError where a build is chosen for a role that deploys none, or the catalogue has no bucket for one, or the
 *   SHA-256 is none
 */
export function checkDeploys(role: Role, catalogue: Catalogue, choice: BuildChoice): void {
  const { build, buildSha256: sha256 } = choice;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new UsageError(`--build-sha256 must be 64 hex digits, not ${JSON.stringify(sha256)}`, {
      hint: 'copy it from `rolecall release publish`, or `rolecall release show TAG`',
    });
  if (role.app !== undefined) return void bucketOf(catalogue);
  if (build === undefined && sha256 === undefined) return;
  const given = build === undefined ? '--build-sha256' : `--build ${build}`;
  throw new UsageError(`the role ${role.role} deploys no app, so ${given} means nothing`, {
    hint: `write app: NAME under roles.${role.role} in ${catalogue.label}, or leave ${given.split(' ')[0]} out`,
  });
}

/**
 * Resolves the build of a launch once, for all its machines: the named one, else that of an earlier run of this launch, else
 * the one that is promoted now.
 * @param recorded what an earlier run of the same launch deploys
 * @throws UsageError where there is no such build
 * @throws ConflictError where it isn't the build that an earlier run, or `--build-sha256`, says
 */
export async function buildArtifact(
  role: DeployingRole,
  bucket: Bucket,
  choice: BuildChoice,
  recorded?: RecordedBuild,
): Promise<BuildArtifact> {
  const { build, notice, ...chosen } = await choose(role, bucket, choice.build, recorded);
  checkSha256(build, choice.buildSha256);
  const { fetch: access, keep } = role;
  const signed = access === 'presigned' ? await bucket.presignGet(archiveKey(build), URL_SECONDS) : undefined;
  const notices = [notice, signed && lifeNotice(signed, role)].filter((text) => text !== undefined);
  const { name, prefix, region, endpoint } = bucket;
  return {
    build,
    ...chosen,
    ...(notices.length > 0 && { notice: notices.join('; ') }),
    pinned: { build, bucket: name, prefix, region, access, url: signed?.url, s3Url: endpoint, keep },
  };
}

/** Machines check the archive's bytes against the manifest's SHA-256, so it is enough to check that one. */
function checkSha256({ app, tag, sha256 }: Build, expected: string | undefined): void {
  if (expected === undefined || expected.toLowerCase() === sha256) return;
  throw new ConflictError(
    [
      `the build ${tag} of ${app} is not the one that --build-sha256 names; nothing was launched`,
      `  --build-sha256:    ${expected.toLowerCase()}`,
      `  its manifest says: ${sha256}`,
    ].join('\n'),
    {
      hint: `find out who replaced it (rolecall release show ${tag} --app ${app}; the bucket's versions), or give the SHA-256 of the build that you mean`,
      data: { build_sha256: expected.toLowerCase(), manifest_sha256: sha256 },
    },
  );
}

function lifeNotice(
  { seconds, expiresAt }: PresignedUrl,
  { timeoutMs }: Pick<Role, 'timeoutMs'>,
): string | undefined {
  if (seconds * 1000 >= timeoutMs) return undefined;
  const ends = new Date(expiresAt).toISOString();
  return `the build's URL ends at ${ends}, with the credentials that sign it and before the timeout: a machine that boots later can't fetch the build`;
}

async function choose(
  { app, environment }: DeployingRole,
  bucket: Bucket,
  tag: string | undefined,
  recorded: RecordedBuild | undefined,
): Promise<Omit<BuildArtifact, 'pinned'>> {
  if (tag !== undefined) return { build: sameAs(recorded, await findBuild(bucket, app, tag)) };
  if (recorded === undefined) {
    const { build, movedAt, by } = await currentBuild(bucket, app, environment);
    return { build, ...(movedAt !== undefined && by !== undefined && { promoted: { at: movedAt, by } }) };
  }
  const build = sameAs(recorded, await findBuild(bucket, app, recorded.tag));
  const now = (await readPointer(bucket, app, environment))?.pointer.tag;
  if (now === build.tag) return { build };
  const moved = now === undefined ? 'nothing is promoted now' : `${environment} deploys ${now} now`;
  return {
    build,
    notice: `this launch was begun with build ${build.tag} and stays with it, though ${moved}`,
  };
}

/** A tag may lead to another build than it did when the launch began. @throws ConflictError */
function sameAs(recorded: RecordedBuild | undefined, build: Build): Build {
  if (recorded?.tag !== build.tag || recorded.sha256 === build.sha256) return build;
  throw new ConflictError(
    [
      `this launch was begun with build ${build.tag}, which is another one now; nothing more was launched`,
      `  SHA-256 when it began: ${recorded.sha256}`,
      `  its manifest says now: ${build.sha256}`,
    ].join('\n'),
    {
      hint: `find out who replaced it (rolecall release show ${build.tag} --app ${build.app}), or give the launch another --launch-id`,
    },
  );
}
