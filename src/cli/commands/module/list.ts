import { useCases } from '../../../api/use-cases.ts';
import { moduleDocument, moduleListText, moduleText } from '../../../reporters/modules.ts';
import { columnsOf } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall module list`: the modules that the catalogue's roles can name; all about one of them. */
export default command({
  positionals: '[name]',
  options: {
    name: { type: 'string', hidden: true, describe: 'One module, with its variables' },
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall module list', 'the standard collection, and your own'],
    ['rolecall module list rabbitmq', 'what it is, and its variables'],
  ],
  run: async (values, host) => {
    const { name, output } = values;
    const modules = await useCases(values, host).modules.list(name);
    const [one] = name === undefined ? [] : modules;
    return await print(output, host, {
      text: () => (one ? moduleText(one) : moduleListText(modules, columnsOf(host.terminal))),
      document: () => (one ? moduleDocument(one) : { modules: modules.map(moduleDocument) }),
    });
  },
});
