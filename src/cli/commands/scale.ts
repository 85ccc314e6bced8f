import type { RolloutWords } from '../../actions/rollout.ts';
import { command } from '../command.ts';
import { fleetOptions, rolloutOptions } from '../fleet-options.ts';

/** `rolecall scale`: so many machines, no more and no fewer. */
export const scale = command({
  options: {
    to: {
      type: 'string',
      syntax: 'number',
      requiresArg: true,
      demandOption: true,
      describe: 'How many proved machines the fleet is to have',
    },
    ...fleetOptions,
    ...rolloutOptions,
  },
  examples: [
    ['rolecall scale --role web --env prod --context b --to 20', 'bring the fleet to 20 proved machines'],
    ['rolecall scale --role web --env prod --context b --to 0 --yes', 'end it'],
    ['rolecall scale --role web --env prod --context b --to 50 --wave 10%', 'one first, then tenths'],
  ],
  run: async (values, host) => {
    const { runScale } = await import('./scale-run.ts');
    return runScale(values as typeof values & RolloutWords, host);
  },
});
