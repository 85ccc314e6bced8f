import { join, resolve } from 'node:path';
import { openCatalogue } from '../../../actions/catalogue.ts';
import { APP } from '../../../actions/release.ts';
import { buildOptions } from '../../../actions/release-build.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall release build`: an archive of a git ref, and its manifest beside it. */
export const releaseBuild = command({
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
    const catalogue = await openCatalogue(values, host);
    const [{ appOf }, { buildFrom }, { builtText, builtDocument, sentences }] = await Promise.all([
      import('../../../actions/release.ts'),
      import('../../../actions/release-build.ts'),
      import('../../../reporters/release.ts'),
    ]);
    const target = targetOf(values.file ?? './', host.cwd);
    const built = await buildFrom(values, catalogue, appOf(values.app, catalogue), target, host);
    return printOutcome(values.output, host, {
      text: () => sentences(builtText(built), widthFor(host.terminal.stdout)),
      document: () => builtDocument(built),
    });
  },
});

/** A slash at the end means a folder, which need not be there yet. */
const targetOf = (file: string, cwd: string): string =>
  file.endsWith('/') ? join(resolve(cwd, file), '/') : resolve(cwd, file);
