import { useCases } from '../../api/use-cases.ts';
import { command } from '../command.ts';
import {
  cloudOptions,
  deployedBuildOptions,
  LAUNCH_ID,
  OUTPUT,
  overrideOptions,
  packingOptions,
  roleOptions,
} from '../options.ts';
import { print } from '../print.ts';

/** `rolecall render`: the payload's bytes on stdout, as EC2 would get them. */
export default command({
  options: {
    ...roleOptions,
    ...deployedBuildOptions,
    ...cloudOptions,
    ...overrideOptions,
    ...packingOptions,
    'launch-id': LAUNCH_ID,
    output: OUTPUT,
    redact: {
      type: 'boolean',
      default: false,
      describe: 'Hide what is secret (the nonce, signatures), and publish no bundle',
    },
  },
  examples: [['rolecall render --role memcached --env prod --context b', 'print the user data']],
  run: async (values, host) => {
    const { launch, payload, notes } = await useCases(values, host).render(values);
    for (const note of notes) host.user.tell(`note: ${note}`);
    const { scheme, bytes, sha256, text } = payload;
    return print(values.output, host, {
      text: () => text,
      document: () => ({ launch, scheme, bytes, sha256, text }),
    });
  },
});
