import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { widthOf } from '../../src/text.ts';
import { rolecall, words } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'rolecall-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A catalogue of its own in the folder, with further lines below `roles:`. */
function catalogue(name: string, roles: string): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    `version: 1\nname: cli\nregion: eu-central-1\nami: ami-0123456789abcdef0\ndefaults: { instance_type: t3.micro }\nenvironments: { prod: {} }\ncontexts: { a: {} }\nroles:\n${roles}`,
  );
  return file;
}

describe('validate', () => {
  test('says that the shipped catalogue is sound', async () => {
    expect(await rolecall(['validate'])).toEqual({
      code: 0,
      stdout: 'roles.yaml: no faults (5 roles, 2 environments, 2 contexts)\n',
      stderr: '',
    });
    const { stdout } = await rolecall(words('validate --output json'));
    expect(JSON.parse(stdout)).toMatchObject({ faults: [] });
  });

  test.each([1, 5])('tells all of %i faults at once, with a caret, and then the next step', async (count) => {
    const roles = Array.from({ length: count }, (_, index) => `  r${index}: { instnce_type: t3.micro }\n`);
    const file = catalogue(`faults-${count}.yaml`, roles.join(''));
    const { code, stdout, stderr } = await rolecall(['validate', '--catalogue', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (let line = 9; line < 9 + count; line += 1)
      expect(stderr).toContain(`.yaml:${line}:9: unknown key "instnce_type"`);
    expect(stderr.match(/^ +\| +\^{12}$/gm)).toHaveLength(count);
    expect(stderr).toMatch(/\n\n? {2}→ mend the catalogue, then check it with: rolecall validate\n$/);
  });

  test('as data: one document with the same words', async () => {
    const file = catalogue('one.yaml', '  web: { instnce_type: t3.micro }\n');
    const { code, stdout } = await rolecall(['validate', '--catalogue', file, '--output', 'json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        exit: 2,
        code: null,
        message: expect.stringContaining('unknown key "instnce_type" in roles.web'),
        hint: 'mend the catalogue, then check it with: rolecall validate',
        faults: [
          {
            file,
            line: 9,
            column: 10,
            path: 'roles.web.instnce_type',
            message: expect.stringContaining('unknown key "instnce_type"'),
            expected: expect.any(String),
            suggestion: 'instance_type',
          },
        ],
      },
    });
  });

  test('in 40 columns prose is broken at spaces, the quoted line and its caret are not', async () => {
    const file = catalogue('narrow.yaml', '  web: { instnce_type: t3.micro, timeout: 10m }\n');
    const { stderr } = await rolecall(['validate', '--catalogue', file], {
      columns: 40,
      env: { NO_COLOR: '1' },
    });
    expect(stderr).toContain('\n  9 |   web: { instnce_type: t3.micro, timeout: 10m }\n');
    const prose = stderr.split('\n').filter((line) => !/^ *\d* \| |\.yaml:/.test(line));
    for (const line of prose) expect({ line, fits: widthOf(line) <= 40 }).toEqual({ line, fits: true });
  });

  test('no catalogue: says how to get one', async () => {
    const { code, stderr } = await rolecall(['validate'], { cwd: folder });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^error: there is no roles\.yaml .*\n {2}→ name one with --catalogue FILE/,
      ),
    });
  });
});

