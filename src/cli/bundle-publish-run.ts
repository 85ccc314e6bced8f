import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Role } from '../catalogue/role.ts';
import { DURATION, durationMs } from '../document/duration.ts';
import { type ExitCode, UsageError } from '../errors.ts';
import { writeOutput } from '../io/output-file.ts';
import { outputOf } from '../io/output-target.ts';
import { widthFor } from '../io/terminal.ts';
import { newNonce } from '../launch/identity.ts';
import { publishedBundleDocument, publishedBundleText } from '../report/bundle.ts';
import { sentences } from '../report/release.ts';
import { openBucket } from './bucket.ts';
import { pinBundle } from './bundle-pin.ts';
import type { BundlePublishValues } from './bundle-publish.ts';
import { openCatalogue, requireRole, roleFrom } from './catalogue.ts';
import type { Host } from './host.ts';
import { launchIdFor } from './launch-id.ts';
import { payloadFor } from './payloads.ts';
import { printOutcome } from './print.ts';
import { requireBundle } from './role-bundle.ts';

/** Publishes a role's bundle for machines that something else launches. */
export async function runBundlePublish(values: BundlePublishValues, host: Host): Promise<ExitCode> {
  const catalogue = await openCatalogue(values, host);
  const role = withWords(await roleFrom(catalogue, requireRole(values), { region: values.region }), values);
  const bundle = await requireBundle(role, catalogue, values, host);
  const { launch } = await launchIdFor(values['launch-id'], role, { verb: 'launch', target: '1' }, host);
  const userDataFile = resolve(host.cwd, values['user-data'] ?? `${launch}.user-data`);
  await outputOf(userDataFile);
  const { bucket, close } = await openBucket(values, catalogue, role.region, host);
  try {
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
  } finally {
    await close();
  }
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
