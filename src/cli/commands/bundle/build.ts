import { useCases } from '../../../api/use-cases.ts';
import { builtBundleDocument, builtBundleText } from '../../../reporters/bundle.ts';
import { sentences } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT, packingOptions, roleOptions } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall bundle build`: packs and seals a role's bundle into a file. Nothing is published. */
export default command({
  options: {
    ...roleOptions,
    file: {
      type: 'string',
      requiresArg: true,
      describe: 'File of the sealed bundle (default: ROLE-ENV-CONTEXT.bundle, in this folder)',
    },
    ...packingOptions,
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall bundle build --role queue --env prod --context b', 'queue-prod-b.bundle and its key'],
  ],
  run: async (values, host) => {
    const built = await useCases(values, host).bundles.build(values);
    return await printOutcome(values.output, host, {
      text: () => sentences(builtBundleText(built), widthFor(host.terminal.stdout)),
      document: () => builtBundleDocument(built),
    });
  },
});
