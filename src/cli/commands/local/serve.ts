import { serveLocalCloud } from '../../../actions/local/serve.ts';
import { exitCode } from '../../../errors.ts';
import { command } from '../../command.ts';

/**
 * `rolecall local serve REQUEST`: the inside of the process that `local up`, or a command with `--local`, starts. No help lists
 * it.
 */
export default command({
  positionals: '<request>',
  options: { request: { type: 'string', hidden: true } },
  run: async ({ request }, host) => {
    await serveLocalCloud(request ?? '', host.terminal, host);
    return exitCode('ok');
  },
});
