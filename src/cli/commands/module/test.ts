import { useCases } from '../../../api/use-cases.ts';
import type { OutputFormat } from '../../../reporters/progress.ts';
import { command } from '../../command.ts';
import { catalogueOptions, LIVE_OUTPUT, packingOptions } from '../../options.ts';
import { runChoice, ShownRun } from '../../progress.ts';

/** `rolecall module test`: boots a module alone in a local machine: started twice, then its own test. */
export default command({
  positionals: '<name>',
  options: {
    name: { type: 'string', hidden: true, demandOption: true, describe: 'Name of the module' },
    timeout: {
      type: 'string',
      syntax: 'duration',
      requiresArg: true,
      describe: 'Time for the whole test (90s, 10m, 1h)',
    },
    ...packingOptions,
    network: {
      type: 'boolean',
      default: false,
      describe: 'Give the machine a way out, through a proxy, for a module that fetches packages',
    },
    ...catalogueOptions,
    output: LIVE_OUTPUT,
  },
  examples: [
    ['rolecall module test backup', 'start it twice, run its test.sh, show the verdict'],
    ['rolecall module test memcached --network', 'and let it fetch its packages'],
  ],
  run: async (values, host) => {
    const shown = new ShownRun({ output: values.output as OutputFormat }, host);
    return await shown.show(useCases(values, host).modules.test({ ...values, ...runChoice({}, host) }));
  },
});
