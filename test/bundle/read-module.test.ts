import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { DocumentError } from '../../src/yaml/faults.ts';
import { moduleIn, newFolder, readOwn, refusal, write } from './support.ts';

const shelf = newFolder();
afterAll(() => rmSync(shelf, { recursive: true, force: true }));

const read = (yaml: string) => readOwn(moduleIn(shelf, 'it', yaml));

/** `LINE:COLUMN MESSAGE; expected EXPECTED` of each fault. */
async function faultsOf(yaml: string): Promise<string[]> {
  try {
    await read(yaml);
    return [];
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return error.faults.map(
      ({ line, column, message, expected, suggestion }) =>
        `${line}:${column} ${message}; expected ${expected}${suggestion ? `; ${suggestion}?` : ''}`,
    );
  }
}

/** The faults of one variable, whose lines are given in flow notation. */
const variableFaults = (fields: string) =>
  faultsOf(`description: x\nvariables:\n  v: { description: a value, ${fields} }\n`);

describe('a module', () => {
  test('is its folder, and all that its module.yaml says', async () => {
    const module = await read(`description: Cache in memory
variables:
  cache_mb: { description: memory, type: integer, default: 64, minimum: 1, maximum: 1000 }
  cache_name: { description: a name, type: string, required: true, pattern: '[a-z]+' }
  cache_on: { description: whether, type: boolean, default: false }
  cache_password: { description: a secret, type: string, secret: true }
after: [users, java]
platforms: [debian, rhel]
timeout: 90s
provides: [cache]
test: { variables: { cache_name: main, cache_password: known }, modules: [users], network: true }
`);
    expect(module).toEqual({
      name: 'it',
      folder: join(shelf, 'it'),
      origin: 'own',
      description: 'Cache in memory',
      variables: {
        cache_mb: {
          description: 'memory',
          type: 'integer',
          default: '64',
          required: false,
          secret: false,
          minimum: 1,
          maximum: 1000,
        },
        cache_name: {
          description: 'a name',
          type: 'string',
          required: true,
          secret: false,
          pattern: '[a-z]+',
        },
        cache_on: {
          description: 'whether',
          type: 'boolean',
          default: 'false',
          required: false,
          secret: false,
        },
        cache_password: { description: 'a secret', type: 'string', required: false, secret: true },
      },
      after: ['users', 'java'],
      platforms: ['debian', 'rhel'],
      timeoutMs: 90_000,
      provides: ['cache'],
      test: {
        variables: { cache_name: 'main', cache_password: 'known' },
        modules: ['users'],
        network: true,
      },
    });
  });

  test('needs no more than a description: it runs anywhere, for ten minutes at most', async () => {
    expect(await read('description: x\n')).toMatchObject({
      variables: {},
      after: [],
      platforms: [],
      provides: [],
      timeoutMs: 600_000,
      test: { variables: {}, modules: [], network: false },
    });
  });

  test('may write its flags as YAML writes them: True is true', async () => {
    const { variables, test: how } = await read(
      'description: x\nvariables:\n  v: { description: a, type: string, secret: True, required: TRUE }\n' +
        '  w: { description: a, type: boolean, default: True }\ntest: { network: True, variables: { w: FALSE } }\n',
    );
    expect(variables).toMatchObject({ v: { secret: true, required: true }, w: { default: 'true' } });
    expect(how).toMatchObject({ network: true, variables: { w: 'false' } });
  });

  test('must tell what each variable is, and of which type', async () => {
    const faults = await faultsOf('description: x\nvariables:\n  v: {}\n');
    expect(faults).toHaveLength(2);
    expect(faults.join('\n')).toMatch(/description[\s\S]*type/);
  });

  test('keeps a text as it is written, and an empty one', async () => {
    const { variables } = await read(
      'description: x\nvariables:\n  a: { description: a, type: string, default: 1.10 }\n  b: { description: b, type: string, default: "" }\n',
    );
    expect(variables).toMatchObject({ a: { default: '1.10' }, b: { default: '' } });
  });

  test('may have a pattern that the empty text matches', async () => {
    expect(await variableFaults("type: string, default: '', pattern: '[a-z]*'")).toEqual([]);
  });
});

