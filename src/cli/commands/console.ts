import { UsageError } from '../../errors.ts';
import { command } from '../command.ts';
import { machineWords } from '../machine-words.ts';
import { cloudOptions, machineTextOptions } from '../options.ts';

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
    ...machineTextOptions,
  },
  run: async (values, host) => {
    const words = machineWords(values);
    if (words.json && values.follow) {
      throw new UsageError('--follow has no end, and --output json is one document', {
        hint: 'leave out one of them',
      });
    }
    const { runConsole } = await import('./console-run.ts');
    return runConsole({ ...values, ...words }, host);
  },
});
