import type { OutputFormat } from '../../reporters/progress.ts';
import { command, type Values } from '../command.ts';
import {
  cloudOptions,
  deployedBuildOptions,
  LIVE_OUTPUT,
  overrideOptions,
  packingOptions,
  reportOptions,
  roleOptions,
} from '../options.ts';

const options = {
  ...roleOptions,
  count: { type: 'number', requiresArg: true, describe: 'How many machines (default: 1)' },
  ...deployedBuildOptions,
  ...overrideOptions,
  ...packingOptions,
  ...cloudOptions,
  local: {
    ...cloudOptions.local,
    describe: 'Use the local cloud in place of AWS; where none is up, one for this command alone',
  },
  'launch-id': {
    type: 'string',
    requiresArg: true,
    describe: 'Id of the launch; the same id again goes on with it (default: a new one)',
  },
  yes: {
    alias: 'y',
    type: 'boolean',
    default: false,
    describe: 'Launch what was picked without asking once more',
  },
  output: LIVE_OUTPUT,
  ...reportOptions,
} as const;

export type LaunchValues = Omit<Values<typeof options>, 'output'> & { readonly output: OutputFormat };

/** `rolecall launch`, `launch`: the main job. */
export const launch = command({
  options,
  examples: [
    ['launch --role memcached --env prod --context b', 'launch one machine'],
    ['launch', 'pick from a list'],
    ['launch --role memcached --env prod --context b --local', 'rehearse it here, without AWS'],
  ],
  run: async (values, host) => {
    const { runLaunch } = await import('./launch-run.ts');
    return runLaunch({ ...values, output: values.output as OutputFormat }, host);
  },
});
