import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { environmentLines } from '../src/environment.ts';

const CLOUD = {
  endpoint: 'http://127.0.0.1:40000',
  control: '/nowhere/control.sock',
  mark: '00000000-1.1',
  pid: 1,
  access_key_id: 'AKIAEXAMPLE',
  secret_access_key: `a+b/c'd "$(id)" \\ e`,
  kind: 'complete',
  started: '2026-01-31T00:00:00.000Z',
} as const;

test('a shell that evaluates the lines gets the variables as they are, and no profile', () => {
  const lines = environmentLines(CLOUD, 'eu-west-1', 'sh');
  const names = [
    'AWS_ENDPOINT_URL_EC2',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_PROFILE',
  ];
  const script = `eval "$LINES"; for name in ${names.join(' ')}; do printenv "$name" || echo none; done`;
  const shown = execFileSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LINES: lines, AWS_PROFILE: 'work' },
  });
  expect(shown.split('\n')).toEqual([
    CLOUD.endpoint,
    CLOUD.access_key_id,
    CLOUD.secret_access_key,
    'eu-west-1',
    'eu-west-1',
    'none',
    '',
  ]);
});

test('the lines for both shells', () => {
  const cloud = { ...CLOUD, secret_access_key: 'secret' };
  expect(environmentLines(cloud, 'eu-west-1', 'sh')).toBe(
    `# Points any AWS client to rolecall's local cloud:  eval "$(rolecall local env)"
export AWS_ENDPOINT_URL_EC2='http://127.0.0.1:40000'
export AWS_ENDPOINT_URL_S3='http://127.0.0.1:40000'
export AWS_ACCESS_KEY_ID='AKIAEXAMPLE'
export AWS_SECRET_ACCESS_KEY='secret'
export AWS_REGION='eu-west-1'
export AWS_DEFAULT_REGION='eu-west-1'
unset AWS_PROFILE
unset AWS_SESSION_TOKEN
`,
  );
  expect(environmentLines(cloud, 'us-east-1', 'fish')).toContain("set -gx AWS_REGION 'us-east-1';\n");
});
