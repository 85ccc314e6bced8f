import { useCases } from '../../../api/use-cases.ts';
import { builtDocument, builtText, sentences } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { APP, buildOptions, catalogueOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall release build`: an archive of a git ref, and its manifest beside it. */
export default command({
  positionals: '[ref]',
  options: {
    ref: { type: 'string', hidden: true, describe: 'Tag, branch or commit (default: HEAD)' },
    app: APP,
    file: {
      type: 'string',
      requiresArg: true,
      describe: 'File of the archive, or a folder for it (default: TAG.tar.gz, in this folder)',
    },
    ...buildOptions,
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall release build v1.2.0', 'the archive v1.2.0.tar.gz and its manifest, in this folder'],
    ['rolecall release build --dirty', 'the work tree as it is'],
  ],
  run: async (values, host) => {
    const built = await useCases(values, host).releases.build(values, values.file ?? './');
    return printOutcome(values.output, host, {
      text: () => sentences(builtText(built), widthFor(host.terminal.stdout)),
      document: () => builtDocument(built),
    });
  },
});
