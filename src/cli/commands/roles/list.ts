import { useCases } from '../../../api/use-cases.ts';
import { renderRoles, rolesDocument } from '../../../reporters/roles.ts';
import { painter } from '../../../terminal/paint.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall roles list`: the roles with their descriptions. */
export default command({
  options: { ...catalogueOptions, output: OUTPUT },
  run: async (values, host) => {
    const catalogue = await useCases(values, host).catalogue();
    const { stdout, colour } = host.terminal;
    const roles = catalogue.roles.map(({ name, description }) => ({
      role: name,
      description: description ?? null,
    }));
    return print(values.output, host, {
      text: () => renderRoles(roles, stdout.columns ?? 100, painter(colour.stdout)),
      document: () => rolesDocument(roles),
    });
  },
});
