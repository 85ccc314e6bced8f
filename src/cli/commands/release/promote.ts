import { APP, ENVIRONMENT, WHY } from '../../../actions/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { cloudOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall release promote`: makes a build the one that an environment deploys. */
export const releasePromote = command({
  positionals: '<tag>',
  options: {
    tag: { type: 'string', hidden: true, describe: 'Tag of the build' },
    environment: ENVIRONMENT,
    why: WHY,
    app: APP,
    ...cloudOptions,
    output: OUTPUT,
  },
  examples: [
    [
      'rolecall release promote v1.2.0 --env prod --why "fixes the cart"',
      'machines launched from now on deploy it',
    ],
  ],
  run: async (values, host) => {
    const [{ environmentOf }, { inBucket, moverOf }, { promote }, { movedDocument, movedText, sentences }] =
      await Promise.all([
        import('../../../actions/release.ts'),
        import('../../../actions/release-place.ts'),
        import('../../../release/move.ts'),
        import('../../../reporters/release.ts'),
      ]);
    const mover = moverOf(values.why, host);
    return await inBucket(values, host, async ({ bucket, app, catalogue }) => {
      const environment = environmentOf(values.environment, catalogue);
      const moved = await promote(bucket, app, environment, String(values.tag), mover);
      return await printOutcome(values.output, host, {
        text: () => sentences(movedText(moved, environment), widthFor(host.terminal.stdout)),
        document: () => movedDocument(moved, environment),
      });
    });
  },
});
