import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { widthOf } from '../../src/text.ts';
import { moduleIn, newFolder, write } from '../bundle/support.ts';
import { rolecall, words } from './run.ts';

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (line: string, columns?: number) =>
  rolecall(words(`module ${line}`), {
    cwd: folder,
    env: { NO_COLOR: '1' },
    ...(columns !== undefined && { columns }),
  });

const CATALOGUE = `version: 1
name: modules
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: modules-rolecall
defaults: { instance_type: t3.micro }
environments: { prod: {} }
contexts: { a: {} }
`;

describe('module list', () => {
  test('without a catalogue: the standard collection, and the modules beside; a line each', async () => {
    moduleIn(join(folder, 'modules'), 'bee', `description: ${'A long story '.repeat(12)}\n`);
    for (const columns of [undefined, 40, 80]) {
      const { code, stdout, stderr } = await run('list', columns);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trimEnd().split('\n');
      expect(lines.map((line) => line.split(' ')[0])).toEqual(
        expect.arrayContaining(['bee', 'java', 'memcached', 'rabbitmq', 'users']),
      );
      if (columns !== undefined) for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
    const { modules } = JSON.parse((await run('list --output json')).stdout);
    expect(modules).toContainEqual(
      expect.objectContaining({ name: 'bee', origin: 'own', timeout_ms: 600_000 }),
    );
    expect(modules).toContainEqual(expect.objectContaining({ name: 'memcached', origin: 'standard' }));
  });

  test('of one: all about it', async () => {
    moduleIn(
      join(folder, 'modules'),
      'bee',
      'description: Bees\nafter: [users]\nprovides: [honey]\nplatforms: [debian]\nvariables:\n  bee_count: { description: how many, type: integer, required: true }\n  bee_key: { description: of the hive, type: string, secret: true }\n  bee_name: { description: a name, type: string, default: "" }\n',
    );
    expect((await run('list bee')).stdout).toBe(`module    bee: Bees
from      the catalogue's own
runs on   debian
after     users
provides  honey
variables
  bee_count  integer  how many (required)
  bee_key    string   of the hive (secret)
  bee_name   string   a name (default empty)
`);
  });

  test('of one that isn’t there: the nearest', async () => {
    const { code, stderr } = await run('list memcahed');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^error: there is no module memcahed; did you mean "memcached"\?\n {2}→ there are /,
      ),
    });
  });

  test('of the folder that the catalogue names', async () => {
    moduleIn(join(folder, 'shelf'), 'bee');
    write(
      join(folder, 'roles.yaml'),
      `${CATALOGUE}modules_folder: shelf\nroles: { r: { modules: [bee] } }\n`,
    );
    expect((await run('list bee')).code).toBe(0);
  });
});

describe('module new', () => {
  test('makes one that can be listed, tested and launched, and says how', async () => {
    const { code, stdout } = await run('new backup');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        'made modules/backup: module.yaml, start-up.sh, test.sh\ntry it in a local machine:\n  rolecall module test backup\n',
    });
    expect((await run('list backup')).code).toBe(0);
    write(join(folder, 'roles.yaml'), `${CATALOGUE}roles: { r: { modules: [backup] } }\n`);
    expect((await rolecall(['validate'], { cwd: folder })).stdout).toContain('no faults');
  });

  test.each([
    ['memcached', 'there is a module memcached already'],
    ['Big', `"Big" can't be the name of a module`],
    ['../x', `"../x" can't be the name of a module`],
  ])('%s: refused', async (name, message) => {
    const { code, stderr } = await run(`new ${name}`);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`error: ${message}\n`) });
    expect(existsSync(join(folder, 'modules'))).toBe(false);
  });
});

describe('module add', () => {
  test('copies and pins; again changes nothing; another of its name needs --force', async () => {
    moduleIn(join(folder, 'theirs'), 'bee');
    expect(await run('add theirs')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^added bee: modules\/bee, pinned as [0-9a-f]{12}\n$/),
      stderr: '',
    });
    expect((await run('add theirs')).stdout).toBe('bee is there already, as it is in theirs\n');
    writeFileSync(join(folder, 'theirs/bee/new'), 'x');
    const { code, stderr } = await run('add theirs');
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining('add --force to replace it'),
    });
    const forced = JSON.parse((await run('add theirs --force --output json')).stdout);
    expect(forced).toEqual({
      source: 'theirs',
      resolved: null,
      modules: [
        {
          name: 'bee',
          folder: join(folder, 'modules/bee'),
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          changed: true,
        },
      ],
    });
    expect(readFileSync(join(folder, 'modules/modules.lock'), 'utf8')).toContain(forced.modules[0].sha256);
  });

  test.each([
    ['add nowhere', /^error: there is no folder /],
    ['add theirs --module cow', /^error: theirs has no module cow\n/],
    [
      'add https://me:hunter2@example.com/m.git',
      /^error: the URL of the modules holds a name or a password\n/,
    ],
  ])('%s: exit 2, and nothing is there', async (line, told) => {
    moduleIn(join(folder, 'theirs'), 'bee');
    const { code, stdout, stderr } = await run(`${line} --debug`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(told);
    expect(stderr).not.toContain('hunter2');
    expect(readdirSync(folder)).toEqual(['theirs']);
  });
});

