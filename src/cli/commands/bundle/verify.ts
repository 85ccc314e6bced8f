import { useCases } from '../../../api/use-cases.ts';
import { openedDocument, verifiedText } from '../../../reporters/bundle.ts';
import { command } from '../../command.ts';
import { catalogueOptions, KEY_FILE, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall bundle verify`: whether a machine would start from a sealed bundle. */
export default command({
  positionals: '<file>',
  options: {
    file: { type: 'string', hidden: true, demandOption: true, describe: 'File of the sealed bundle' },
    'key-file': KEY_FILE,
    sha256: {
      type: 'string',
      requiresArg: true,
      describe: "SHA-256 that it must have (default: what the key file's user data says)",
    },
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall bundle verify queue-prod-b.bundle', 'its key, its content, its modules'],
    ['rolecall bundle verify fetched --key-file user-data.sh', 'against the user data of a machine'],
  ],
  run: async (values, host) => {
    const { opened, pinned } = await useCases(values, host).bundles.verify(values);
    return await print(values.output, host, {
      text: () => verifiedText(opened, pinned),
      document: () => openedDocument(opened),
    });
  },
});
