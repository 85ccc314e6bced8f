import { useCases } from '../../../api/use-cases.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall module add`: copies modules of others beside the catalogue, pinned by their content. */
export default command({
  positionals: '<source>',
  options: {
    source: {
      type: 'string',
      hidden: true,
      demandOption: true,
      describe: 'A folder, a git URL with #REF, or npm:PACKAGE@VERSION',
    },
    module: {
      type: 'array',
      string: true,
      requiresArg: true,
      describe: 'Which module of the source; again for more (default: the only one)',
    },
    force: { type: 'boolean', default: false, describe: 'Replace the module of that name that is there' },
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall module add ../our-modules/backup', 'from a folder'],
    ['rolecall module add https://example.com/modules.git#v1.2.0 --module backup', 'from git, at a tag'],
    ['rolecall module add npm:@example/rolecall-backup@1.2.0', 'from an npm package'],
  ],
  run: async (values, host) => {
    const { source, module: names, force, output } = values;
    const { resolved, modules } = await useCases(values, host).modules.add({ source, names, force });
    return await printOutcome(output, host, {
      text: () =>
        modules
          .map(({ name, label, sha256, changed }) =>
            changed
              ? `added ${name}: ${label}, pinned as ${sha256.slice(0, 12)}\n`
              : `${name} is there already, as it is in ${source}\n`,
          )
          .join(''),
      document: () => ({
        source,
        resolved: resolved ?? null,
        modules: modules.map(({ label: _, ...module }) => module),
      }),
    });
  },
});
