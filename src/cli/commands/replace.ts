import { command } from '../command.ts';
import { fleetOptions, rolloutOptions } from '../fleet-options.ts';
import type { ReplaceWords } from './replace-run.ts';

/** `rolecall replace`: new machines prove themselves, then old ones go. */
export const replace = command({
  options: {
    all: {
      type: 'boolean',
      default: false,
      describe: 'Replace all machines, and not only those that differ from what a launch would give now',
    },
    'allow-shrink': {
      type: 'boolean',
      default: false,
      describe: 'End what the fleet has beyond its target size, without a new machine for each',
    },
    ...fleetOptions,
    ...rolloutOptions,
  },
  examples: [
    [
      'rolecall replace --role web --env prod --context b',
      'bring a new build or a changed catalogue to the fleet',
    ],
    ['rolecall replace --role web --env prod --context b --wave 5 --yes', 'five at a time, in CI'],
  ],
  run: async (values, host) => {
    const { runReplace } = await import('./replace-run.ts');
    return runReplace(values as typeof values & ReplaceWords, host);
  },
});
