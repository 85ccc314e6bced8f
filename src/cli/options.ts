/** Options that several commands take, each defined once. What a command takes is a table of these and of its own. */
import type { Options } from 'yargs';
import type { OverrideFlag } from '../api/use-cases.ts';
import { UsageError } from '../errors.ts';
import { isLaunchId, type LaunchId } from '../model.ts';
import type { OptionTable } from './command.ts';

const text = { type: 'string' } as const;
const list = { type: 'string', array: true } as const;
const flag = { type: 'boolean', default: false } as const;

const CATALOGUE = { ...text, describe: 'Catalogue file (default: the nearest roles.yaml, here or above)' };
const REGION = { ...text, describe: "AWS region (default: the catalogue's)" };
const PROFILE = { ...text, describe: 'AWS profile for the credentials' };
const LOCAL = { ...flag, describe: 'Use the local cloud in place of AWS' };

/** The output formats of commands that print one result. */
export const OUTPUT = {
  ...text,
  describe: 'Format of stdout',
  choices: ['text', 'json'],
  default: 'text',
} as const satisfies Options;

/** The output formats of commands that also tell what happens as it happens. */
export const LIVE_OUTPUT = { ...OUTPUT, choices: ['text', 'json', 'ndjson'] } as const satisfies Options;

/** Time from running to verdict. */
export const TIMEOUT = {
  ...text,
  describe: 'Time from running to verdict (90s, 10m, 1h)',
  syntax: 'duration',
} as const;

/** How many machines a launch asks for. */
export const COUNT = { type: 'number', describe: 'How many machines (default: 1)' } as const;

/** The launch that a command is about: its argument. */
export const LAUNCH = { type: 'string', hidden: true } as const;

/** The launch that is named. @throws UsageError where it can't be one */
export function launchNamed(text: string | undefined): LaunchId {
  if (text !== undefined && isLaunchId(text)) return text;
  throw new UsageError(`"${text ?? ''}" is no launch id`, {
    hint: 'launch prints it; the tag rolecall:launch holds it',
  });
}

/** The id that a payload is rendered for. */
export const LAUNCH_ID = { ...text, describe: 'Id of the launch (default: a new one)' };

/** Whether people are asked. */
export const YES = { ...flag, describe: 'Do it without asking', alias: 'y' } as const;

/** A file that looks like a secret and may be in an archive all the same. */
export const ALLOW_SECRET = {
  ...list,
  describe: 'File that looks like a secret and may be in the archive; again for more',
};

/** For commands that follow machines to their verdicts: reports beside that on stdout (see `reportsFor`). */
export const reportOptions = {
  junit: { ...text, describe: 'File for a JUnit XML report, a test case a machine' },
  report: { ...text, describe: 'File for an HTML report: one page, with the boot timeline of every machine' },
  against: { ...text, describe: 'Id of an earlier launch that the HTML report compares this one with' },
} as const satisfies OptionTable;

/** For commands that only read the catalogue; they take, and don't need, what all commands take. */
export const catalogueOptions = {
  catalogue: CATALOGUE,
  region: REGION,
  profile: { ...PROFILE, hidden: true },
  local: { ...LOCAL, hidden: true },
} as const;

/** For commands that talk to AWS or the local cloud. */
export const cloudOptions = { catalogue: CATALOGUE, region: REGION, profile: PROFILE, local: LOCAL } as const;

/** Which build a role's app is deployed from. */
export const deployedBuildOptions = {
  build: {
    ...text,
    describe: 'Tag of the build to deploy (default: the one that is promoted to the environment)',
  },
  'build-sha256': {
    ...text,
    describe: 'SHA-256 that the archive of that build must have, as `release publish` shows it',
  },
} as const satisfies OptionTable;

/** For commands that pack a start-up bundle: what may be in it though it is refused otherwise. */
export const packingOptions = {
  'allow-secret': {
    ...list,
    describe:
      'File of the bundle, or variables.NAME, that looks like a secret and may be in it; again for more',
  },
  'allow-outside': {
    ...list,
    describe:
      "Path outside of the catalogue's repository that the bundle may take files from; again for more",
  },
} as const satisfies OptionTable;

