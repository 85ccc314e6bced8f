import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { pinBundle } from '../../../actions/artifacts/bundle.ts';
import { payloadFor } from '../../../actions/artifacts/payloads.ts';
import { requireBundle } from '../../../actions/artifacts/role-bundle.ts';
import { openCatalogue, requireRole, roleFrom } from '../../../actions/catalogue.ts';
import { launchIdFor } from '../../../actions/launch-id.ts';
import { bucketPlace, inSession, requireBucket } from '../../../actions/session.ts';
import type { Role } from '../../../catalogue/role.ts';
import { type ExitCode, UsageError } from '../../../errors.ts';
import { writeOutput } from '../../../files/output-file.ts';
import { outputOf } from '../../../files/output-target.ts';
import { newNonce } from '../../../launch/identity.ts';
import { publishedBundleDocument, publishedBundleText } from '../../../reporters/bundle.ts';
import { sentences } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { DURATION, durationMs } from '../../../yaml/duration.ts';
import type { Host } from '../../context.ts';
import { printOutcome } from '../../print.ts';
import type { BundlePublishValues } from './publish.ts';

/** Publishes a role's bundle for machines that something else launches. */
export async function runBundlePublish(values: BundlePublishValues, host: Host): Promise<ExitCode> {
  const catalogue = await openCatalogue(values, host);
  const role = withWords(await roleFrom(catalogue, requireRole(values), { region: values.region }), values);
  const bundle = await requireBundle(role, catalogue, values, host);
  const { launch } = await launchIdFor(values['launch-id'], role, { verb: 'launch', target: '1' }, host);
  const userDataFile = resolve(host.cwd, values['user-data'] ?? `${launch}.user-data`);
  await outputOf(userDataFile);
  return await inSession(bucketPlace(values, role.region, catalogue), host, async (session) => {
    const bucket = requireBucket(session);
    const pin = await pinBundle(bundle, launch, bucket, host);
    const payload = await payloadFor({ role, launch, nonce: newNonce(randomBytes) }, { bundle: pin });
    await writeOutput(userDataFile, payload.text, { secret: true });
    const { key: _key, ...sealed } = pin.sealed;
    const shown = {
      ...sealed,
      launch,
      role: role.role,
      modules: bundle.modules.map(({ name }) => name),
      location: bucket.locate(pin.published?.key ?? ''),
      expiresAt: pin.published?.expiresAt,
      notice: pin.notice,
      userDataFile,
    };
    return await printOutcome(values.output, host, {
      text: () => sentences(publishedBundleText(shown), widthFor(host.terminal.stdout)),
      document: () => publishedBundleDocument(shown),
    });
  });
}

/** The command line's words above the catalogue's. @throws UsageError */
function withWords(role: Role, { expires, public: open }: BundlePublishValues): Role {
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
