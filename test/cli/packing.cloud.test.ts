import { mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newFolder, write } from '../bundle/support.ts';
import { AMI } from '../support/rehearsal.ts';
import { rolecall } from './run.ts';

const PEM = `-----BEGIN ${'PRIVATE'} KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n`;
const ID = `AKIA${'IOSFODNN7EXAMPLE'}`;
const SECRET = `zJalrXUtnFEMI/K7MDENG/${'bPxRfiCYEXAMPLEKEY'}`;
const TOKEN = `IQoJ${'b3JpZ2luX2Vj'.repeat(60)}`;

let top: string;
let folder: string;
beforeEach(async () => {
  // One after the other: Jest's loader can't load what several modules import for the first time at once.
  await import('../../src/actions/artifacts/role-bundle.ts');
  await import('../../src/actions/artifacts/bundle.ts');
  await import('../../src/actions/bundle/key.ts');
  top = realpathSync(newFolder());
  folder = join(top, 'shop');
  mkdirSync(join(folder, '.git'), { recursive: true });
  writeModule(
    'it',
    'variables: { plain: { description: x, type: string }, hidden: { description: x, type: string, secret: true } }',
  );
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function writeModule(name: string, more = '', at = join(folder, 'modules', name)): void {
  write(join(at, 'module.yaml'), `description: The module ${name}\n${more}\n`);
  write(join(at, 'start-up.sh'), '#!/bin/bash\ntrue\n', 0o755);
}

/** Writes the catalogue; `role`: what the role `it` has beside its modules, on line 9. */
const catalogue = ({ role = '', modules = 'it', defaults = '' } = {}) =>
  write(
    join(folder, 'roles.yaml'),
    `version: 1
name: packing
region: eu-central-1
ami: ${AMI}
bucket: packing-rolecall
defaults: { instance_type: t3.micro, ${defaults} }
environments: { prod: {} }
contexts: { a: {} }
roles: { bare: {}, it: { modules: [${modules}], ${role} } }
`,
  );

const CHOICE = ['--role', 'it', '--env', 'prod', '--context', 'a'];
const AWS = { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: TOKEN };
const HOME = () => ({ HOME: join(top, 'home'), XDG_STATE_HOME: join(top, 'state') });

const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  rolecall(argv, { cwd: folder, env: { ...HOME(), ...env } });
const build = (more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  run(['bundle', 'build', ...CHOICE, '--file', 'out', ...more], env);

/** Commands that pack, each as it fails before it asks AWS anything. */
const COMMANDS: readonly (readonly string[])[] = [
  ['plan'],
  ['render'],
  ['render', '--redact'],
  ['launch'],
  ['scale', '--to', '2', '--yes'],
  ['scale', '--to', '2', '--dry-run'],
  ['replace', '--yes'],
  ['bundle', 'build', '--file', 'out'],
  ['bundle', 'publish'],
];

describe('a path outside of the catalogue’s repository', () => {
  test.each(COMMANDS)('is refused with its place by %s %s %s', async (...words) => {
    write(join(top, 'home/.ssh/id_ed25519'), PEM);
    catalogue({ role: 'files: { k: ../home/.ssh }' });
    const { code, stdout, stderr } = await run([...words, ...CHOICE]);
    const said = new RegExp(
      `^error: the bundle of it has 1 fault\n\nroles\\.yaml:9:\\d+: files\\.k lies outside of the catalogue's repository: ${top}/home/\\.ssh\n[\\s\\S]*expected a path in ${folder}\n`,
    );
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
    expect(stderr).toContain(`if they may leave this machine: --allow-outside ${top}/home/.ssh\n`);
    expect(readdirSync(folder).sort()).toEqual(['.git', 'modules', 'roles.yaml']);
  });

  test('is found by .., absolutely, by links at every level, and as a module; all are told at once', async () => {
    write(join(top, 'home/deep/file'), 'x');
    symlinkSync('../home', join(folder, 'link'));
    symlinkSync('link/deep', join(folder, 'second'));
    symlinkSync('second/file', join(folder, 'third'));
    writeModule('far', '', join(top, 'far'));
    symlinkSync('../../far', join(folder, 'modules/far'));
    catalogue({
      role: `files: { a: ../home/deep, b: ${top}/home/deep/file, c: link/deep/file, d/e: second, f: third, __proto__: third, -rf: third, fine: roles.yaml }, variables: { plain: { file: third } }`,
      modules: 'it, far',
    });
    const { code, stderr } = await build();
    expect(code).toBe(2);
    const named = [...stderr.matchAll(/^roles\.yaml:9:\d+: (.+) lies outside of .*: (.+)$/gm)];
    expect(named.map(([, setting]) => setting).sort()).toEqual([
      'files.-rf',
      'files.__proto__',
      'files.a',
      'files.b',
      'files.c',
      'files.d/e',
      'files.f',
      'the module far',
      'variables.plain',
    ]);
    expect(stderr).toContain(
      `--allow-outside ${top}/home/deep --allow-outside ${top}/home/deep/file --allow-outside ${top}/far\n`,
    );
  });

  test('is let in by its name or that of a folder above it, and plan shows it', async () => {
    write(join(top, 'home/conf/site'), 'x');
    catalogue({ role: 'files: { k: ../home/conf/site }' });
    for (const path of ['../home/conf/site', `${top}/home`, 'conf-link'] as const) {
      if (path === 'conf-link') symlinkSync('../home/conf', join(folder, path));
      expect(await build(['--allow-outside', path])).toMatchObject({ code: 0 });
    }
    const plan = await run(['plan', ...CHOICE, '--allow-outside', '../home/conf']);
    expect(plan.stdout).toContain(`from outside  files.k is ${top}/home/conf/site\n`);
    const { stdout } = await run(['plan', ...CHOICE, '--allow-outside', '../home/conf', '--output', 'json']);
    expect(JSON.parse(stdout).bundle.outside).toEqual([{ name: 'files.k', path: `${top}/home/conf/site` }]);
  });

  test('is not let in by a folder beside it, nor for nothing', async () => {
    write(join(top, 'home/conf/site'), 'x');
    write(join(top, 'home/con'), 'x');
    catalogue({ role: 'files: { k: ../home/conf/site }' });
    for (const path of ['../home/con', '../home/conf/site/x', '../nowhere', '../home/conf/sit'])
      expect((await build(['--allow-outside', path])).stderr).toMatch(/files\.k lies outside of/);
    const more = ['--allow-outside', '../home/conf', '--allow-outside'];
    for (const path of ['../home/con', '../nowhere', '.'])
      expect(await build([...more, path])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /^error: --allow-outside \S+: the bundle of it takes nothing from there/,
        ),
      });
    catalogue();
    expect((await build(['--allow-outside', '.'])).stderr).toMatch(/^error: --allow-outside \S+: the bundle/);
  });

  test('whose name has a line break, a dash or a prototype’s is told on one line, and typed back', async () => {
    const names = ['a\n-rf', '-rf', '__proto__'];
    for (const name of names) write(join(top, 'home', name, 'x'), 'x');
    for (const [index, name] of names.entries())
      symlinkSync(join('../home', name), join(folder, `l${index}`));
    catalogue({ role: 'files: { constructor: l0, b: l1, toString: l2 }' });
    const { stderr } = await build();
    expect(stderr).toContain(
      `files.constructor lies outside of the catalogue's repository: "${top}/home/a\\n-rf"\n`,
    );
    expect(stderr).toMatch(
      /--allow-outside \$'(?:\\x[0-9a-f]{2})+' --allow-outside \S+\/-rf --allow-outside \S+__proto__\n/,
    );
    const flags = names.flatMap((name) => ['--allow-outside', join(top, 'home', name)]);
    expect(await build(flags)).toMatchObject({ code: 0 });
  });

  test('counts also where there is no repository: only the catalogue’s folder is its', async () => {
    rmSync(join(folder, '.git'), { recursive: true });
    write(join(top, 'beside'), 'x');
    catalogue({ role: 'files: { k: ../beside }' });
    expect((await build()).stderr).toMatch(/files\.k lies outside of/);
    mkdirSync(join(top, '.git'));
    expect(await build([], { HOME: '/nonexistent' })).toMatchObject({ code: 0 });
    // As where people keep their home folder in git.
    expect((await build()).stderr).toMatch(/files\.k lies outside of/);
  });

  test('is not read before it is judged', async () => {
    catalogue({ role: 'variables: { plain: { file: /dev/zero } }' });
    expect((await build()).stderr).toMatch(/variables\.plain lies outside of .*: \/dev\/zero\n/);
    expect((await build(['--allow-outside', '/dev/zero'])).stderr).toMatch(/no UTF-8 text of at most 64 KiB/);
  });
});

describe('the operator’s AWS credentials', () => {
  test.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_SECURITY_TOKEN',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_BEARER_TOKEN_BEDROCK',
    'AMAZON_SECRET_ACCESS_KEY',
    'EC2_SECRET_KEY',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  ])('are no value of a variable: {env: %s}, wherever it stands, also for validate', async (name) => {
    for (const where of ['role', 'defaults']) {
      const variables = `variables: { hidden: { env: ${name} } }`;
      catalogue({ [where]: variables });
      for (const command of [['validate'], ['plan', ...CHOICE, '--allow-secret', 'variables.hidden']]) {
        const { code, stdout, stderr } = await run(command, { [name]: SECRET });
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toMatch(
          new RegExp(
            `roles\\.yaml:\\d+:\\d+: \\S*variables\\.hidden takes ${name}, which is for the operator's own credentials\n`,
          ),
        );
        expect(stderr).not.toContain(SECRET);
      }
    }
  });

  test.each(['AWS_REGION', 'AWS_PROFILE', 'AWS_KEY_NAME', 'RABBITMQ_PASSWORD', 'TLS_KEY'])(
    'but {env: %s} is one',
    async (name) => {
      catalogue({ role: `variables: { hidden: { env: ${name} } }` });
      expect(await build([], { [name]: 'eu-central-1' })).toMatchObject({ code: 0 });
    },
  );

  test('are found in a variable of another name, and no option lets them in', async () => {
    catalogue({ role: 'variables: { hidden: { env: ELSEWHERE } }' });
    for (const value of [SECRET, `{"key":"${SECRET}"}`, TOKEN])
      for (const more of [[], ['--allow-secret', 'variables.hidden']]) {
        const { code, stderr } = await build(more, { ...AWS, ELSEWHERE: value });
        expect(code).toBe(2);
        expect(stderr).toMatch(
          /^roles\.yaml:9:\d+: variables\.hidden holds the AWS credentials of this command\n[\s\S]*no option lets these in\n$/m,
        );
        expect(stderr).not.toContain(value);
      }
  });

  test('are found in files, those of a profile and of a web identity, too', async () => {
    write(join(top, 'home/.aws/credentials'), `[other]\naws_secret_access_key = ${SECRET}\n`);
    write(join(top, 'token'), `${TOKEN}\n`);
    write(join(folder, 'conf/a'), `x=${SECRET}`);
    write(join(folder, 'modules/it/b'), TOKEN);
    catalogue({ role: 'files: { c: conf }' });
    const flags = ['--allow-secret', 'files/c/a', '--allow-secret', 'it/b'];
    const { stderr } = await build(flags, { AWS_WEB_IDENTITY_TOKEN_FILE: join(top, 'token') });
    expect(stderr).toMatch(/^roles\.yaml:9:\d+: files\/c\/a holds the AWS credentials of this command$/m);
    expect(stderr).toMatch(/^roles\.yaml:9:\d+: it\/b holds the AWS credentials of this command$/m);
  });

  test('of another account are refused, also where the variable is secret', async () => {
    catalogue({ role: 'variables: { hidden: { env: BACKUP } }' });
    const { stderr } = await build([], { BACKUP: ID });
    expect(stderr).toMatch(/variables\.hidden holds an AWS access key id\n/);
    expect(stderr).toContain('--allow-secret variables.hidden\n');
    expect(await build(['--allow-secret', 'variables.hidden'], { BACKUP: ID })).toMatchObject({ code: 0 });
  });
});

