import { UsageError } from '../../../errors.ts';
import { nearest } from '../../../suggest.ts';
import { columnsOf } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall module list`: the modules that the catalogue's roles can name; all about one of them. */
export const moduleList = command({
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
    const [{ collectionNear }, { moduleDocument, moduleListText, moduleText }] = await Promise.all([
      import('../../../actions/modules.ts'),
      import('../../../reporters/modules.ts'),
    ]);
    const collection = await collectionNear(values, host);
    const { name } = values;
    if (name !== undefined) {
      const module = await collection.find(name);
      if (module === undefined) {
        const near = nearest(name, collection.names);
        throw new UsageError(
          `there is no module ${name}${near === undefined ? '' : `; did you mean "${near}"?`}`,
          { hint: `there are ${collection.names.join(', ')}` },
        );
      }
      return print(values.output, host, {
        text: () => moduleText(module),
        document: () => moduleDocument(module),
      });
    }
    const found = await Promise.all(collection.names.map((each) => collection.find(each)));
    const modules = found.filter((module) => module !== undefined);
    return print(values.output, host, {
      text: () => moduleListText(modules, columnsOf(host.terminal)),
      document: () => ({ modules: modules.map(moduleDocument) }),
    });
  },
});
