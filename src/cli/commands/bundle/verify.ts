import { resolve } from 'node:path';
import { KEY_FILE } from '../../../actions/bundle-key.ts';
import { UsageError } from '../../../errors.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall bundle verify`: whether a machine would start from a sealed bundle. */
export const bundleVerify = command({
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
    const [{ readSecrets }, { inspectBundle }, { openedDocument, verifiedText }] = await Promise.all([
      import('../../../actions/bundle-key.ts'),
      import('../../../bundle/inspect.ts'),
      import('../../../reporters/bundle.ts'),
    ]);
    const { sha256: given } = values;
    if (given !== undefined && !/^[0-9a-f]{64}$/.test(given))
      throw new UsageError('--sha256 must be 64 hex digits', { hint: 'the payload of the launch holds it' });
    const file = resolve(host.cwd, values.file);
    const secrets = await readSecrets(file, values['key-file'], host);
    const expected = given ?? secrets.sha256;
    const opened = await inspectBundle(file, secrets.key, expected);
    return print(values.output, host, {
      text: () => verifiedText(opened, expected !== undefined),
      document: () => openedDocument(opened),
    });
  },
});
