import { randomBytes } from 'node:crypto';
import { openCatalogue, requireRole, roleFrom } from './catalogue.ts';
import { command } from './command.ts';
import { launchIdFor } from './launch-id.ts';
import { catalogueOptions, OUTPUT, overrideOptions, roleOptions } from './options.ts';
import { print } from './print.ts';

/** `rolecall render`: the payload's bytes on stdout, as EC2 would get them. */
export const render = command({
  options: {
    ...roleOptions,
    ...catalogueOptions,
    ...overrideOptions,
    'launch-id': { type: 'string', requiresArg: true, describe: 'Id of the launch (default: a new one)' },
    output: OUTPUT,
    redact: { type: 'boolean', default: false, describe: 'Hide what is secret (the nonce)' },
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
    const payload = personalityPayload(role, { launch, nonce: newNonce(randomBytes) });
    const text = values.redact ? redact(payload.text) : payload.text;
    const { scheme, bytes, sha256 } = payload;
    return print(values.output, host, {
      text: () => text,
      document: () => ({ launch, scheme, bytes, sha256, text }),
    });
  },
});
