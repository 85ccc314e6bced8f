import { localEnvironment } from '../../../actions/local/running.ts';
import { exitCode } from '../../../errors.ts';
import { write } from '../../../terminal/streams.ts';
import { command } from '../../command.ts';
import { catalogueOptions } from '../../options.ts';

/** `rolecall local env`: variables that point any AWS client to the local cloud. Exit 2 when none is up. */
export default command({
  options: {
    ...catalogueOptions,
    shell: {
      type: 'string',
      requiresArg: true,
      choices: ['sh', 'fish'],
      default: 'sh',
      describe: 'Shell that reads the lines',
    },
  },
  examples: [['eval "$(rolecall local env)"', 'then: aws ec2 describe-instances']],
  run: async ({ shell, ...words }, host) => {
    const lines = await localEnvironment(words, shell === 'fish' ? 'fish' : 'sh', host);
    await write(host.terminal.stdout, lines);
    return exitCode('ok');
  },
});
