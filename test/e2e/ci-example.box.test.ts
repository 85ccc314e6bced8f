import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Result, ROOT, sandbox } from '../support/cli.ts';
import { pageDataOf } from '../support/page.ts';

const box = sandbox();
const checkout = join(box.home, 'checkout');
const bin = join(box.home, 'bin');
/** What `rolecall local env` says. */
let cloud: Readonly<Record<string, string>> = {};

const example = (name: string) => readFileSync(join(ROOT, 'docs/examples', name), 'utf8');
const read = (name: string) => readFileSync(join(box.home, name), 'utf8');

/** Runs lines as a CI system does: one bash that ends at the first that fails. */
function bash(lines: readonly string[], env: NodeJS.ProcessEnv): Promise<Result> {
  const child = spawn('bash', ['-eo', 'pipefail', '-c', lines.join('\n')], {
    cwd: checkout,
    env: { ...box.env, PATH: `${bin}:${box.env['PATH']}`, CI: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    seen.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    seen.stderr += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...seen }));
  });
}

const result = ({ stdout }: Result) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
const succeeded = { event: 'result', exit_code: 0, summary: { requested: 20, succeeded: 20 } };

beforeAll(async () => {
  mkdirSync(bin);
  mkdirSync(checkout);
  symlinkSync(join(ROOT, 'dist/rolecall.cjs'), join(bin, 'rolecall'));
  cpSync(join(ROOT, 'roles.yaml'), join(checkout, 'roles.yaml'));
  cpSync(join(ROOT, 'example/image'), join(checkout, 'example/image'), { recursive: true });
  expect(await box.run(['local', 'up'], { cwd: checkout })).toMatchObject({ code: 0 });
  // Brings the catalogue's image and bucket into the cloud; the examples come as from anywhere.
  const first = ['launch', '--role', 'worker', '--env', 'prod', '--context', 'b', '--local'];
  expect(await box.run(first, { cwd: checkout })).toMatchObject({ code: 0 });
  const { stdout } = await box.run(['local', 'env'], { cwd: checkout });
  cloud = Object.fromEntries(
    [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(Object.keys(cloud)).toContain('AWS_ENDPOINT_URL_EC2');
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

describe('the example for GitHub Actions', () => {
  const workflow = parse(example('scale.yml'));
  const { steps } = workflow.jobs.scale;
  const runs: string[] = steps.flatMap(({ run }: { run?: string }) => run ?? []);
  const uses: string[] = steps.flatMap(({ uses: action }: { uses?: string }) => action ?? []);

  test('is what the README shows', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const [, shown = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(shown).toContain('rolecall scale');
    expect(example('scale.yml')).toContain(shown);
  });

  test('may ask for an OIDC token, gets credentials by it, and keeps the report however it ends', () => {
    expect(workflow.permissions).toEqual({ 'id-token': 'write', contents: 'read' });
    const credentials = steps.find(({ uses: action = '' }) => action.startsWith('aws-actions/configure-aws'));
    expect(Object.keys(credentials.with)).toEqual(['role-to-assume', 'aws-region']);
    const upload = steps.find(({ uses: action = '' }) => action.startsWith('actions/upload-artifact@'));
    expect(upload).toMatchObject({ if: 'always()', with: { path: 'report.html\nreport.xml\n' } });
    expect(uses[0]).toMatch(/^actions\/checkout@/);
  });

  test.each(['scale.yml', 'release.yml'])(
    '%s brings rolecall at a commit before it has credentials',
    (name) => {
      const [job] = Object.values<{ steps: { uses?: string; run?: string }[] }>(parse(example(name)).jobs);
      const words = job?.steps.map((step) => step.uses ?? step.run ?? '') ?? [];
      const at = (start: string) => words.findIndex((word) => word.startsWith(start));
      expect(words).toContain('OWNER/rolecall@COMMIT');
      expect(at('OWNER/rolecall@')).toBeLessThan(at('aws-actions/configure-aws-credentials@'));
      expect(at('aws-actions/configure-aws-credentials@')).toBeLessThan(at('rolecall '));
      expect(words.filter((word) => /\bnp[mx]\b/.test(word))).toEqual([]);
    },
  );

  test('its steps launch machines, and tell the job what became of them; a re-run finds the same', async () => {
    const env = {
      ...cloud,
      GITHUB_ACTIONS: 'true',
      GITHUB_RUN_ID: '16588214935',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'shop/infra',
      GITHUB_JOB: 'scale',
      GITHUB_STEP_SUMMARY: join(box.home, 'summary.md'),
      GITHUB_OUTPUT: join(box.home, 'outputs'),
    };
    const attempt = async (number: number) => {
      for (const name of ['summary.md', 'outputs']) writeFileSync(join(box.home, name), '');
      const ran = await bash(runs, { ...env, GITHUB_RUN_ATTEMPT: String(number) });
      expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 });
      expect(ran.stderr).not.toContain('::error');
      return result(ran);
    };
    const first = await attempt(1);
    expect(first).toMatchObject({
      ...succeeded,
      launch: { id: expect.stringMatching(/^github-16588214935-scale-/) },
    });
    expect(read('checkout/report.xml').match(/<testcase name="i-/g)).toHaveLength(20);
    expect(read('summary.md')).toMatch(/^### ✅ web prod\/b: 20 of 20 machines proved\n/);
    expect(read('summary.md')).toContain(
      '[HTML report](https://github.com/shop/infra/actions/runs/16588214935#artifacts)',
    );
    expect(pageDataOf(read('checkout/report.html')).document).toMatchObject({ launch: first.launch });
    expect(read('outputs')).toContain(
      `launch-id=${first.launch.id}\nexit-code=0\nrequested=20\nsucceeded=20\n`,
    );
    expect((await attempt(2)).machines).toMatchObject(
      first.machines.map(({ instance_id }: { instance_id: string }) => ({ instance_id })),
    );
  });
});

describe('the example for GitLab', () => {
  const { scale } = parse(example('gitlab-scale.yml'));
  let sts: Server;
  const asked: URLSearchParams[] = [];

  const tarball = join(checkout, 'tools/rolecall.tgz');
  let sha256: string;
  /** The lines before the script, with the package's hash in the placeholder. */
  const prepare = (hash: string): string[] =>
    scale.before_script.map((line: string) => line.replace('ROLECALL_SHA256', hash));

  /** An STS that gives the local cloud's keys for a token, and the package in the repository. */
  beforeAll(async () => {
    const answer = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${cloud['AWS_ACCESS_KEY_ID']}</AccessKeyId>
<SecretAccessKey>${cloud['AWS_SECRET_ACCESS_KEY']}</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
    sts = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      asked.push(new URLSearchParams(body));
      response.writeHead(200, { 'content-type': 'text/xml' }).end(answer);
    });
    await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve));
    // The bundle is there already, and other tests are using it: pack without building again.
    mkdirSync(dirname(tarball));
    const pack = `npm pack --ignore-scripts --pack-destination ${box.home} && mv ${box.home}/rolecall-*.tgz ${tarball}`;
    expect(await bash([`cd ${ROOT}`, pack], {})).toMatchObject({ code: 0 });
    sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  });
  afterAll(async () => {
    await new Promise((resolve) => sts.close(resolve));
  });

  test('installs nothing from a package whose hash is another one', async () => {
    const env = { npm_config_prefix: join(box.home, 'other'), CI_PROJECT_DIR: checkout };
    const ran = await bash(prepare('0'.repeat(64)), env);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('tools/rolecall.tgz: FAILED');
    expect(existsSync(join(box.home, 'other'))).toBe(false);
  });

  test('shows the report of machines, however the job ends', () => {
    expect(scale.artifacts).toEqual({
      when: 'always',
      expose_as: 'rolecall report',
      paths: ['report.html'],
      reports: { junit: 'report.xml' },
    });
  });

  test('its script launches machines with the credentials that its OIDC token gives', async () => {
    const { port } = sts.address() as AddressInfo;
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...place } = cloud;
    const variables = Object.fromEntries(
      Object.entries<string>(scale.variables).map(([name, value]) => [
        name,
        value.replaceAll(`\${CI_PROJECT_DIR}`, checkout),
      ]),
    );
    rmSync(join(checkout, 'report.xml'), { force: true });
    const fleet = ['--fleet', '--role', 'web', '--env', 'prod', '--context', 'b', '--yes', '--local'];
    expect(await box.run(['terminate', ...fleet], { cwd: checkout })).toMatchObject({ code: 0 });
    const ran = await bash([...prepare(sha256), ...scale.script], {
      ...place,
      PATH: `${join(box.home, 'npm/bin')}:${box.env['PATH']}`,
      npm_config_prefix: join(box.home, 'npm'),
      ...variables,
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}`,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/rolecall',
      AWS_ID_TOKEN: 'a.b.c',
      GITLAB_CI: 'true',
      CI_PIPELINE_ID: '4711',
      CI_SERVER_HOST: 'gitlab.com',
      CI_PROJECT_ID: '7',
      CI_JOB_NAME: 'scale',
      CI_PROJECT_DIR: checkout,
    });
    expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 });
    expect(result(ran)).toMatchObject({
      ...succeeded,
      launch: { id: expect.stringMatching(/^gitlab-4711-scale-/) },
    });
    expect(asked[0]?.get('RoleArn')).toBe('arn:aws:iam::123456789012:role/rolecall');
    expect(asked[0]?.get('WebIdentityToken')).toBe('a.b.c');
    expect(read('checkout/report.xml').match(/<testcase name="i-/g)).toHaveLength(20);
    expect(ran.stdout + ran.stderr).not.toContain('a.b.c');
  });
});

describe('action.yml', () => {
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'));
  const [setup, run] = action.runs.steps;
  const temp = join(box.home, 'runner');
  const env = () => ({
    ...cloud,
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION_PATH: ROOT,
    GITHUB_PATH: join(box.home, 'path'),
    GITHUB_OUTPUT: join(box.home, 'action-outputs'),
    RUNNER_TEMP: temp,
    PATH: box.env['PATH'],
  });
  const withArgs = (args: string, more = {}) => bash([run.run], { ...env(), ROLECALL_ARGS: args, ...more });
  beforeAll(() => mkdirSync(temp));

  test('hands its input over as it is told, and names every output', async () => {
    expect(run).toMatchObject({ id: 'run', env: { ROLECALL_ARGS: `\${{ inputs.args }}` } });
    const ran = await withArgs(
      'launch --role worker --env prod --context b --output json --report out/boot.html',
    );
    expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 });
    const written = [...read('action-outputs').matchAll(/^([\w-]+)=/gm)].map(([, name]) => name);
    expect(Object.keys(action.outputs)).toEqual(written);
    for (const [name, { value }] of Object.entries<{ value: string }>(action.outputs))
      expect(value).toBe(`\${{ steps.run.outputs.${name} }}`);
  });

  test('puts rolecall on the path of later steps', async () => {
    expect(await bash([setup.run], env())).toMatchObject({ code: 0 });
    const path = `${read('path').trim()}:${box.env['PATH']}`;
    const { code, stdout } = await bash(['rolecall --version', 'launch --help'], { PATH: path });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n/) });
    expect(stdout).toContain('rolecall launch');
  });

  test('takes quotes as a shell does, and expands and runs nothing', async () => {
    const marker = join(box.home, 'marker');
    const ran = await withArgs(`roles show --role "$(touch ${marker})" --env 'a b' --context b`);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`$(touch ${marker})`);
    expect(() => readFileSync(marker)).toThrow('ENOENT');
    const shown = await withArgs(`roles   show "web" --env 'prod'\n --context b`);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('web') });
  });

  test('a quote without its other half is an error that says so', async () => {
    const ran = await withArgs('launch --role "web');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('::error title=rolecall::the input args has a quote without its other half');
  });
});
