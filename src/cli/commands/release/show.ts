import { APP, ENVIRONMENT } from '../../../actions/release.ts';
import { UsageError } from '../../../errors.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { cloudOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall release show`: all about one build, by its tag or by the environment that deploys it. */
export const releaseShow = command({
  positionals: '[tag]',
  options: {
    tag: { type: 'string', hidden: true, describe: 'Tag of the build' },
    environment: { ...ENVIRONMENT, describe: 'Environment whose current build is meant' },
    app: APP,
    ...cloudOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall release show v1.2.0', 'that build'],
    ['rolecall release show --env prod', 'what prod deploys'],
  ],
  run: async (values, host) => {
    const { tag, environment } = values;
    if ((tag === undefined) === (environment === undefined))
      throw new UsageError('name a build: TAG or --env, one of them', {
        hint: 'rolecall release list tells what there is',
      });
    const [{ inBucket }, { environmentOf }, { currentBuild, findBuild }, { showDocument, showText }] =
      await Promise.all([
        import('../../../actions/release-place.ts'),
        import('../../../actions/release.ts'),
        import('../../../release/current.ts'),
        import('../../../reporters/release-list.ts'),
      ]);
    return await inBucket(values, host, async ({ bucket, app, catalogue }) => {
      const shown =
        tag === undefined
          ? await currentBuild(bucket, app, environmentOf(environment, catalogue))
          : { build: await findBuild(bucket, app, tag), movedAt: undefined, by: undefined };
      return await print(values.output, host, {
        text: () => showText(shown, host.clock.now(), widthFor(host.terminal.stdout)),
        document: () => showDocument(shown),
      });
    });
  },
});
