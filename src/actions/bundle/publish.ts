import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Role } from '../../catalogue/role.ts';
import { UsageError } from '../../errors.ts';
import { writeOutput } from '../../files/output-file.ts';
import { outputOf } from '../../files/output-target.ts';
import { newNonce } from '../../launch/identity.ts';
import type { PublishedBundle } from '../../results/bundle.ts';
import { DURATION, durationMs } from '../../yaml/texts.ts';
import { payloadFor } from '../artifacts/artifacts.ts';
import { publishArtifact } from '../artifacts/bundle.ts';
import { type PackingWords, requireBundle } from '../artifacts/role-bundle.ts';
import { startUpArtifacts } from '../artifacts/start-up-bundle.ts';
import { launchIdFor, type RoleWords, requireRole, roleFrom } from '../launch-request.ts';
import type { Runtime } from '../runtime.ts';
import { bucketPlace, type CloudChoice, inSession, openCatalogue, requireBucket } from '../session.ts';

/** Which role's bundle is published, how, and where its user data goes. */
export interface BundlePublishInput extends CloudChoice, RoleWords, PackingWords {
  /** Absent: a new one, or the CI run's. */
  readonly launchId?: string | undefined;
  /** File of the user data; absent: `LAUNCH.user-data` in the current folder. */
  readonly userData?: string | undefined;
  /** A URL without signature. */
  readonly public: boolean;
  /** How long the URL is good for (`6h`); absent: as the catalogue says. */
  readonly expires?: string | undefined;
}

/** Publishes a role's bundle for machines that something else launches. */
export async function publishRoleBundle(
  input: BundlePublishInput,
  runtime: Runtime,
): Promise<PublishedBundle> {
  const catalogue = await openCatalogue(input, runtime);
  const role = withInput(await roleFrom(catalogue, requireRole(input), { region: input.region }), input);
  const bundle = await requireBundle(role, catalogue, input, runtime);
  const { launch } = await launchIdFor(input.launchId, role, { verb: 'launch', target: '1' }, runtime);
  const userDataFile = resolve(runtime.cwd, input.userData ?? `${launch}.user-data`);
  await outputOf(userDataFile);
  return await inSession(bucketPlace(input, role.region, catalogue), runtime, async (session) => {
    const bucket = requireBucket(session);
    const artifact = await publishArtifact(bundle, launch, bucket, runtime);
    const draft = { role, launch, nonce: newNonce(randomBytes) };
    const payload = payloadFor(draft, startUpArtifacts(bundle, artifact));
    await writeOutput(userDataFile, payload.text, { secret: true });
    const { key: _key, ...sealed } = artifact.sealed;
    return {
      ...sealed,
      launch,
      role: role.role,
      modules: bundle.modules.map(({ name }) => name),
      location: bucket.locate(artifact.published?.key ?? ''),
      expiresAt: artifact.published?.expiresAt,
      notice: artifact.notice,
      userDataFile,
    };
  });
}

/** The input's settings above the catalogue's. @throws UsageError */
function withInput(role: Role, { expires, public: open }: BundlePublishInput): Role {
  if (role.bundle === undefined) return role;
  if (expires !== undefined && !new RegExp(DURATION).test(expires))
    throw new UsageError(`--expires ${expires} is no duration`, { hint: 'such as 90s, 10m or 6h' });
  return {
    ...role,
    bundle: {
      ...role.bundle,
      ...(open && { access: 'public' as const }),
      ...(expires !== undefined && { expiresMs: durationMs(expires) }),
    },
  };
}
