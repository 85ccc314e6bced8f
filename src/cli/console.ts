import { UsageError } from '../errors.ts';
import { isInstanceId } from '../nouns.ts';
import { command } from './command.ts';
import { cloudOptions } from './options.ts';

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
    instance: { type: 'string', hidden: true },
  },
  run: async (values, host) => {
    const { instance } = values;
    if (instance === undefined || !isInstanceId(instance)) {
      throw new UsageError(`"${instance ?? ''}" is no instance id`, {
        hint: 'one looks like i-0123456789abcdef0',
      });
    }
    const { runConsole } = await import('./console-run.ts');
    return runConsole({ ...values, instance }, host);
  },
});
