import { useCases } from '../../../api/use-cases.ts';
import { publishedDocument, publishedText, sentences } from '../../../reporters/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { APP, buildOptions, cloudOptions, ENVIRONMENT, OUTPUT, WHY } from '../../options.ts';
import { printOutcome } from '../../print.ts';

const options = {
  ref: { type: 'string', hidden: true, describe: 'Tag, branch or commit (default: HEAD)' },
  app: APP,
  archive: {
    type: 'string',
    requiresArg: true,
    describe: 'Archive of `release build` to publish, with its manifest beside it, in place of a ref',
  },
  environment: { ...ENVIRONMENT, describe: 'Environment to promote it to, once it is published' },
  why: WHY,
  ...buildOptions,
  ...cloudOptions,
  output: OUTPUT,
} as const;

/** `rolecall release publish`: builds a git ref, uploads it, and (with --env) promotes it. */
export default command({
  positionals: '[ref]',
  options,
  examples: [
    ['rolecall release publish v1.2.0', 'build that tag and upload it'],
    ['rolecall release publish --env staging', 'the current commit, promoted to staging'],
  ],
  run: async (values, host) => {
    const published = await useCases(values, host).releases.publish(values);
    return await printOutcome(values.output, host, {
      text: () => sentences(publishedText(published), widthFor(host.terminal.stdout)),
      document: () => publishedDocument(published),
    });
  },
});
