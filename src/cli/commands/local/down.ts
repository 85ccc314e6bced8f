import { exitCode } from '../../../errors.ts';
import { writeReport } from '../../../terminal/report.ts';
import { command } from '../../command.ts';

/** `rolecall local down`: ends the local cloud with all its machines. Exit 0 also when none is up. */
export const localDown = command({
  options: {},
  run: async (_values, host) => {
    const [{ stateFolder }, { localFolder }, { endCloud, runningCloud }] = await Promise.all([
      import('../../../files/state-folder.ts'),
      import('../../../../packages/local-cloud/src/cloud-file.ts'),
      import('../../../../packages/local-cloud/src/control/client.ts'),
    ]);
    const up = await runningCloud(localFolder(stateFolder(host.env)));
    if (up === undefined) {
      await writeReport(host.terminal, 'No local cloud is up.\n');
      return exitCode('ok');
    }
    const boxes = await endCloud(up.file, host.clock);
    const machines = boxes === 1 ? 'machine' : 'machines';
    await writeReport(host.terminal, `The local cloud is down; ${boxes} ${machines} ended with it.\n`);
    return exitCode('ok');
  },
});