describe('a source whose name would lead out of the folder of modules', () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      stdio: 'ignore',
    });

  /** A repository that is a module itself, and a catalogue with modules of its own. */
  function places(name: string): string {
    const repository = moduleIn(join(folder, 'elsewhere'), name);
    git('-C', repository, 'init', '-q');
    git('-C', repository, 'add', '-A');
    git('-C', repository, 'commit', '-qm', 'x');
    moduleIn(join(folder, 'modules'), 'mine');
    write(join(folder, 'roles.yaml'), `${CATALOGUE}roles: { r: { modules: [mine] } }\n`);
    write(join(folder, '.git/HEAD'), 'ref: refs/heads/main\n');
    return repository;
  }
  const everything = () => readdirSync(folder, { recursive: true }).map(String).sort();

  test('the .git folder of a repository is called as the repository', async () => {
    const repository = places('backup');
    expect(await run(`add ${repository}/.git`)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^added backup: modules\/backup, /),
    });
    expect(readdirSync(join(folder, 'modules')).sort()).toEqual(['backup', 'mine', 'modules.lock']);
  });

  test.each(['...git', '..git', '-.git', 'Upper.git'])(
    'file:///...//%s is refused; nothing is gone',
    async (name) => {
      const repository = places('backup');
      git('clone', '-q', '--bare', repository, join(folder, 'elsewhere', name));
      const before = everything();
      for (const slash of ['', '/', '//'])
        for (const force of ['', ' --force'])
          expect(await run(`add file://${join(folder, 'elsewhere', name)}${slash}${force}`)).toMatchObject({
            code: 2,
            stderr: expect.stringContaining("can't be the name of a module\n"),
          });
      expect(everything()).toEqual(before);
    },
  );
});

describe('module test', () => {
  test('of one that isn’t there, or needs one that isn’t', async () => {
    expect((await run('test memcahed')).stderr).toMatch(
      /^error: there is no module memcahed; did you mean "memcached"\?/,
    );
    moduleIn(join(folder, 'modules'), 'bee', 'description: x\ntest: { modules: [memcahed] }\n');
    expect((await run('test bee')).stderr).toMatch(
      /^error: bee's test needs a module memcahed, which there isn't; did you mean "memcached"\?/,
    );
  });

  test('needs a value for every variable that a role must give', async () => {
    moduleIn(
      join(folder, 'modules'),
      'bee',
      'description: x\nvariables:\n  bee_count: { description: n, type: integer, required: true }\n',
    );
    const { code, stderr } = await run('test bee');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^error: the test of bee gives no value to bee_count, which bee requires\n {2}→ write it into the module\.yaml of bee: test: \{variables: \{bee_count: \.\.\.\}\}/,
      ),
    });
  });

  test.each(['true', 'True', 'TRUE'])('gives no module the network that it asks for: %s', async (yes) => {
    moduleIn(join(folder, 'modules'), 'bee', `description: x\ntest: { network: ${yes} }\n`);
    expect(await run('test bee')).toMatchObject({
      code: 2,
      stderr: `error: the test of bee needs the network (test.network in its module.yaml)
  → to give its machine a way out, through a proxy: rolecall module test bee --network
`,
    });
  });

  test('in a time that is none', async () => {
    moduleIn(join(folder, 'modules'), 'bee');
    expect((await run('test bee --timeout soon')).stderr).toMatch(
      /^error: --timeout must be a duration such as /,
    );
  });
});

test('two modules of one name are told by every command', async () => {
  mkdirSync(join(folder, 'modules'));
  moduleIn(join(folder, 'modules'), 'memcached');
  for (const line of ['list', 'new bee', 'test memcached', 'add modules']) {
    const { code, stderr } = await run(line);
    expect({ line, code, stderr }).toEqual({
      line,
      code: 2,
      stderr: expect.stringMatching(
        /^error: two modules are called memcached: modules\/memcached and that of the standard/,
      ),
    });
  }
});
