import { command } from '../command.ts';
import { machineWords } from '../machine-words.ts';
import { cloudOptions, machineTextOptions } from '../options.ts';

/** `rolecall logs INSTANCE`: the boot log that a machine sent to the bucket when its boot failed. */
export const logs = command({
  positionals: '<instance>',
  options: { ...cloudOptions, ...machineTextOptions },
  examples: [['rolecall logs i-0123456789abcdef0', 'all that its failed boot printed']],
  run: async (values, host) => {
    const words = machineWords(values);
    const { runLogs } = await import('./logs-run.ts');
    return runLogs({ ...values, ...words }, host);
  },
});
