import { useCases } from '../../../api/use-cases.ts';
import { memberLines, openedDocument } from '../../../reporters/bundle.ts';
import { counted } from '../../../text.ts';
import { command } from '../../command.ts';
import { catalogueOptions, KEY_FILE, OUTPUT } from '../../options.ts';
import { print, printOutcome } from '../../print.ts';

/** `rolecall bundle open`: lists what a sealed bundle holds, or unpacks it. */
export default command({
  positionals: '<file>',
  options: {
    file: { type: 'string', hidden: true, demandOption: true, describe: 'File of the sealed bundle' },
    'key-file': KEY_FILE,
    to: { type: 'string', requiresArg: true, describe: 'Folder to unpack into: a new or an empty one' },
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall bundle open queue-prod-b.bundle', 'list what is in it'],
    ['rolecall bundle open queue-prod-b.bundle --to look', 'unpack it; it holds secrets in clear'],
  ],
  run: async (values, host) => {
    const { output } = values;
    const { unpacked, ...opened } = await useCases(values, host).bundles.open(values);
    if (unpacked === undefined)
      return await print(output, host, {
        text: () => memberLines(opened),
        document: () => openedDocument(opened),
      });
    const { files, folder } = unpacked;
    return await printOutcome(output, host, {
      text: () => `unpacked ${counted(files, 'file')}; secrets stand there in clear\n  ${folder}\n`,
      document: () => ({ ...openedDocument(opened), folder }),
    });
  },
});
