import { useCases } from '../../api/use-cases.ts';
import { fleetsDocument, fleetsText } from '../../reporters/fleets.ts';
import { painter } from '../../terminal/paint.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { command } from '../command.ts';
import { cloudOptions, OUTPUT, roleOptions } from '../options.ts';
import { print } from '../print.ts';

/** `rolecall status`: the fleets that are there, and how their machines did. */
export default command({
  options: { ...roleOptions, ...cloudOptions, output: OUTPUT },
  examples: [
    ['rolecall status', "all fleets of the catalogue, and each machine's verdict, age and build"],
    ['rolecall status --role web --env prod --output json', 'those of one role and environment, as data'],
  ],
  run: async (values, host) => {
    const fleets = await useCases(values, host).status(values);
    const { stdout, colour } = host.terminal;
    return await print(values.output, host, {
      text: () => fleetsText(fleets, host.clock.now(), widthFor(stdout), painter(colour.stdout)),
      document: () => fleetsDocument(fleets),
    });
  },
});
