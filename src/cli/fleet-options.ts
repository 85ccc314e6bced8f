import type { Options } from 'yargs';
import type { OptionTable } from './command.ts';
import {
  cloudOptions,
  deployedBuildOptions,
  LIVE_OUTPUT,
  overrideOptions,
  packingOptions,
  reportOptions,
  roleOptions,
} from './options.ts';

/** Which machine of equals goes first. */
const ORDER = {
  type: 'string',
  requiresArg: true,
  choices: ['oldest', 'newest'],
  default: 'oldest',
  describe: 'Which of equal machines is ended first',
} as const satisfies Options;

/** For commands that change a fleet. */
export const fleetOptions = {
  ...roleOptions,
  'lock-wait': {
    type: 'string',
    syntax: 'duration-or-0s',
    requiresArg: true,
    default: '10m',
    describe: 'How long to wait for another run that is at work on the fleet',
  },
  yes: { alias: 'y', type: 'boolean', default: false, describe: 'Do it without asking' },
  'dry-run': { type: 'boolean', default: false, describe: 'Show what would be done, and do nothing' },
  order: ORDER,
  ...cloudOptions,
  output: LIVE_OUTPUT,
  ...reportOptions,
} as const;

/** For commands that bring new machines into a fleet. */
export const rolloutOptions = {
  wave: {
    type: 'string',
    requiresArg: true,
    default: '100%',
    describe: 'Machines launched at once after the first one: a part (10%) or a number',
  },
  canary: {
    type: 'boolean',
    default: true,
    describe: 'Launch one machine first, and go on when it has proved its boot',
  },
  'strict-budget': {
    type: 'boolean',
    default: false,
    describe: "Take a machine whose boot exceeds the catalogue's boot_budget for failed",
  },
  'max-failures': {
    type: 'string',
    syntax: 'number',
    requiresArg: true,
    default: '0',
    describe: 'Machines that may fail before no more are launched',
  },
  'on-failure': {
    type: 'string',
    requiresArg: true,
    choices: ['keep', 'stop', 'terminate'],
    default: 'keep',
    describe: 'What becomes of a machine that did not succeed',
  },
  ...deployedBuildOptions,
  ...overrideOptions,
  ...packingOptions,
  'launch-id': {
    type: 'string',
    requiresArg: true,
    describe: "Id of the launch that brings the new machines (default: the CI run's, or a new one)",
  },
  'accept-changes': {
    type: 'boolean',
    default: false,
    describe: 'Go on with a launch though the catalogue has changed since it began',
  },
} as const satisfies OptionTable;
