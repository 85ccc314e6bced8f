import { APP, ENVIRONMENT } from '../../../actions/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { cloudOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall release history`: who moved an environment's pointer, when, from where, to where and why. */
export const releaseHistory = command({
  options: { environment: ENVIRONMENT, app: APP, ...cloudOptions, output: OUTPUT },
  examples: [['rolecall release history --env prod', 'the moves, newest first']],
  run: async (values, host) => {
    const [{ inBucket }, { environmentOf }, { readPointer }, { historyDocument, historyText }] =
      await Promise.all([
        import('../../../actions/release-place.ts'),
        import('../../../actions/release.ts'),
        import('../../../release/current.ts'),
        import('../../../reporters/release-list.ts'),
      ]);
    return await inBucket(values, host, async ({ bucket, app, catalogue }) => {
      const environment = environmentOf(values.environment, catalogue);
      const pointer = (await readPointer(bucket, app, environment))?.pointer;
      const history = { app, environment, tag: pointer?.tag ?? null, moves: pointer?.moves ?? [] };
      return await print(values.output, host, {
        text: () => historyText(history, widthFor(host.terminal.stdout)),
        document: () => historyDocument(history),
      });
    });
  },
});