/** The file with a bundle's key: never the key itself, which every user of the machine could read in the list of processes. */
export const KEY_FILE = {
  ...text,
  describe: 'File with the key, or with the user data that holds it (default: FILE.key)',
};

/** Which role, for which environment and context. */
export const roleOptions = {
  role: { ...text, describe: 'Role of the catalogue' },
  environment: { ...text, describe: 'Environment of the catalogue', alias: 'env' },
  context: { ...text, describe: 'Context of the catalogue' },
} as const satisfies OptionTable;

/** Values of the catalogue that the command line may override. */
export const overrideOptions = {
  'instance-type': { ...text, describe: 'EC2 instance type' },
  zone: { ...text, describe: 'Availability zone' },
  subnet: { ...text, describe: 'Subnet id' },
  ami: { ...text, describe: 'AMI id' },
  timeout: TIMEOUT,
} as const satisfies Record<OverrideFlag, OptionTable[string]>;

/** For commands that print what one machine printed. */
export const machineTextOptions = {
  raw: { ...flag, describe: 'Print it as the machine did, with escape sequences and all' },
  output: OUTPUT,
  instance: { type: 'string', hidden: true },
} as const;

/** For commands that change a fleet. */
export const fleetOptions = {
  ...roleOptions,
  'lock-wait': {
    ...text,
    describe: 'How long to wait for another run that is at work on the fleet',
    syntax: 'duration-or-0s',
    default: '10m',
  },
  yes: YES,
  'dry-run': { ...flag, describe: 'Show what would be done, and do nothing' },
  order: {
    ...text,
    describe: 'Which of equal machines is ended first',
    choices: ['oldest', 'newest'],
    default: 'oldest',
  },
  ...cloudOptions,
  output: LIVE_OUTPUT,
  ...reportOptions,
} as const;

/** For commands that bring new machines into a fleet. */
export const rolloutOptions = {
  wave: {
    ...text,
    describe: 'Machines launched at once after the first one: a part (10%) or a number',
    default: '100%',
  },
  canary: {
    ...flag,
    describe: 'Launch one machine first, and go on when it has proved its boot',
    default: true,
  },
  'strict-budget': {
    ...flag,
    describe: "Take a machine whose boot exceeds the catalogue's boot_budget for failed",
  },
  'max-failures': {
    ...text,
    describe: 'Machines that may fail before no more are launched',
    syntax: 'number',
    default: '0',
  },
  'on-failure': {
    ...text,
    describe: 'What becomes of a machine that did not succeed',
    choices: ['keep', 'stop', 'terminate'],
    default: 'keep',
  },
  ...deployedBuildOptions,
  ...overrideOptions,
  ...packingOptions,
  'launch-id': {
    ...text,
    describe: "Id of the launch that brings the new machines (default: the CI run's, or a new one)",
  },
  'accept-changes': {
    ...flag,
    describe: 'Go on with a launch though the catalogue has changed since it began',
  },
} as const satisfies OptionTable;

/** For the release commands. */
export const APP = { ...text, describe: 'App (default: the only one of the catalogue)' };
export const ENVIRONMENT = { ...text, describe: 'Environment of the catalogue', alias: 'env' } as const;
export const WHY = { ...text, describe: 'Reason, for the history' };

/** What is built of a git ref, and how. */
export const buildOptions = {
  dirty: { ...flag, describe: 'Build the work tree with its changes, and mark it so' },
  tag: {
    ...text,
    describe: "Tag of the build (default: the git tag's name, else the commit's first 12 digits)",
  },
  compression: {
    ...text,
    describe: "Compression of the archive (default: the catalogue's, else gzip)",
    choices: ['gzip', 'zstd'],
  },
  'allow-secret': ALLOW_SECRET,
} as const satisfies OptionTable;
