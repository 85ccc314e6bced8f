import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCatalogue } from '../../src/catalogue/parse.ts';
import { resolveRole } from '../../src/catalogue/resolve.ts';
import type { BundleSettings } from '../../src/catalogue/role.ts';
import { holds } from '../support/property.ts';

const HEAD = `version: 1
name: bundles
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: bundles-rolecall
`;
const TAIL = `environments: { prod: { variables: { from_environment: 1, both: 1 } }, bare: {} }
contexts: { b: { variables: { from_context: 2, both: 2 } }, bare: {} }
`;

const parse = (role: string, defaults = '{ instance_type: t3.micro }') =>
  parseCatalogue(
    `${HEAD}defaults: ${defaults}\n${TAIL}roles:\n  it:\n${role}`,
    'roles.yaml',
    '/nowhere/roles.yaml',
  );

/** The bundle of the role of these lines, which begin at line 11. */
function settingsOf(
  role: string,
  choice = { environment: 'bare', context: 'bare' },
): BundleSettings | undefined {
  const parsed = parse(role);
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join('\n'));
  return resolveRole(parsed.catalogue, { role: 'it', ...choice }).bundle;
}

/** `LINE:COLUMN MESSAGE; EXPECTED` of each fault. */
function faultsOf(role: string): string[] {
  const parsed = parse(role);
  return parsed.ok
    ? []
    : parsed.faults.map(({ line, column, message, expected }) => `${line}:${column} ${message}; ${expected}`);
}

describe('a role’s bundle', () => {
  test('has no variable that its personality has too, whatever layers they come from', () => {
    const modules = '    modules: [one]\n    personality: { from_environment: 7 }\n';
    expect(() => settingsOf(modules, { environment: 'prod', context: 'bare' })).toThrow(
      'it has from_environment both in its personality and in its variables',
    );
    expect(settingsOf(modules)).toMatchObject({ variables: {} });
  });

  test('has modules in their order with their places; all else has a default', () => {
    const settings = settingsOf('    modules:\n      - zeta\n      - alpha\n');
    expect(settings).toEqual({
      modules: [
        {
          name: 'zeta',
          at: { source: { kind: 'file', file: 'roles.yaml', line: 12, column: 9 }, length: 4 },
        },
        {
          name: 'alpha',
          at: { source: { kind: 'file', file: 'roles.yaml', line: 13, column: 9 }, length: 5 },
        },
      ],
      variables: {},
      files: {},
      compression: 'gzip',
      access: 'presigned',
      expiresMs: 6 * 3_600_000,
    });
  });

  test('isn’t there without modules', () => {
    for (const role of ['    description: x\n', '    modules: []\n', '    modules: null\n'])
      expect(settingsOf(role)).toBeUndefined();
  });

  test('takes values as they are written, from the environment, or from files', () => {
    const settings = settingsOf(`    modules: [a]
    variables:
      text: 1.10
      quoted: "007"
      number: 5
      flag: True
      env: { env: TOKEN }
      file: { file: secrets/x }
      gone: null
    files: { a/b.conf: conf/b.conf, c: /etc/c }
    bundle: { compression: zstd, access: public, expires: 90s }
`);
    const shown = Object.entries(settings?.variables ?? {}).map(([name, { at: _at, ...value }]) => [
      name,
      value,
    ]);
    expect(Object.fromEntries(shown)).toEqual({
      text: { from: 'catalogue', text: '1.10', type: 'number' },
      quoted: { from: 'catalogue', text: '007', type: 'text' },
      number: { from: 'catalogue', text: '5', type: 'number' },
      flag: { from: 'catalogue', text: 'true', type: 'flag' },
      env: { from: 'env', name: 'TOKEN' },
      file: { from: 'file', path: 'secrets/x' },
    });
    expect(settings).toMatchObject({
      files: {
        'a/b.conf': { path: 'conf/b.conf' },
        c: { path: '/etc/c', at: { source: { line: 20, column: 40 } } },
      },
      compression: 'zstd',
      access: 'public',
      expiresMs: 90_000,
    });
  });

  test('merges variables and files by key, replaces the list, and null removes', () => {
    const settings = settingsOf(
      `    modules: [a, b]
    variables: { own: 3, from_context: null }
    environments: { prod: { modules: [c], files: { x: y } } }
    contexts: { b: { variables: { both: 4 } } }
`,
      { environment: 'prod', context: 'b' },
    );
    expect(settings?.modules.map(({ name }) => name)).toEqual(['c']);
    const texts = Object.entries(settings?.variables ?? {}).map(([name, value]) => [
      name,
      'text' in value && value.text,
    ]);
    expect(Object.fromEntries(texts)).toEqual({ from_environment: '1', both: '4', own: '3' });
    expect(Object.keys(settings?.files ?? {})).toEqual(['x']);
    expect(settings?.files['x']?.path).toBe('y');
  });
});