describe('render', () => {
  const args = words('render --role web --env prod --context b --launch-id fixed --redact');

  test('as data: the text with its size and hash', async () => {
    const { code, stdout } = await rolecall([...args, '--output', 'json']);
    const document = JSON.parse(stdout);
    expect({ code, document }).toMatchObject({
      code: 0,
      document: { launch: 'fixed', scheme: 'personality', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(document.text).toContain('role=web\n');
  });

  test('takes what every command takes', async () => {
    const { code, stdout } = await rolecall([...args, ...words('--local --profile ops')]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('role=web\n') });
  });
});

describe('roles', () => {
  test('list: a role a line', async () => {
    const { code, stdout } = await rolecall(words('roles list'));
    expect(code).toBe(0);
    expect(stdout).toContain('memcached  Cache of the shop (memcached on port 11211)\n');
    const data = JSON.parse((await rolecall(words('roles list --output json'))).stdout);
    expect(data.roles.map(({ role }: { role: string }) => role)).toEqual([
      'memcached',
      'shop',
      'sessions',
      'web',
      'worker',
    ]);
  });

  test('show: each value with the line that set it', async () => {
    const line = 'roles show memcached --env prod --context b';
    const { code, stdout } = await rolecall(words(line));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^memcached prod\/b\n/);
    expect(stdout).toMatch(/^personality\.memcached_mb +128 +roles\.yaml:\d+:\d+$/m);
    expect(stdout).toMatch(/^spot +false +built in$/m);
    const data = JSON.parse(
      (await rolecall(words(`${line} --output json --instance-type c7g.large`))).stdout,
    );
    expect(data).toMatchObject({ role: 'memcached', environment: 'prod', context: 'b' });
    expect(data.settings).toContainEqual({
      name: 'instance_type',
      value: 'c7g.large',
      source: '--instance-type',
    });
  });

  test('show in 40 columns: the places have lines of their own', async () => {
    const { stdout } = await rolecall(words('roles show memcached --env prod --context b'), {
      columns: 40,
      env: { NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/^personality\.memcached_mb {2}128\n {4}roles\.yaml:\d+:\d+$/m);
    for (const line of stdout.split('\n').slice(2)) expect(widthOf(line)).toBeLessThanOrEqual(40);
  });
});

describe('render without credentials', () => {
  const line = 'render --role memcached --env prod --context b --launch-id l-1';
  const signed = /rolecall_(?:beacon|log)_\w+=.*\n/g;

  test('the exact bytes, the same for the same launch but for the nonce; the forms are left out, and that is told', async () => {
    const shown = await rolecall(words(line));
    expect({ ...shown, stdout: shown.stdout.replace(/(?<=nonce=)[0-9a-f]{32}(?=\n)/, '-') }).toEqual({
      code: 0,
      stdout:
        'environment=prod\nrole=memcached\ncontext=b\nmemcached_mb=128\nrolecall_launch=l-1\nrolecall_nonce=-\nrolecall_timeout=600\n',
      stderr: expect.stringMatching(/^note: the forms for beacons.* are left out: no AWS credentials/),
    });
  });

  test('redacted, stand-ins sign: what a launch adds is seen, and nothing secret', async () => {
    const hidden = await rolecall(words(`${line} --redact`));
    expect({ ...hidden, stdout: hidden.stdout.replace(signed, '') }).toEqual({
      code: 0,
      stdout:
        'environment=prod\nrole=memcached\ncontext=b\nmemcached_mb=128\nrolecall_launch=l-1\nrolecall_nonce=[redacted]\nrolecall_timeout=600\n',
      stderr: expect.stringMatching(/^note: the payload's size is an estimate.* no AWS credentials/),
    });
    expect(hidden.stdout.match(signed)).toHaveLength(7);
    expect(hidden.stdout).toContain('rolecall_beacon_policy=[redacted]\n');
  });

  test('with beacons switched off nothing is signed, and nobody misses credentials', async () => {
    const file = catalogue('no-beacons.yaml', '  web: { instance_type: t3.micro }\n');
    const shown = await rolecall(words(`render --role web --env prod --context a --catalogue ${file}`));
    expect(shown).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('plan', () => {
  const line = 'plan --role web --env prod --context a --count 3 --launch-id l-1';

  test('for people: what would be launched, its payload, and which script runs', async () => {
    const { code, stdout, stderr } = await rolecall(words(line));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('machines   3 in 1 RunInstances call\n');
    expect(stdout).toContain('  rolecall_nonce=[redacted]\n');
    expect(stdout).toContain('  rolecall_beacon_policy=[redacted]\n');
    expect(stdout).toMatch(/ 3\. this one +\/etc\/rolecall\/init\/a\/bootstrapper\.sh\n/);
    expect(stdout).toMatch(/^payload \(about \d+ of 16384 bytes/m);
    expect(stdout).toMatch(/^note: the payload's size is an estimate, .*: no AWS credentials/m);
    expect(stdout).toMatch(/nothing has been launched yet\n$/);
  });

  test('as data', async () => {
    const { stdout } = await rolecall([...words(line), '--output', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      launch: 'l-1',
      role: 'web',
      count: 3,
      region: 'eu-central-1',
      payload: { estimated: true },
    });
  });

  test('in 40 columns every line of prose and settings fits', async () => {
    const { stdout } = await rolecall(words(line), { columns: 40, env: { NO_COLOR: '1' } });
    const copied = /^catalogue|^ {11}\/|\.sh|_url=/;
    for (const each of stdout.split('\n').filter((text) => !copied.test(text)))
      expect({ each, fits: widthOf(each) <= 40 }).toEqual({ each, fits: true });
  });
});

test('validate tells of a role that deploys an app without a bucket', async () => {
  const file = catalogue('no-bucket.yaml', '  web: { instance_type: t3.micro, app: shop }\n');
  const { code, stderr } = await rolecall(['validate', '--catalogue', file]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('no-bucket.yaml names no bucket'),
  });
});

describe('without a terminal', () => {
  test.each([
    ['launch', 'missing --role, --env, --context'],
    ['launch --role web', 'missing --env, --context'],
    ['plan --role web --env prod', 'missing --context'],
  ])('%s names the flags that are missing', async (line, message) => {
    const { code, stderr } = await rolecall(words(line));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(stderr).toMatch(/\n {2}→ add (--.*)?--context a\|b\n$/);
  });

  test.each([
    ['launch --role wbe --env prod --context a', 'has no role "wbe"; did you mean "web"?'],
    ['launch --role web --env prd --context a', 'has no environment "prd"; did you mean "prod"?'],
    ['launch --role web --env prod --context c', 'has no context "c"'],
    ['launch --role web --env prod --context a --count 0', '--count must be a whole number from 1 to 1000'],
  ])('%s: exit 2, as a document where one is asked for', async (line, message) => {
    const { code, stdout, stderr } = await rolecall([...words(line), '--output', 'json']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(JSON.parse(stdout)).toMatchObject({
      error: { exit: 2, message: expect.stringContaining(message) },
    });
  });
});
