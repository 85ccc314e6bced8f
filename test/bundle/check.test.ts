import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkBundle } from '../../src/bundle/check.ts';
import { openCollection } from '../../src/bundle/collection.ts';
import { parseCatalogue } from '../../src/catalogue/parse.ts';
import { resolveRole } from '../../src/catalogue/resolve.ts';
import { moduleIn, newFolder, refusal } from './support.ts';

let shelf: string;
beforeAll(() => {
  shelf = newFolder();
  moduleIn(shelf, 'plain');
  moduleIn(shelf, 'late', 'description: x\nafter: [plain]\n');
  moduleIn(
    shelf,
    'cache',
    `description: x
variables:
  cache_mb: { description: memory, type: integer, required: true, minimum: 1 }
  cache_on: { description: whether, type: boolean }
  cache_name: { description: a name, type: string, pattern: '[a-z]+' }
  cache_token: { description: a token, type: string, secret: true }
`,
  );
  moduleIn(
    shelf,
    'odd',
    'description: x\nvariables:\n  constructor: { description: c, type: string, required: true }\n',
  );
  moduleIn(
    shelf,
    'locked',
    'description: x\nvariables:\n  pass: { description: p, type: string, required: true, secret: true }\n',
  );
  moduleIn(shelf, 'broken', 'descripton: x\n');
});
afterAll(() => rmSync(shelf, { recursive: true, force: true }));

const HEAD = `version: 1
name: check
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: check-rolecall
defaults: { instance_type: t3.micro }
environments: { prod: {} }
contexts: { a: {} }
roles:
  it:
`;

async function checked(role: string) {
  const parsed = parseCatalogue(`${HEAD}${role}`, 'roles.yaml', '/nowhere/roles.yaml');
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join('\n'));
  const { bundle } = resolveRole(parsed.catalogue, { role: 'it', environment: 'prod', context: 'a' });
  if (bundle === undefined) throw new Error('the role has modules');
  return await checkBundle(
    bundle,
    await openCollection({ own: shelf, standard: '/nowhere' }, (path) => path),
  );
}

/** `LINE:COLUMN PATH: MESSAGE; EXPECTED; SUGGESTION?` of each fault of the role whose lines (from 11 on) are given. */
async function faultsOf(role: string): Promise<string[]> {
  return (await checked(role)).faults.map(({ at: { source }, path, message, expected, suggestion }) => {
    const place = source.kind === 'file' ? `${source.line}:${source.column}` : source.kind;
    return `${place} ${path}: ${message}; ${expected}${suggestion === undefined ? '' : `; ${suggestion}?`}`;
  });
}

describe('a role’s modules', () => {
  test('are found, in the role’s order', async () => {
    const { modules, faults } = await checked(
      '    modules: [plain, cache, late]\n    variables: { cache_mb: 5 }\n',
    );
    expect({ modules: modules.map(({ name }) => name), faults }).toEqual({
      modules: ['plain', 'cache', 'late'],
      faults: [],
    });
  });

  test('may have all of their variables, from anywhere', async () => {
    expect(
      await faultsOf(
        '    modules: [cache]\n    variables: { cache_mb: 5, cache_on: True, cache_name: x, cache_token: { env: T } }\n',
      ),
    ).toEqual([]);
    expect(
      await faultsOf(
        '    modules: [cache]\n    variables: { cache_mb: { file: f }, cache_on: { env: E } }\n',
      ),
    ).toEqual([]);
  });

  test('may leave a variable to a module that the role hasn’t: layers are shared', async () => {
    expect(await faultsOf('    modules: [plain]\n    variables: { cache_mb: 5 }\n')).toEqual([]);
  });

  test('that can’t be used are refused, with their file', async () => {
    expect(await refusal(checked('    modules: [broken]\n'))).toMatch(
      /^usage: the module broken has 2 faults\n[\s\S]*module\.yaml:1:1: unknown key "descripton"/,
    );
  });
});

describe('faults of a role’s bundle, each where it stands:', () => {
  test('a module that isn’t there, with the nearest name', async () => {
    expect(await faultsOf('    modules: [plain, cahce, nothing-like-it]\n')).toEqual([
      '11:22 modules: there is no module cahce; one of broken, cache, late, locked, odd, plain; cache?',
      '11:29 modules: there is no module nothing-like-it; one of broken, cache, late, locked, odd, plain',
    ]);
  });

  test('an order that a module can’t have', async () => {
    expect(await faultsOf('    modules:\n      - late\n      - plain\n')).toEqual([
      '12:9 modules: the module late must come after plain; plain earlier in the list',
    ]);
  });

  test('variables that are missing, and what to write', async () => {
    expect(await faultsOf('    modules:\n      - cache\n      - locked\n      - odd\n')).toEqual([
      '12:9 variables.cache_mb: the module cache needs the variable cache_mb (memory); variables: {cache_mb: ...}',
      '13:9 variables.pass: the module locked needs the variable pass (p); variables: {pass: {env: PASS}}',
      '14:9 variables.constructor: the module odd needs the variable constructor (c); variables: {constructor: ...}',
    ]);
  });

  test.each([
    ['cache_mb: many', 'cache_mb is no integer (module cache); an integer'],
    ['cache_mb: 1.0', 'cache_mb is no integer (module cache); an integer'],
    ['cache_mb: 0', 'cache_mb is too small (module cache); an integer of at least 1'],
    ['cache_on: yes', 'cache_on is neither true nor false (module cache); true or false'],
    ['cache_name: A1', 'cache_name is not valid (module cache); a text that matches [a-z]+'],
    [
      'cache_token: x',
      'cache_token is a secret, and no catalogue holds one (module cache); {env: CACHE_TOKEN} or {file: PATH}',
    ],
    [
      'cach_on: true',
      'no module has a variable cach_on; one of cache_mb, cache_on, cache_name, cache_token; cache_on?',
    ],
  ])('a value such as %s', async (line, words) => {
    const rest = line.startsWith('cache_mb') ? '' : '      cache_mb: 5\n';
    const faults = await faultsOf(`    modules: [cache]\n    variables:\n      ${line}\n${rest}`);
    const column = 7 + line.indexOf(':') + 2;
    const told = words.startsWith('no module') ? words : `variables.${words}`;
    expect(faults).toEqual([`13:${column} variables.${line.split(':')[0]}: ${told}`]);
  });

  test('a variable where no module has any; no value of a variable is ever told', async () => {
    expect(await faultsOf('    modules: [plain]\n    variables: { other: hunter2 }\n')).toEqual([
      '12:25 variables.other: no module has a variable other; none: these modules have no variables',
    ]);
    const said = await faultsOf(
      '    modules: [cache]\n    variables: { cache_mb: hunter2, cache_token: hunter2 }\n',
    );
    expect(said).toHaveLength(2);
    expect(said.join()).not.toContain('hunter2');
  });
});
