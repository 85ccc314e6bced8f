import { useCases } from '../../../api/use-cases.ts';
import { historyDocument, historyText } from '../../../reporters/release-list.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { APP, cloudOptions, ENVIRONMENT, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall release history`: who moved an environment's pointer, when, from where, to where and why. */
export default command({
  options: { environment: ENVIRONMENT, app: APP, ...cloudOptions, output: OUTPUT },
  examples: [['rolecall release history --env prod', 'the moves, newest first']],
  run: async (values, host) => {
    const told = await useCases(values, host).releases.history(values);
    return await print(values.output, host, {
      text: () => historyText(told, widthFor(host.terminal.stdout)),
      document: () => historyDocument(told),
    });
  },
});
