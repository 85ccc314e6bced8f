import { exitCode } from '../../../errors.ts';
import { command } from '../../command.ts';

/**
 * `rolecall local serve REQUEST`: the inside of the process that `local up`, or a command with `--local`, starts. No help lists
 * it.
 */
export const localServe = command({
  positionals: '<request>',
  options: { request: { type: 'string', hidden: true } },
  run: async ({ request }, host) => {
    const { serveLocalCloud } = await import('../../../actions/local/serve.ts');
    await serveLocalCloud(request ?? '', host.terminal, host);
    return exitCode('ok');
  },
});
