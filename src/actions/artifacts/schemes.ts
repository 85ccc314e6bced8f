import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Role } from '../../catalogue/role.ts';
import type { Wanted } from '../../fleet/members.ts';
import { settingsHash } from '../../launch/identity.ts';
import { hashTag } from '../../launch/request.ts';
import type { Runtime } from '../runtime.ts';
import type { Session } from '../session.ts';
import type { BuildChoice } from './build.ts';
import type { PackingWords } from './role-bundle.ts';
import type { ArtifactSource, Scheme } from './scheme.ts';

/** A scheme, loaded where it is used. */
export interface SchemeRow {
  /** Whether machines of the role boot by it. */
  readonly boots: (role: Role) => boolean;
  readonly load: () => Promise<Scheme>;
}

/** Every scheme. The first that boots a role is the role's. */
export const SCHEMES: readonly SchemeRow[] = [
  {
    boots: ({ bundle }) => bundle !== undefined,
    load: async () => (await import('./start-up-bundle.ts')).startUpBundle,
  },
  { boots: () => true, load: async () => (await import('./personality.ts')).personality },
];

/** The scheme by which a role's machines boot. */
export async function schemeOf(role: Role): Promise<Scheme> {
  const row = SCHEMES.find(({ boots }) => boots(role));
  if (row === undefined) throw new Error(`no scheme boots ${role.role}`);
  return await row.load();
}

/**
 * What the artifacts of a launch are made from, checked; for a role that uses nothing of this computer nothing is loaded.
 * @throws UsageError also for a build that can't be meant
 */
export async function sourceOf(
  role: Role,
  catalogue: Catalogue,
  words: BuildChoice & PackingWords,
  runtime: Runtime,
): Promise<ArtifactSource> {
  if (role.app !== undefined || words.build !== undefined || words.buildSha256 !== undefined)
    (await import('./build.ts')).checkDeploys(role, catalogue, words);
  return await (await schemeOf(role)).source(role, catalogue, words, runtime);
}

/** Hex SHA-256 of a role's settings. */
export const roleHash = (role: Role, scheme: Scheme): string => settingsHash(role, scheme.settings(role));

/** What a launch would give machines now. S3 is asked for the build, and a bundle is measured, which packs it. */
export async function wantedNow(role: Role, catalogue: Catalogue, session: Session): Promise<Wanted> {
  const scheme = await schemeOf(role);
  const settings = hashTag(roleHash(role, scheme));
  return { ami: role.ami, settings, ...(await scheme.wanted(role, catalogue, session)) };
}
