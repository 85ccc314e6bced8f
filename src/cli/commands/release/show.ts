import { useCases } from '../../../api/use-cases.ts';
import { UsageError } from '../../../errors.ts';
import { showDocument, showText } from '../../../reporters/release-list.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { APP, cloudOptions, ENVIRONMENT, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall release show`: all about one build, by its tag or by the environment that deploys it. */
export default command({
  positionals: '[tag]',
  options: {
    tag: { type: 'string', hidden: true, describe: 'Tag of the build' },
    environment: { ...ENVIRONMENT, describe: 'Environment whose current build is meant' },
    app: APP,
    ...cloudOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall release show v1.2.0', 'that build'],
    ['rolecall release show --env prod', 'what prod deploys'],
  ],
  run: async (values, host) => {
    const { tag, environment } = values;
    if ((tag === undefined) === (environment === undefined))
      throw new UsageError('name a build: TAG or --env, one of them', {
        hint: 'rolecall release list tells what there is',
      });
    const shown = await useCases(values, host).releases.show(values);
    return await print(values.output, host, {
      text: () => showText(shown, host.clock.now(), widthFor(host.terminal.stdout)),
      document: () => showDocument(shown),
    });
  },
});
