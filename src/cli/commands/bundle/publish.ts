import { useCases } from '../../../api/use-cases.ts';
import { publishedBundleDocument, publishedBundleText } from '../../../reporters/bundle.ts';
import { sentences } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { cloudOptions, OUTPUT, packingOptions, roleOptions } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall bundle publish`: builds, seals and uploads a role's bundle, and writes the user data that fetches it. */
export default command({
  options: {
    ...roleOptions,
    'user-data': {
      type: 'string',
      requiresArg: true,
      describe: 'File of the user data, which holds URL and key (default: LAUNCH.user-data)',
    },
    public: {
      type: 'boolean',
      default: false,
      describe: 'A URL without signature; the bucket must allow it',
    },
    expires: {
      type: 'string',
      syntax: 'duration',
      requiresArg: true,
      describe: 'How long the URL is good for (90s, 10m, 6h)',
    },
    'launch-id': { type: 'string', requiresArg: true, describe: 'Id of the launch (default: a new one)' },
    ...packingOptions,
    ...cloudOptions,
    output: OUTPUT,
  },
  examples: [
    [
      'rolecall bundle publish --role queue --env prod --context b --user-data queue.sh',
      'for machines that something else launches',
    ],
  ],
  run: async (values, host) => {
    const published = await useCases(values, host).bundles.publish(values);
    return await printOutcome(values.output, host, {
      text: () => sentences(publishedBundleText(published), widthFor(host.terminal.stdout)),
      document: () => publishedBundleDocument(published),
    });
  },
});
