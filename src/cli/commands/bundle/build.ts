import { dirname, resolve } from 'node:path';
import { openCatalogue, requireRole, roleFrom } from '../../../actions/catalogue.ts';
import type { SealedFile } from '../../../bundle/seal.ts';
import { draftIn, regularOutput, writeOutput } from '../../../files/output-file.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT, packingOptions, roleOptions } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall bundle build`: packs and seals a role's bundle into a file. Nothing is published. */
export const bundleBuild = command({
  options: {
    ...roleOptions,
    file: {
      type: 'string',
      requiresArg: true,
      describe: 'File of the sealed bundle (default: ROLE-ENV-CONTEXT.bundle, in this folder)',
    },
    ...packingOptions,
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall bundle build --role queue --env prod --context b', 'queue-prod-b.bundle and its key'],
  ],
  run: async (values, host) => {
    const catalogue = await openCatalogue(values, host);
    const role = await roleFrom(catalogue, requireRole(values), values);
    const [
      { requireBundle },
      { sealInto },
      { keyFileOf },
      { builtBundleText, builtBundleDocument },
      { sentences },
    ] = await Promise.all([
      import('../../../actions/artifacts/role-bundle.ts'),
      import('../../../actions/artifacts/bundle.ts'),
      import('../../../actions/bundle-key.ts'),
      import('../../../reporters/bundle.ts'),
      import('../../../reporters/release.ts'),
    ]);
    const bundle = await requireBundle(role, catalogue, values, host);
    const path = resolve(host.cwd, values.file ?? `${role.role}-${role.environment}-${role.context}.bundle`);
    const keyFile = keyFileOf(path);
    await regularOutput(keyFile);
    const draft = await draftIn(dirname((await regularOutput(path)).path));
    let sealed: SealedFile;
    try {
      sealed = await draft.fill((file) => sealInto(file, bundle, host));
      await writeOutput(keyFile, `${sealed.key}\n`, { secret: true });
      await draft.commit(path, { secret: true });
    } finally {
      await draft.discard();
    }
    const { key: _key, ...told } = sealed;
    const shown = {
      ...told,
      role: role.role,
      modules: bundle.modules.map(({ name }) => name),
      path,
      keyFile,
    };
    return printOutcome(values.output, host, {
      text: () => sentences(builtBundleText(shown), widthFor(host.terminal.stdout)),
      document: () => builtBundleDocument(shown),
    });
  },
});
