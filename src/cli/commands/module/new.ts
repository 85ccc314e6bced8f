import { useCases } from '../../../api/use-cases.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall module new`: a module with a test, beside the catalogue. */
export default command({
  positionals: '<name>',
  options: {
    name: { type: 'string', hidden: true, demandOption: true, describe: 'Name of the module' },
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [['rolecall module new backup', 'modules/backup, which works as it stands']],
  run: async (values, host) => {
    const { name, output } = values;
    const { folder, label } = await useCases(values, host).modules.new(name);
    const files = ['module.yaml', 'start-up.sh', 'test.sh'];
    return await printOutcome(output, host, {
      text: () =>
        `made ${label}: ${files.join(', ')}\ntry it in a local machine:\n  rolecall module test ${name}\n`,
      document: () => ({ name, folder, files }),
    });
  },
});
