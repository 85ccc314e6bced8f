import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import type { PinnedBuild } from '../payload/personality.ts';
import { openCatalogue, requireRole, roleFrom } from './catalogue.ts';
import type { CloudWords } from './cloud.ts';
import { command } from './command.ts';
import type { Host } from './host.ts';
import { launchIdFor } from './launch-id.ts';
import { BUILD, cloudOptions, OUTPUT, overrideOptions, roleOptions } from './options.ts';
import { print } from './print.ts';

/** `rolecall render`: the payload's bytes on stdout, as EC2 would get them. */
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
    const [{ personalityPayload }, { redact }, { newNonce }] = await Promise.all([
      import('../payload/personality.ts'),
      import('../payload/redact.ts'),
      import('../launch/identity.ts'),
    ]);
    const { launch } = await launchIdFor(values['launch-id'], role, 1, host);
    const pinned = await pinnedBuild(values, role, catalogue, host);
    const payload = personalityPayload(role, { launch, nonce: newNonce(randomBytes), pinned });
    const text = values.redact ? redact(payload.text) : payload.text;
    const { scheme, bytes, sha256 } = payload;
    return print(values.output, host, {
      text: () => text,
      document: () => ({ launch, scheme, bytes, sha256, text }),
    });
  },
});

/** The build that is promoted, or named; undefined for a role that deploys none, for which nothing is asked. */
async function pinnedBuild(
  values: CloudWords & { readonly build?: string | undefined },
  role: Role,
  catalogue: Catalogue,
  host: Host,
): Promise<PinnedBuild | undefined> {
  if (role.app === undefined && values.build === undefined) return undefined;
  const [{ checkDeploys, pinBuild }, { openBucket }] = await Promise.all([
    import('./build-pin.ts'),
    import('./bucket.ts'),
  ]);
  checkDeploys(role, catalogue, values.build);
  const { bucket, close } = await openBucket(values, catalogue, role.region, host);
  try {
    return (await pinBuild(role, bucket, { tag: values.build }))?.pinned;
  } finally {
    await close();
  }
}
