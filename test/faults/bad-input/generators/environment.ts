import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator } from '../input.ts';
import { ODD_WORDS } from '../words.ts';

const NAMES: readonly string[] = [
  ...['HOME', 'PATH', 'TMPDIR', 'XDG_STATE_HOME', 'USER', 'TERM', 'COLUMNS', 'CI', 'NO_COLOR'],
  ...[
    'AWS_REGION',
    'AWS_PROFILE',
    'AWS_CONFIG_FILE',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_S3',
    'AWS_CA_BUNDLE',
  ],
  ...[
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'HTTPS_PROXY',
    'NODE_EXTRA_CA_CERTS',
  ],
  ...['GITHUB_ACTIONS', 'GITHUB_RUN_ID', 'GITHUB_JOB', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'BUILDKITE'],
  ...[
    'GIT_DIR',
    'GIT_CONFIG_GLOBAL',
    'GITLAB_CI',
    'CI_JOB_ID',
    'ROLECALL_LOCAL_BOXES',
    'ROLECALL_LOCAL_CLOCK_SPEED',
  ],
];

const COMMANDS: readonly (readonly string[])[] = [
  ['validate', '--output', 'json'],
  ['plan', '--role', 'cache', '--env', 'prod', '--context', 'b'],
  ['render', '--role', 'cache', '--env', 'prod', '--context', 'b'],
  ['bundle', 'build', '--role', 'cache', '--env', 'prod', '--context', 'b'],
  ['release', 'build', '--app', 'shop'],
  ['module', 'new', 'mine'],
  ['module', 'list'],
  ['status'],
  ['launch', '--role', 'cache', '--env', 'prod', '--context', 'b'],
  ['local', 'env'],
  ['roles', 'list'],
];

/** Node itself dies of a LANG such as `/x`, before rolecall's first line. */
const LOCALES: readonly string[] = ['C', 'POSIX', 'xx_YY.UTF-8', 'tr_TR.UTF-8', 'de_DE@euro', ''];

/** Surroundings that are missing, read-only or nonsense. */
export const environment: Generator = {
  name: 'environment',
  next: (random) => {
    const pairs = Array.from({ length: 1 + random.below(3) }, () => {
      if (random.chance(0.1)) return [random.pick(['LANG', 'LC_ALL']), random.pick(LOCALES)] as const;
      const value = random.chance(0.2) ? undefined : random.pick(ODD_WORDS);
      return [random.pick(NAMES), value] as const;
    });
    const readOnly = random.chance(0.2);
    return {
      what: readOnly ? 'odd variables, a read-only folder' : 'odd variables',
      argv: random.pick(COMMANDS),
      env: Object.fromEntries(pairs),
      prepare: (folder) => {
        if (!readOnly) return;
        mkdirSync(join(folder, 'modules'), { recursive: true });
        chmodSync(join(folder, 'modules'), 0o555);
      },
    };
  },
};
