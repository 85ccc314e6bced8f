import { endLocalCloud } from '../../../actions/local/down.ts';
import { exitCode } from '../../../errors.ts';
import { writeReport } from '../../../terminal/report.ts';
import { command } from '../../command.ts';

/** `rolecall local down`: ends the local cloud with all its machines. Exit 0 also when none is up. */
export default command({
  options: {},
  run: async (_values, host) => {
    const boxes = await endLocalCloud(host);
    const machines = boxes === 1 ? 'machine' : 'machines';
    const text =
      boxes === undefined
        ? 'No local cloud is up.\n'
        : `The local cloud is down; ${boxes} ${machines} ended with it.\n`;
    await writeReport(host.terminal, text);
    return exitCode('ok');
  },
});