describe('faults of a bundle’s settings stand where they are:', () => {
  test.each<[string, RegExp]>([
    [
      'modules: users',
      /^11:14 roles\.it\.modules must be a list, not text; a list of modules such as \[users, memcached\]/,
    ],
    [
      'modules: [Users]',
      /^11:15 roles\.it\.modules\[0\] is not valid; the name of a module: a lower-case letter/,
    ],
    ['modules: [a, files]', /^11:18 roles\.it\.modules\[1\] is not valid/],
    ['modules: [a, b, a]', /^11:21 roles\.it\.modules names a twice; each module once/],
    ['variables: { Bad: 1 }', /^11:18 "Bad" in roles\.it\.variables can't be a key here; variables \(/],
    ['variables: { role: 1 }', /^11:18 "role" in roles\.it\.variables is set by rolecall itself/],
    ['variables: { rolecall_x: 1 }', /^11:18 "rolecall_x" in roles\.it\.variables/],
    ['variables: { a: [x] }', /^11:21 roles\.it\.variables\.a must be /],
    ['variables: { a: { enw: X } }', /^11:23 unknown key "enw" in roles\.it\.variables\.a/],
    [
      'variables: { a: { env: "A B" } }',
      /^11:28 roles\.it\.variables\.a\.env is not valid; the name of an environment variable/,
    ],
    ['files: { a: 5 }', /^11:17 roles\.it\.files\.a must be text/],
    [
      'bundle: { compression: xz }',
      /^11:28 roles\.it\.bundle\.compression is not one of its values; gzip or zstd/,
    ],
    [
      'bundle: { access: open }',
      /^11:23 roles\.it\.bundle\.access is not one of its values; presigned or public/,
    ],
    ['bundle: { expires: 6 hours }', /^11:24 roles\.it\.bundle\.expires is not valid; a duration such as/],
    ['bundle: { expire: 6h }', /^11:15 unknown key "expire" in roles\.it\.bundle/],
  ])('%s', (line, words) => {
    const faults = faultsOf(`    ${line}\n`);
    expect(faults.join('\n')).toMatch(words);
  });

  test('a value from both places, or from none', () => {
    expect(faultsOf('    variables: { a: { env: X, file: y } }\n')).toHaveLength(1);
    expect(faultsOf('    variables: { a: {} }\n')).toHaveLength(1);
  });

  test.each(['/etc/x', '../x', 'a/../b', 'a/..', '.', './a', 'a//b', 'a/', 'a b', 'a\\b', '..'])(
    'files never go to %j',
    (path) => {
      expect(faultsOf(`    files: { ${JSON.stringify(path)}: x }\n`).join('\n')).toMatch(
        /^11:14 .* in roles\.it\.files can't be a key here; paths in the bundle's files\//,
      );
    },
  );

  test('a path of files that is taken has no part that leads anywhere else', () => {
    const part = fc.constantFrom('a', '.b', '...', '..', '.', '', 'c.d', '-');
    holds(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const taken = faultsOf(`    files: { ${JSON.stringify(parts.join('/'))}: x }\n`).length === 0;
        expect(taken).toBe(parts.every((one) => !['..', '.', ''].includes(one)));
      }),
    );
  });
});
