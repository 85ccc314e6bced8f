import type { Options } from 'yargs';
import type { OverrideWords } from '../actions/catalogue.ts';
import type { OptionTable } from './command.ts';

/** Options that many commands share, each defined once. */
const CATALOGUE = {
  type: 'string',
  requiresArg: true,
  describe: 'Catalogue file (default: the nearest roles.yaml, here or above)',
} as const satisfies Options;

const REGION = {
  type: 'string',
  requiresArg: true,
  describe: "AWS region (default: the catalogue's)",
} as const;
const PROFILE = { type: 'string', requiresArg: true, describe: 'AWS profile for the credentials' } as const;
const LOCAL = {
  type: 'boolean',
  default: false,
  describe: 'Use the local cloud in place of AWS',
} as const;

/** The output formats of commands that print one result. */
export const OUTPUT = {
  type: 'string',
  requiresArg: true,
  choices: ['text', 'json'],
  default: 'text',
  describe: 'Format of stdout',
} as const satisfies Options;

/** The output formats of commands that also tell what happens as it happens. */
export const LIVE_OUTPUT = {
  ...OUTPUT,
  choices: ['text', 'json', 'ndjson'],
} as const satisfies Options;

/** For commands that follow machines to their verdicts: reports beside that on stdout (see `reportsFor`). */
export const reportOptions = {
  junit: {
    type: 'string',
    requiresArg: true,
    describe: 'File for a JUnit XML report, a test case a machine',
  },
  report: {
    type: 'string',
    requiresArg: true,
    describe: 'File for an HTML report: one page, with the boot timeline of every machine',
  },
  against: {
    type: 'string',
    requiresArg: true,
    describe: 'Id of an earlier launch that the HTML report compares this one with',
  },
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
    type: 'string',
    requiresArg: true,
    describe: 'Tag of the build to deploy (default: the one that is promoted to the environment)',
  },
  'build-sha256': {
    type: 'string',
    requiresArg: true,
    describe: 'SHA-256 that the archive of that build must have, as `release publish` shows it',
  },
} as const satisfies OptionTable;

/** A file that looks like a secret and may be in an archive all the same. */
export const ALLOW_SECRET = {
  type: 'string',
  array: true,
  requiresArg: true,
  describe: 'File that looks like a secret and may be in the archive; again for more',
} as const satisfies Options;

/** For commands that pack a start-up bundle: what may be in it though it is refused otherwise. */
export const packingOptions = {
  'allow-secret': {
    ...ALLOW_SECRET,
    describe:
      'File of the bundle, or variables.NAME, that looks like a secret and may be in it; again for more',
  },
  'allow-outside': {
    type: 'string',
    array: true,
    requiresArg: true,
    describe:
      "Path outside of the catalogue's repository that the bundle may take files from; again for more",
  },
} as const satisfies OptionTable;

/** Which role, for which environment and context. */
export const roleOptions = {
  role: { type: 'string', requiresArg: true, describe: 'Role of the catalogue' },
  environment: {
    alias: 'env',
    type: 'string',
    requiresArg: true,
    describe: 'Environment of the catalogue',
  },
  context: { type: 'string', requiresArg: true, describe: 'Context of the catalogue' },
} as const satisfies OptionTable;

/** Values of the catalogue that the command line may override. */
export const overrideOptions = {
  'instance-type': { type: 'string', requiresArg: true, describe: 'EC2 instance type' },
  zone: { type: 'string', requiresArg: true, describe: 'Availability zone' },
  subnet: { type: 'string', requiresArg: true, describe: 'Subnet id' },
  ami: { type: 'string', requiresArg: true, describe: 'AMI id' },
  timeout: {
    type: 'string',
    syntax: 'duration',
    requiresArg: true,
    describe: 'Time from running to verdict (90s, 10m, 1h)',
  },
} as const satisfies Record<Exclude<keyof OverrideWords, 'region'>, OptionTable[string]>;
