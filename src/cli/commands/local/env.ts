import { exitCode } from '../../../errors.ts';
import { write } from '../../../terminal/streams.ts';
import { command } from '../../command.ts';
import { catalogueOptions } from '../../options.ts';

/** `rolecall local env`: variables that point any AWS client to the local cloud. Exit 2 when none is up. */
export const localEnv = command({
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
    const [{ needCloud }, { regionFor }, { environmentLines }] = await Promise.all([
      import('../../../actions/local/running.ts'),
      import('../../../actions/region.ts'),
      import('../../../../packages/local-cloud/src/environment.ts'),
    ]);
    const { file } = await needCloud(host);
    await write(
      host.terminal.stdout,
      environmentLines(file, await regionFor(words, host, 'us-east-1'), shell === 'fish' ? 'fish' : 'sh'),
    );
    return exitCode('ok');
  },
});
