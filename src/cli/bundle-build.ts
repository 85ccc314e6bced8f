import { rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { writePrivate } from '../io/private-file.ts';
import { requireReplaceable } from '../io/replaceable.ts';
import { widthFor } from '../io/terminal.ts';
import { openCatalogue, requireRole, roleFrom } from './catalogue.ts';
import { command } from './command.ts';
import { catalogueOptions, OUTPUT, roleOptions } from './options.ts';
import { print } from './print.ts';

/** `rolecall bundle build`: packs and seals a role's bundle into a file. Nothing is published. */
export const bundleBuild = command({
  options: {
    ...roleOptions,
    file: {
      type: 'string',
      requiresArg: true,
      describe: 'File of the sealed bundle (default: ROLE-ENV-CONTEXT.bundle, in this folder)',
    },
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
      import('./role-bundle.ts'),
      import('./bundle-pin.ts'),
      import('./bundle-key.ts'),
      import('../report/bundle.ts'),
      import('../report/release.ts'),
    ]);
    const bundle = await requireBundle(role, catalogue, host);
    const path = resolve(host.cwd, values.file ?? `${role.role}-${role.environment}-${role.context}.bundle`);
    if ((await stat(path).catch(() => undefined))?.isDirectory())
      throw new UsageError(`${path} is a folder`, { hint: 'name the file of the bundle with --file' });
    const draft = `${path}.${process.pid}.part`;
    const keyFile = keyFileOf(path);
    await requireReplaceable(path);
    await requireReplaceable(keyFile);
    const { key, ...sealed } = await sealInto(draft, bundle, host);
    try {
      await writePrivate(keyFile, `${key}\n`);
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    const shown = {
      ...sealed,
      role: role.role,
      modules: bundle.modules.map(({ name }) => name),
      path,
      keyFile,
    };
    return print(values.output, host, {
      text: () => sentences(builtBundleText(shown), widthFor(host.terminal.stdout)),
      document: () => builtBundleDocument(shown),
    });
  },
});
