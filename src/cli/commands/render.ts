import { requestOf, requireRole } from '../../actions/launch-request.ts';
import { render as rendering } from '../../actions/render.ts';
import { openCatalogue } from '../../actions/session.ts';
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
    const catalogue = await openCatalogue(values, host);
    const answers = { ...requireRole(values), count: 1 };
    const request = await requestOf(values, answers, catalogue, host);
    const { payload, notes } = await rendering(request, values, catalogue, host);
    for (const note of notes) host.user.tell(`note: ${note}`);
    const { scheme, bytes, sha256, text } = payload;
    return print(values.output, host, {
      text: () => text,
      document: () => ({ launch: request.launch, scheme, bytes, sha256, text }),
    });
  },
});
