import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import type { LaunchId } from '../nouns.ts';
import type { Pin } from './build-pin.ts';
import type { BundlePin } from './bundle-pin.ts';
import { openCatalogue, requireRole, roleFrom } from './catalogue.ts';
import type { CloudWords } from './cloud.ts';
import { command } from './command.ts';
import type { Host } from './host.ts';
import { bundleOf } from './intent.ts';
import { launchIdFor } from './launch-id.ts';
import { BUILD, cloudOptions, OUTPUT, overrideOptions, roleOptions } from './options.ts';
import { payloadFor } from './payloads.ts';
import { print } from './print.ts';
import type { RoleBundle } from './role-bundle.ts';

/**
 * `rolecall render`: the payload's bytes on stdout, as EC2 would get them; without the forms for beacons, which a launch signs
 * for machines that it watches.
 */
export const render = command({
  options: {
    ...roleOptions,
    build: BUILD,
    ...cloudOptions,
    ...overrideOptions,
    'launch-id': { type: 'string', requiresArg: true, describe: 'Id of the launch (default: a new one)' },
    output: OUTPUT,
    redact: {
      type: 'boolean',
      default: false,
      describe: 'Hide what is secret (the nonce, the signature of a URL)',
    },
  },
  examples: [['rolecall render --role memcached --env prod --context b', 'print the user data']],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    const role = await roleFrom(catalogue, requireRole(values), values);
    const [{ redact }, { newNonce }] = await Promise.all([
      import('../payload/redact.ts'),
      import('../launch/identity.ts'),
    ]);
    const bundle = await bundleOf(role, catalogue, host);
    const { launch } = await launchIdFor(values['launch-id'], role, { verb: 'launch', target: '1' }, host);
    const nonce = newNonce(randomBytes);
    const pins =
      bundle === undefined
        ? { build: await pinnedBuild(values, role, catalogue, host) }
        : { bundle: await pinnedBundle(values, bundle, { role, launch }, catalogue, host) };
    const payload = await payloadFor({ role, launch, nonce }, pins);
    const text = values.redact ? redact(payload.text) : payload.text;
    const { scheme, bytes, sha256 } = payload;
    return print(values.output, host, {
      text: () => text,
      document: () => ({ launch, scheme, bytes, sha256, text }),
    });
  },
});

/**
 * The payload of a role with modules holds the URL and the key of a bundle, which is published for it; a redacted one shows
 * neither, and publishes nothing.
 */
async function pinnedBundle(
  values: CloudWords & { readonly redact: boolean },
  bundle: RoleBundle,
  { role, launch }: { readonly role: Role; readonly launch: LaunchId },
  catalogue: Catalogue,
  host: Host,
): Promise<BundlePin> {
  const { pinBundle, previewBundle } = await import('./bundle-pin.ts');
  if (values.redact) return await previewBundle(bundle, launch, role, host);
  const { openBucket } = await import('./bucket.ts');
  const { bucket, close } = await openBucket(values, catalogue, role.region, host);
  try {
    return await pinBundle(bundle, launch, bucket, host);
  } finally {
    await close();
  }
}

/** The build that is promoted, or named; undefined for a role that deploys none, for which nothing is asked. */
async function pinnedBuild(
  values: CloudWords & { readonly build?: string | undefined },
  role: Role,
  catalogue: Catalogue,
  host: Host,
): Promise<Pin | undefined> {
  if (role.app === undefined && values.build === undefined) return undefined;
  const [{ checkDeploys, pinBuild }, { openBucket }] = await Promise.all([
    import('./build-pin.ts'),
    import('./bucket.ts'),
  ]);
  checkDeploys(role, catalogue, values.build);
  const { bucket, close } = await openBucket(values, catalogue, role.region, host);
  try {
    return await pinBuild(role, bucket, { tag: values.build });
  } finally {
    await close();
  }
}
