import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, sandbox } from '../support/cli.ts';
import { bundleCatalogue, writeModule } from '../support/modules.ts';

/** A module that prints the secret it is given, in all the ways in which scripts do that by mistake, and fails. */
const box = sandbox();
const SECRET = `it's "hunter2" & $HOME/.*[x]\\`;
const SECOND = 'second line of it';
const env = { LEAKY_TOKEN: `${SECRET}\n${SECOND}` };
const SCRIPT = `
echo "rolecall: token $leaky_token"
echo "$leaky_token"
printf '%s' "$leaky_token" | base64 -w 0; echo
( set -x; : "$leaky_token" )
declare -p leaky_token
echo "E: authentication failed for user:$(head -n 1 <<<"$leaky_token")" >&2
exit 9`;

const catalogue = join(box.home, 'roles.yaml');
const launch = [
  'launch',
  '--role',
  'leaky',
  '--env',
  'prod',
  '--context',
  'b',
  '--catalogue',
  catalogue,
  '--local',
];
/** The forms that a reader could take it from. */
const FORMS = [
  SECRET,
  SECOND,
  SECRET.replaceAll("'", "'\\''"),
  JSON.stringify(SECRET).slice(1, -1),
  Buffer.from(env.LEAKY_TOKEN).toString('base64'),
  'hunter2',
];
const read = (name: string) => readFileSync(join(box.home, name), 'utf8');
let id = '';

beforeAll(async () => {
  bundleCatalogue(box.home, { top: 'beacons: true\n' });
  const module = writeModule(box.home, 'leaky', SCRIPT);
  writeFileSync(
    join(module, 'module.yaml'),
    'description: Prints what it is given\nvariables:\n  leaky_token: { description: a token, type: string, required: true, secret: true }\n',
  );
  const text = readFileSync(catalogue, 'utf8');
  writeFileSync(
    catalogue,
    `${text}  leaky: { modules: [leaky], variables: { leaky_token: { env: LEAKY_TOKEN } } }\n`,
  );
  expect(await box.run(['local', 'up'])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

/** Everything of it is hidden, and something was. */
function expectHidden(text: string, what: string): void {
  for (const form of FORMS) expect({ what, shown: text.includes(form) }).toEqual({ what, shown: false });
}

describe('a declared secret that its module prints', () => {
  test('is in no output of a launch, in a job of GitHub Actions', async () => {
    for (const name of ['summary.md', 'outputs']) writeFileSync(join(box.home, name), '');
    const job = {
      ...env,
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: join(box.home, 'summary.md'),
      GITHUB_OUTPUT: join(box.home, 'outputs'),
    };
    const report = ['--output', 'ndjson', '--junit', join(box.home, 'report.xml')];
    const { code, stdout, stderr } = await box.run([...launch, ...report], { env: job });
    expect({ code, stderr: code === 3 ? '' : stderr }).toEqual({ code: 3, stderr: '' });
    const masks = stderr.split('\n').filter((line) => line.startsWith('::add-mask::'));
    expect(masks).toEqual([`::add-mask::${SECRET.replaceAll('%', '%25')}`, `::add-mask::${SECOND}`]);
    const rest = stderr.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expectHidden(rest.join('\n'), 'stderr');
    expectHidden(stdout, 'ndjson');
    for (const name of ['report.xml', 'summary.md', 'outputs']) expectHidden(read(name), name);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    id = result.machines[0].instance_id;
    expect(result.machines[0].failure.error).toBe('E: authentication failed for user:[redacted]');
    for (const text of [rest.join('\n'), read('report.xml'), read('summary.md')])
      expect(text).toContain('[redacted]');
  });

  test.each([
    ['console', ['console']],
    ['console, as it is', ['console', '--raw']],
    ['the log in the bucket', ['logs', '--raw']],
  ])('is not in %s', async (what, [command = '', ...more]) => {
    const { code, stdout } = await box.run([command, id, ...more, '--catalogue', catalogue, '--local']);
    expect(code).toBe(0);
    expect(stdout).toContain('authentication failed for user:[redacted]');
    expectHidden(stdout, what);
  });

  test('is in no log on the machine, nor in what cloud-init keeps of the script’s output', async () => {
    const script = 'cat /var/log/rolecall/* /var/log/cloud-init-output.log; ls -l /var/log/rolecall';
    const { code, stdout } = await box.run(['local', 'exec', id, '--', 'bash', '-c', script]);
    expect(code).toBe(0);
    expect(stdout).toContain('[redacted]');
    expectHidden(stdout, 'the logs');
    expect(stdout).toMatch(/^-rw------- 1 root root .*module\.leaky\.log$/m);
  });

  test('is told to no file: what GitHub’s runner would hide would stay in it in the clear', () => {
    const path = join(box.home, 'stderr.txt');
    const file = openSync(path, 'w');
    const { status } = spawnSync(process.execPath, [join(ROOT, 'dist/rolecall.cjs'), ...launch], {
      env: { ...box.env, ...env, GITHUB_ACTIONS: 'true' },
      stdio: ['ignore', 'ignore', file],
    });
    closeSync(file);
    expect(status).toBe(3);
    expectHidden(readFileSync(path, 'utf8'), 'a file');
  });
});
