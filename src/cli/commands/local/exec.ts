import { runInLocalMachine } from '../../../actions/local/exec.ts';
import type { ExitCode } from '../../../errors.ts';
import { command } from '../../command.ts';

/** `rolecall local exec INSTANCE -- CMD...`: runs a command inside a local machine; the exit code is the command's. */
export default command({
  positionals: '<instance>',
  rest: ' -- COMMAND',
  options: { instance: { type: 'string', hidden: true } },
  examples: [
    ['rolecall local exec i-0123456789abcdef0 -- bash', 'a shell in the machine'],
    ['rolecall local exec i-0123456789abcdef0 -- service memcached status', 'ask it something'],
  ],
  run: async (values, host) => {
    // The code is the command's own: outside of rolecall's table.
    return (await runInLocalMachine(values.instance ?? '', commandOf(values), host)) as ExitCode;
  },
});

/** What stands after `--`, which yargs keeps apart but its types don't know. */
function commandOf(values: object): readonly string[] {
  const words: unknown = '--' in values ? values['--'] : [];
  return Array.isArray(words) ? words.map(String) : [];
}
