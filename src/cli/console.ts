import { UsageError } from '../errors.ts';
import { isInstanceId } from '../nouns.ts';
import { command } from './command.ts';
import { cloudOptions, OUTPUT } from './options.ts';

/** `rolecall console INSTANCE`: the console as far as EC2 has it, in both of EC2's modes. */
export const consoleCommand = command({
  positionals: '<instance>',
  options: {
    ...cloudOptions,
    follow: {
      alias: 'f',
      type: 'boolean',
      default: false,
      describe: 'Go on as the console grows, until Ctrl-C',
    },
    output: OUTPUT,
    instance: { type: 'string', hidden: true },
  },
  run: async (values, host) => {
    const { instance } = values;
    if (instance === undefined || !isInstanceId(instance)) {
      throw new UsageError(`"${instance ?? ''}" is no instance id`, {
        hint: 'one looks like i-0123456789abcdef0',
      });
    }
    const json = values.output === 'json';
    if (json && values.follow) {
      throw new UsageError('--follow has no end, and --output json is one document', {
        hint: 'leave out one of them',
      });
    }
    const { runConsole } = await import('./console-run.ts');
    return runConsole({ ...values, instance, json }, host);
  },
});