describe('faults of a module.yaml', () => {
  test('are told all at once, with their places', async () => {
    expect(
      await faultsOf(`descripton: x
variables:
  Bad: { description: a, type: string }
  role: { description: a, type: string }
  v: { type: text }
timeout: 5 minutes
after: users
platforms: [Debian]
provides: [1]
`),
    ).toEqual([
      '1:1 the key "description" is missing; expected description: Cache in memory (memcached)',
      expect.stringMatching(/^1:1 unknown key "descripton"; expected one of .*; description\?$/),
      expect.stringMatching(/^3:3 "Bad" in variables can't be a key here; expected variables \(/),
      expect.stringMatching(/^4:3 "role" in variables is set by rolecall itself; /),
      '5:6 the key "description" is missing in variables.v; expected description: memory, in MiB',
      '5:14 variables.v.type is not one of its values; expected string, integer or boolean',
      '6:10 timeout is not valid; expected a duration such as 90s, 10m or 1h (from 1s to 99h)',
      '7:8 after must be a list, not text; expected a list of modules such as [users]',
      expect.stringMatching(/^8:13 platforms\[0\] is not valid; expected a lower-case letter/),
      expect.stringMatching(/^9:12 provides\[0\] must be text, not a number; /),
    ]);
  });

  test.each([
    ['required: true, type: string, default: x', /v\.default stands beside required: true/],
    ['secret: true, type: string, default: x', /v\.default is written for a secret/],
    ['secret: True, type: string, default: x', /v\.default is written for a secret/],
    ["type: integer, pattern: '1+'", /v\.pattern is for strings; expected type: string$/],
    ['type: string, minimum: 1', /v\.minimum is for integers; expected type: integer$/],
    ['type: boolean, maximum: 1', /v\.maximum is for integers/],
    ['type: integer, default: 1.5', /v\.default is no integer; expected an integer$/],
    ['type: integer, default: 0x10', /v\.default is no integer/],
    ['type: integer, default: 0, minimum: 1', /v\.default is too small; expected an integer of at least 1$/],
    ['type: integer, default: 9, maximum: 1', /v\.default is too large; expected an integer of at most 1$/],
    [
      'type: integer, default: 9, minimum: 1, maximum: 5',
      /v\.default is too large; expected an integer from 1 to 5$/,
    ],
    ['type: integer, minimum: 5, maximum: 1', /v\.maximum is below its minimum; expected at least 5$/],
    ['type: boolean, default: yes', /v\.default is neither true nor false; expected true or false$/],
    ["type: string, default: A, pattern: '[a-z]+'", /v\.default is not valid; expected a text that matches/],
    ['type: string, default: ', /v\.default has no value/],
    ['type: string, default: [a]', /v\.default must be text, not a list/],
    ["type: string, pattern: '(a+)+'", /v\.pattern repeats a group that repeats inside/],
    ["type: string, pattern: '('", /v\.pattern is no regular expression: unterminated group/],
    ["type: string, pattern: '(', default: x", /v\.pattern is no regular expression/],
    ['type: string, secret: yes', /v\.secret must be true or false, not text/],
  ])('of a variable of { %s } name what is wrong', async (fields, words) => {
    const faults = await variableFaults(fields);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(words);
    expect(faults[0]).toMatch(/^3:\d+ variables\.v/);
  });

  test('of its test: a variable that it hasn’t, one of the wrong type', async () => {
    const yaml = `description: x
variables:
  n: { description: a, type: integer }
test: { variables: { m: 1, n: x } }
`;
    expect(await faultsOf(yaml)).toEqual([
      '4:25 test.variables.m is no variable of this module; expected one of n',
      '4:31 test.variables.n is no integer; expected an integer',
    ]);
  });

  test.each<[string, RegExp]>([
    ['', /^1:1 module\.yaml is empty; expected a description$/],
    ['- a\n', /^1:1 module\.yaml must be a map, not a list/],
    ['description: [\n', /broken YAML/],
    ['description: a\n  line\n  more: x\n', /broken YAML/],
    ['description: |\n  two\n  lines\n', /^1:14 description is not valid; expected a line of 1 to 200/],
    ['description: x\ndescription: y\n', /^2:1 this key stands twice/],
  ])('of %j are told', async (yaml, words) => {
    expect((await faultsOf(yaml)).join('\n')).toMatch(words);
  });

  test('are not looked for in a file that is too large', async () => {
    expect(await faultsOf(`description: x\n# ${'y'.repeat(128 * 1024)}`)).toEqual([
      '1:1 module.yaml is too large; expected at most 128 KiB',
    ]);
  });

  test('are shown with their lines, and a next step', async () => {
    expect(await refusal(read('description: x\ntimout: 5m\n'))).toMatch(
      /^usage: the module it has 1 fault\n\nmodules\/it\/module\.yaml:2:1: unknown key "timout"\n {2}2 \| timout: 5m\n {4}\| \^{6}\n[\s\S]*did you mean "timeout"\?\nmend its module\.yaml: docs\/modules\.md/,
    );
  });

  test('show no secret that somebody wrote there', async () => {
    const yaml =
      'description: x\nvariables:\n  api_token: { description: a, type: string, default: hunter2hunter2, secret: true }\n';
    const said = await refusal(read(yaml));
    expect(said).toMatch(/is written for a secret/);
    expect(said).not.toMatch(/hunter2.*default/);
  });
});

describe('no module', () => {
  test.each(['Big', '1st', 'a_b', 'a.b', 'x'.repeat(33), 'with space', 'files'])(
    'is called %j',
    async (name) => {
      expect(await refusal(readOwn(moduleIn(shelf, name)))).toMatch(
        /^usage: modules\/it: .* can't be the name of a module\n/,
      );
    },
  );

  test('is without module.yaml or start-up.sh', async () => {
    mkdirSync(join(shelf, 'empty'));
    expect(await refusal(readOwn(join(shelf, 'empty')))).toMatch(
      /^usage: the module empty can't be read: modules\/it\/module\.yaml isn't there\nwrite one .*rolecall module new empty$/,
    );
    write(join(shelf, 'empty/module.yaml'), 'description: x\n');
    expect(await refusal(readOwn(join(shelf, 'empty')))).toMatch(
      /^usage: the module empty has no start-up\.sh in/,
    );
    mkdirSync(join(shelf, 'empty/start-up.sh'));
    expect(await refusal(readOwn(join(shelf, 'empty')))).toMatch(
      /^usage: the module empty has no start-up\.sh in/,
    );
  });

  test('has a module.yaml that is a folder, or a link to nothing', async () => {
    mkdirSync(join(shelf, 'odd/module.yaml'), { recursive: true });
    expect(await refusal(readOwn(join(shelf, 'odd')))).toMatch(
      /^usage: modules\/it\/module\.yaml can't be read: illegal operation on a directory/,
    );
    mkdirSync(join(shelf, 'odder'));
    symlinkSync('nowhere', join(shelf, 'odder/module.yaml'));
    expect(await refusal(readOwn(join(shelf, 'odder')))).toMatch(/module\.yaml isn't there/);
  });
});
