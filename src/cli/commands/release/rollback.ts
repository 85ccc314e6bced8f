import { useCases } from '../../../api/use-cases.ts';
import { movedDocument, movedText, sentences } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { APP, cloudOptions, ENVIRONMENT, OUTPUT, WHY } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall release rollback`: goes back to the build before. */
export default command({
  options: {
    to: {
      type: 'string',
      requiresArg: true,
      describe: 'Tag to go back to (default: the build before the current one)',
    },
    environment: ENVIRONMENT,
    why: WHY,
    app: APP,
    ...cloudOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall release rollback --env prod', 'the build before the current one; again: the one before that'],
  ],
  run: async (values, host) => {
    const { environment, moved } = await useCases(values, host).releases.rollback(values);
    return await printOutcome(values.output, host, {
      text: () => sentences(movedText(moved, environment), widthFor(host.terminal.stdout)),
      document: () => movedDocument(moved, environment),
    });
  },
});
