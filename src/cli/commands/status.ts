import { command } from '../command.ts';
import { cloudOptions, OUTPUT, roleOptions } from '../options.ts';

/** `rolecall status`: the fleets that are there, and how their machines did. */
export const status = command({
  options: { ...roleOptions, ...cloudOptions, output: OUTPUT },
  examples: [
    ['rolecall status', "all fleets of the catalogue, and each machine's verdict, age and build"],
    ['rolecall status --role web --env prod --output json', 'those of one role and environment, as data'],
  ],
  run: async (values, host) => {
    const { runStatus } = await import('./status-run.ts');
    return runStatus({ ...values, json: values.output === 'json' }, host);
  },
});
