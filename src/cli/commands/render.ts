import { type Pins, pinNotices } from '../../actions/artifacts/artifacts.ts';
import type { BuildChoice } from '../../actions/artifacts/build.ts';
import { openCatalogue, requireRole } from '../../actions/catalogue.ts';
import { completeIntent, type LaunchRequest, requestOf } from '../../actions/launch-request.ts';
import type { CloudChoice } from '../../actions/session.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import {
  cloudOptions,
  deployedBuildOptions,
  OUTPUT,
  overrideOptions,
  packingOptions,
  roleOptions,
} from '../options.ts';
import { print } from '../print.ts';

/** `rolecall render`: the payload's bytes on stdout, as EC2 would get them. */
export const render = command({
  options: {
    ...roleOptions,
    ...deployedBuildOptions,
    ...cloudOptions,
    ...overrideOptions,
    ...packingOptions,
    'launch-id': { type: 'string', requiresArg: true, describe: 'Id of the launch (default: a new one)' },
    output: OUTPUT,
    redact: {
      type: 'boolean',
      default: false,
      describe: 'Hide what is secret (the nonce, signatures), and publish no bundle',
    },
  },
  examples: [['rolecall render --role memcached --env prod --context b', 'print the user data']],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    const answers = { ...requireRole(values), count: 1, picked: false };
    const [{ redact }, draft] = await Promise.all([
      import('../../schemes/redact.ts'),
      requestOf(values, answers, catalogue, host),
    ]);
    const { pins, notes } = await pinsFor(values, draft, catalogue, host);
    const { payload, launch } = await completeIntent(draft, pins);
    for (const note of [...pinNotices(pins, payload), ...notes])
      host.terminal.stderr.write(`note: ${note}\n`);
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
async function pinsFor(
  values: CloudChoice & BuildChoice & { readonly redact: boolean },
  draft: LaunchRequest,
  catalogue: Catalogue,
  host: Host,
): Promise<{ readonly pins: Pins; readonly notes: readonly string[] }> {
  if (draft.bundle !== undefined && !values.redact) {
    const [{ bucketPlace, inSession }, { pinsOf }] = await Promise.all([
      import('../../actions/session.ts'),
      import('../../actions/artifacts/artifacts.ts'),
    ]);
    const place = bucketPlace(values, draft.role.region, catalogue);
    return await inSession(place, host, async (session) => ({
      pins: await pinsOf(draft, values, session),
      notes: [],
    }));
  }
  const [{ previewPins }, { estimateText }] = await Promise.all([
    import('../../actions/preview.ts'),
    import('../../actions/plan.ts'),
  ]);
  const { pins, estimate } = await previewPins(values, draft, catalogue, host);
  if (estimate === undefined) return { pins, notes: [] };
  if (values.redact) return { pins, notes: [estimateText(estimate)] };
  // A form that a stand-in signed is good for nothing.
  return {
    pins: {},
    notes: [`the forms for beacons, which a launch signs, are left out: ${estimate}`],
  };
}
