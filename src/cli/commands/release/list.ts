import { APP } from '../../../actions/release.ts';
import { widthFor } from '../../../terminal/terminal.ts';
import { command } from '../../command.ts';
import { cloudOptions, OUTPUT } from '../../options.ts';
import { print } from '../../print.ts';

/** `rolecall release list`: the builds of an app, newest first. */
export const releaseList = command({
  options: { app: APP, ...cloudOptions, output: OUTPUT },
  examples: [['rolecall release list', 'builds, and which environments deploy them']],
  run: async (values, host) => {
    const [{ inBucket }, { listBuilds, pointersOf }, { listDocument, listText }] = await Promise.all([
      import('../../../actions/release-place.ts'),
      import('../../../release/list.ts'),
      import('../../../reporters/release-list.ts'),
    ]);
    return await inBucket(values, host, async ({ bucket, app, catalogue }) => {
      const [{ builds, damaged }, { pointers, damaged: damagedPointers }] = await Promise.all([
        listBuilds(bucket, app),
        pointersOf(bucket, app, catalogue.environments),
      ]);
      const list = { app, builds, pointers, damaged, damagedPointers };
      return await print(values.output, host, {
        text: () => listText(list, host.clock.now(), widthFor(host.terminal.stdout)),
        document: () => listDocument(list),
      });
    });
  },
});