describe('private keys', () => {
  test('are values of a variable that is declared secret, and of no other', async () => {
    catalogue({ role: 'variables: { hidden: { env: TLS_KEY } }' });
    expect(await build([], { TLS_KEY: PEM })).toMatchObject({ code: 0 });
    catalogue({ role: 'variables: { plain: { env: TLS_KEY } }' });
    const { code, stderr } = await build([], { TLS_KEY: PEM });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^roles\.yaml:9:\d+: variables\.plain holds a private key$/m);
    expect(stderr).toMatch(
      /expected a text, unless every module that has plain declares it with secret: true/,
    );
    expect(stderr).not.toContain('MC4CAQ');
  });

  test('in files and modules are told with their places, all at once, and let in one by one', async () => {
    write(join(folder, 'conf/tls.key'), PEM);
    write(join(folder, 'conf/.env'), 'A=1');
    write(join(folder, 'keys/id_ed25519'), 'renamed');
    write(join(folder, 'modules/it/deep/a\nb'), PEM);
    write(join(folder, 'modules/it/-rf'), PEM);
    write(join(folder, 'modules/it/__proto__'), PEM);
    catalogue({ role: `files: { k: keys/id_ed25519, conf: conf }` });
    const { code, stderr } = await build();
    expect(code).toBe(2);
    expect([...stderr.matchAll(/^roles\.yaml:9:\d+: (.*)$/gm)].map(([, said]) => said).sort()).toEqual([
      '"it/deep/a\\nb" holds a private key',
      'files/conf/.env is an environment file',
      'files/conf/tls.key holds a private key',
      'files/k is named as a private key of ssh',
      'it/-rf holds a private key',
      'it/__proto__ holds a private key',
    ]);
    expect(readdirSync(folder)).not.toContain('out');
    const paths = [
      'it/deep/a\nb',
      'files/conf/.env',
      'start-up-bundle/files/conf/tls.key',
      'files/k',
      'it/-rf',
    ];
    const flags = paths.flatMap((path) => ['--allow-secret', path]);
    expect((await build(flags)).stderr.match(/^roles\.yaml:.*$/gm)).toEqual([
      expect.stringMatching(/it\/__proto__ holds a private key$/),
    ]);
    expect(await build([...flags, '--allow-secret', 'it/__proto__'])).toMatchObject({ code: 0 });
  });

  test('of a module’s parts that no bundle has are nobody’s concern', async () => {
    write(join(folder, 'modules/it/test.sh'), PEM);
    catalogue();
    expect(await build()).toMatchObject({ code: 0 });
  });

  test('a permission that nothing needs is refused', async () => {
    catalogue();
    for (const path of ['files/none', '-x', 'constructor'])
      expect((await build([`--allow-secret=${path}`])).stderr).toMatch(
        /^error: --allow-secret[ =]\S+: nothing in the bundle of it by that path looks like a secret\n/,
      );
    const bare = ['--role', 'bare', '--env', 'prod', '--context', 'a'];
    for (const words of [['plan'], ['launch'], ['scale', '--to', '1', '--yes'], ['replace', '--yes']])
      for (const flag of ['--allow-secret', '--allow-outside'])
        expect((await run([...words, ...bare, flag, 'x'])).stderr).toMatch(
          new RegExp(`^error: the role bare has no modules, so ${flag} means nothing\n`),
        );
  });

  test('plan and render refuse them, too', async () => {
    write(join(folder, 'modules/it/key'), PEM);
    catalogue();
    for (const words of [['plan'], ['render', '--redact']])
      expect(await run([...words, ...CHOICE])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/it\/key holds a private key/),
      });
  });
});

describe('module test', () => {
  test('refuses a module from elsewhere, before anything is started', async () => {
    writeModule('far', '', join(top, 'far'));
    symlinkSync('../../far', join(folder, 'modules/far'));
    const { code, stderr } = await run(['module', 'test', 'far']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        new RegExp(
          `^error: the test of far can't be packed:\n +the module far lies outside of .*: ${top}/far\n[\\s\\S]*--allow-outside ${top}/far\n`,
        ),
      ),
    });
  });
});

test('a variable of the environment is no property of every object', async () => {
  catalogue({ role: 'variables: { plain: { env: constructor } }' });
  const { code, stderr } = await build();
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(
      /^error: variables\.plain comes from constructor, which is not in the environment\n/,
    ),
  });
});
