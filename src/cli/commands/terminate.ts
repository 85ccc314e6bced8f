import type { LaunchId } from '../../model.ts';
import { command } from '../command.ts';
import { fleetOptions } from '../options.ts';

const {
  'dry-run': dryRun,
  'lock-wait': lockWait,
  yes,
  output: _,
  junit: __,
  report: ___,
  against: ____,
  order: _____,
  ...words
} = fleetOptions;

/** `rolecall terminate`: ends the machines of a launch, or of a fleet. */
export const terminate = command({
  positionals: '[launch]',
  options: {
    fleet: {
      type: 'boolean',
      default: false,
      describe: 'The machines of the fleet of --role, --env and --context',
    },
    failed: { type: 'boolean', default: false, describe: 'Only those that did not succeed, or are stopped' },
    ...words,
    'lock-wait': lockWait,
    yes,
    'dry-run': dryRun,
    output: { ...fleetOptions.output, choices: ['text', 'json'] },
  },
  examples: [
    ['rolecall terminate 20261121-215140-9f3a2c', 'the machines of a launch'],
    ['rolecall terminate --fleet --failed --role web --env prod --context b', 'what was kept for a look'],
  ],
  run: async (values, host) => {
    const { runTerminate } = await import('./terminate-run.ts');
    const { launch } = values as { readonly launch?: string };
    return runTerminate(
      { ...values, launch: launch as LaunchId | undefined, json: values.output === 'json' },
      host,
    );
  },
});
