import { APP, ENVIRONMENT, WHY } from '../../../actions/release.ts';
import { buildOptions } from '../../../actions/release-build.ts';
import { command, type Values } from '../../command.ts';
import { cloudOptions, OUTPUT } from '../../options.ts';

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

export type PublishValues = Values<typeof options>;

/** `rolecall release publish`: builds a git ref, uploads it, and (with --env) promotes it. */
export const releasePublish = command({
  positionals: '[ref]',
  options,
  examples: [
    ['rolecall release publish v1.2.0', 'build that tag and upload it'],
    ['rolecall release publish --env staging', 'the current commit, promoted to staging'],
  ],
  run: async (values, host) => {
    const { runPublish } = await import('./publish-run.ts');
    return runPublish(values, host);
  },
});
