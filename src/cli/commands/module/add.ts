import { removeOwnFolder } from '../../../files/own-folder.ts';
import { scratchFolder } from '../../../files/scratch.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall module add`: copies modules of others beside the catalogue, pinned by their content. */
export const moduleAdd = command({
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
    const [
      { collectionNear, labelIn, shelvesNear },
      { fetchSource, parseSource },
      { addModules },
      { waiting },
    ] = await Promise.all([
      import('../../../actions/modules.ts'),
      import('../../../bundle/source.ts'),
      import('../../../bundle/add.ts'),
      import('../../waiting.ts'),
    ]);
    const shelves = await shelvesNear(values, host);
    const collection = await collectionNear(values, host);
    const source = parseSource(values.source, host.cwd);
    const scratch = await scratchFolder();
    try {
      const wait = { doing: `getting ${values.source}`, left: 'nothing was added' };
      const fetched = await waiting(host, wait, fetchSource(source, scratch, host.signal));
      const added = await addModules(fetched, {
        shelf: shelves.own,
        source: values.source,
        names: values.module ?? [],
        force: values.force,
        standard: collection.standard,
      });
      const label = labelIn(host.cwd);
      return await printOutcome(values.output, host, {
        text: () =>
          added
            .map(({ name, folder, sha256, changed }) =>
              changed
                ? `added ${name}: ${label(folder)}, pinned as ${sha256.slice(0, 12)}\n`
                : `${name} is there already, as it is in ${values.source}\n`,
            )
            .join(''),
        document: () => ({
          source: values.source,
          resolved: fetched.resolved ?? null,
          modules: added.map(({ name, folder, sha256, changed }) => ({ name, folder, sha256, changed })),
        }),
      });
    } finally {
      await removeOwnFolder(scratch);
    }
  },
});
