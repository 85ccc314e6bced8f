import { APP, ENVIRONMENT, WHY } from '../../../actions/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { cloudOptions, OUTPUT } from '../../options.ts';
import { printOutcome } from '../../print.ts';

/** `rolecall release rollback`: goes back to the build before. */
export const releaseRollback = command({
  options: {
    to: {
      type: 'string',
      requiresArg: true,
      describe: 'Tag to go back to (default: the build before the current one)',
    },
    environment: ENVIRONMENT,
    why: WHY,
    app: APP,
    ...cloudOptions,
    output: OUTPUT,
  },
  examples: [
    ['rolecall release rollback --env prod', 'the build before the current one; again: the one before that'],
  ],
  run: async (values, host) => {
    const [{ environmentOf }, { inBucket, moverOf }, { rollback }, { movedDocument, movedText, sentences }] =
      await Promise.all([
        import('../../../actions/release.ts'),
        import('../../../actions/release-place.ts'),
        import('../../../release/move.ts'),
        import('../../../reporters/release.ts'),
      ]);
    const mover = moverOf(values.why, host);
    return await inBucket(values, host, async ({ bucket, app, catalogue }) => {
      const environment = environmentOf(values.environment, catalogue);
      const moved = await rollback(bucket, app, environment, values.to, mover);
      return await printOutcome(values.output, host, {
        text: () => sentences(movedText(moved, environment), widthFor(host.terminal.stdout)),
        document: () => movedDocument(moved, environment),
      });
    });
  },
});
