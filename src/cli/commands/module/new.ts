import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall module new`: a module with a test, beside the catalogue. */
export const moduleNew = command({
  positionals: '<name>',
  options: {
    name: { type: 'string', hidden: true, demandOption: true, describe: 'Name of the module' },
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [['rolecall module new backup', 'modules/backup, which works as it stands']],
  run: async (values, host) => {
    const [{ collectionNear, labelIn, shelvesNear }, { scaffoldModule }] = await Promise.all([
      import('../../../actions/modules.ts'),
      import('../../../bundle/scaffold.ts'),
    ]);
    const { name } = values;
    const { names } = await collectionNear(values, host);
    const folder = await scaffoldModule((await shelvesNear(values, host)).own, name, names);
    const files = ['module.yaml', 'start-up.sh', 'test.sh'];
    return printOutcome(values.output, host, {
      text: () =>
        `made ${labelIn(host.cwd)(folder)}: ${files.join(', ')}\ntry it in a local machine:\n  rolecall module test ${name}\n`,
      document: () => ({ name, folder, files }),
    });
  },
});
