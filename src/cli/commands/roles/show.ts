import { useCases } from '../../../api/use-cases.ts';
import { UsageError } from '../../../errors.ts';
import { renderRole, roleDocument } from '../../../reporters/roles.ts';
import { painter } from '../../../terminal/paint.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT, overrideOptions, roleOptions } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall roles show ROLE`: each value and the place that set it. */
export default command({
  positionals: '[name]',
  options: {
    ...roleOptions,
    ...catalogueOptions,
    ...overrideOptions,
    output: OUTPUT,
    name: { type: 'string', hidden: true },
  },
  examples: [['rolecall roles show memcached --env prod --context b', 'each value with its file and line']],
  run: async (values, host) => {
    if (values.name !== undefined && values.role !== undefined && values.name !== values.role) {
      throw new UsageError(`two roles are named: ${values.name} and --role ${values.role}`, {
        hint: 'name one of them',
      });
    }
    const name = { ...values, role: values.role ?? values.name };
    const role = await useCases(values, host).role(name, values);
    const { stdout, colour } = host.terminal;
    return print(values.output, host, {
      text: () => renderRole(role, painter(colour.stdout), widthFor(stdout)),
      document: () => roleDocument(role),
    });
  },
});
