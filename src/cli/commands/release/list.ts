import { useCases } from '../../../api/use-cases.ts';
import { listDocument, listText } from '../../../reporters/release-list.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { APP, cloudOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall release list`: the builds of an app, newest first. */
export default command({
  options: { app: APP, ...cloudOptions, output: OUTPUT },
  examples: [['rolecall release list', 'builds, and which environments deploy them']],
  run: async (values, host) => {
    const builds = await useCases(values, host).releases.list(values);
    return await print(values.output, host, {
      text: () => listText(builds, host.clock.now(), widthFor(host.terminal.stdout)),
      document: () => listDocument(builds),
    });
  },
});
