import { useCases } from '../../../api/use-cases.ts';
import { movedDocument, movedText, sentences } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { APP, cloudOptions, ENVIRONMENT, OUTPUT, WHY } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall release promote`: makes a build the one that an environment deploys. */
export default command({
  positionals: '<tag>',
  options: {
    tag: { type: 'string', hidden: true, describe: 'Tag of the build' },
    environment: ENVIRONMENT,
    why: WHY,
    app: APP,
    ...cloudOptions,
    output: OUTPUT,
  },
  examples: [
    [
      'rolecall release promote v1.2.0 --env prod --why "fixes the cart"',
      'machines launched from now on deploy it',
    ],
  ],
  run: async (values, host) => {
    const { environment, moved } = await useCases(values, host).releases.promote({
      ...values,
      tag: String(values.tag),
    });
    return await printOutcome(values.output, host, {
      text: () => sentences(movedText(moved, environment), widthFor(host.terminal.stdout)),
      document: () => movedDocument(moved, environment),
    });
  },
});
