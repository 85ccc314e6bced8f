import { UsageError } from '../errors.ts';
import { isInstanceId } from '../nouns.ts';
import { command } from './command.ts';
import { cloudOptions, OUTPUT } from './options.ts';

/** `rolecall logs INSTANCE`: the boot log that a machine sent to the bucket when its boot failed. */
export const logs = command({
  positionals: '<instance>',
  options: {
    ...cloudOptions,
    output: OUTPUT,
    instance: { type: 'string', hidden: true },
  },
  examples: [['rolecall logs i-0123456789abcdef0', 'all that its failed boot printed']],
  run: async (values, host) => {
    const { instance } = values;
    if (instance === undefined || !isInstanceId(instance)) {
      throw new UsageError(`"${instance ?? ''}" is no instance id`, {
        hint: 'one looks like i-0123456789abcdef0',
      });
    }
    const { runLogs } = await import('./logs-run.ts');
    return runLogs({ ...values, instance, json: values.output === 'json' }, host);
  },
});
