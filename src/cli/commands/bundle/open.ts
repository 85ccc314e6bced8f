import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { KEY_FILE } from '../../../actions/bundle-key.ts';
import { UsageError } from '../../../errors.ts';
import { counted } from '../../../text.ts';
import { command } from '../../command.ts';
import { catalogueOptions, OUTPUT } from '../../options.ts';
import { print, printOutcome } from '../../print.ts';

/** `rolecall bundle open`: lists what a sealed bundle holds, or unpacks it. */
export const bundleOpen = command({
  positionals: '<file>',
  options: {
    file: { type: 'string', hidden: true, demandOption: true, describe: 'File of the sealed bundle' },
    'key-file': KEY_FILE,
    to: { type: 'string', requiresArg: true, describe: 'Folder to unpack into: a new or an empty one' },
    ...catalogueOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall bundle open queue-prod-b.bundle', 'list what is in it'],
    ['rolecall bundle open queue-prod-b.bundle --to look', 'unpack it; it holds secrets in clear'],
  ],
  run: async (values, host) => {
    const [{ readSecrets }, { inspectBundle }, { memberLines, openedDocument }] = await Promise.all([
      import('../../../actions/bundle-key.ts'),
      import('../../../bundle/inspect.ts'),
      import('../../../reporters/bundle.ts'),
    ]);
    const file = resolve(host.cwd, values.file);
    const { key, sha256 } = await readSecrets(file, values['key-file'], host);
    const folder = values.to === undefined ? undefined : emptyFolder(resolve(host.cwd, values.to));
    const opened = await inspectBundle(file, key, sha256);
    if (folder === undefined)
      return print(values.output, host, {
        text: () => memberLines(opened),
        document: () => openedDocument(opened),
      });
    const { openBundle, unpackBundle } = await import('../../../bundle/open.ts');
    const files = await unpackBundle(openBundle(file, key), folder);
    return printOutcome(values.output, host, {
      text: () => `unpacked ${counted(files, 'file')}; secrets stand there in clear\n  ${folder}\n`,
      document: () => ({ ...openedDocument(opened), folder }),
    });
  },
});

/** @throws UsageError for a folder that holds something */
function emptyFolder(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.isDirectory() && readdirSync(path).length === 0)) return path;
  throw new UsageError(`${path} is ${found.isDirectory() ? 'not empty' : 'no folder'}`, {
    hint: 'name a new folder with --to',
  });
}
