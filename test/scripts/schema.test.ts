import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { catalogueSchema } from '../../scripts/schema/catalogue-schema.ts';
import { withFieldTables, withModuleTables } from '../../scripts/schema/tables.ts';
import { openCollection } from '../../src/bundle/collection.ts';
import {
  CATALOGUE_FIELDS,
  CATALOGUE_SHAPE,
  LOCAL_IMAGE_FIELDS,
  ROLE_FIELDS,
} from '../../src/catalogue/fields.ts';
import { BLOCK_DEVICE_FIELDS } from '../../src/catalogue/setting-shapes.ts';
import { SETTINGS } from '../../src/catalogue/settings.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import { shapeFaults } from '../../src/yaml/check.ts';
import { readYaml } from '../../src/yaml/read-yaml.ts';
import { catalogueWith, faultsOf } from '../catalogue/sample.ts';
import { holds } from '../support/property.ts';

const shipped = (name: string): string => readFileSync(join(packageRoot(), name), 'utf8');

const ajv = new Ajv({ strictTypes: false, allowUnionTypes: true, allErrors: true });
const schemaAccepts = ajv.compile(catalogueSchema());
const accepts = (text: string): boolean => schemaAccepts(parse(text, { merge: true }));

/** Whether the validator's shapes accept it, without what no schema can tell. */
function shapesAccept(text: string): boolean {
  const { root, faults } = readYaml(text, 'roles.yaml');
  return root !== undefined && faults.length === 0 && shapeFaults(root, CATALOGUE_SHAPE, '').length === 0;
}

describe('the shipped files are made from the table (npm run schema)', () => {
  test('roles.schema.json', () => {
    expect(JSON.parse(shipped('roles.schema.json'))).toEqual(catalogueSchema());
  });

  test('the tables of docs/catalogue.md', () => {
    expect(shipped('docs/catalogue.md')).toBe(withFieldTables(shipped('docs/catalogue.md')));
  });

  test('the tables of docs/modules.md', async () => {
    const standard = join(packageRoot(), 'templates/modules');
    const { names, find } = await openCollection({ own: '/nonexistent', standard }, (path) => path);
    const modules = (await Promise.all(names.map(find))).filter((module) => module !== undefined);
    expect(modules.length).toBeGreaterThan(3);
    const page = shipped('docs/modules.md');
    expect(page).toBe(withModuleTables(page, modules, shipped('templates/module-lib.sh')));
  });

  test('every example of the table is valid', () => {
    const tables = [CATALOGUE_FIELDS, SETTINGS, ROLE_FIELDS, LOCAL_IMAGE_FIELDS, BLOCK_DEVICE_FIELDS];
    for (const { name, shape, example } of tables.flat()) {
      const { root, faults } = readYaml(`example: ${example}`, 'example');
      const value = root?.kind === 'map' ? root.entries.get('example')?.value : undefined;
      const found = value === undefined ? ['no value'] : [...faults, ...shapeFaults(value, shape, name)];
      expect({ name, found }).toEqual({ name, found: [] });
    }
  });
});

describe('schema and validator agree', () => {
  test('on the shipped example: it is good', () => {
    expect(faultsOf(shipped('roles.yaml'))).toEqual([]);
    expect(accepts(shipped('roles.yaml'))).toBe(true);
  });

  test.each([
    ['the least', ''],
    ['nulls', 'zone: null\n    tags: {a: null}\n    personality: {b: null}\n    environments: {prod: null}'],
    ['scalars as written', 'tags: {a: 1, b: true, c: x}\n    personality: {d: 1.5, e_url: "http://h"}'],
    ['spot with a price', 'spot: {max_price: 0.05}'],
    ['spot', 'spot: true'],
    ['devices', 'block_devices: [{device: /dev/sdf, size_gb: 1}]'],
    ['a merge', '<<: {key_name: ops}'],
  ])('good: %s', (_name, line) => {
    const text = catalogueWith(`    ${line}`);
    expect([accepts(text), shapesAccept(text), faultsOf(text)]).toEqual([true, true, []]);
  });

  test.each([
    ['an unknown key', 'memory: 1'],
    ['a wrong type', 'timeout: 10'],
    ['a null in a list', 'security_groups: [null]'],
    ['a wrong choice', 'http_tokens: maybe'],
    ['a key of ours', 'personality: {rolecall_x: 1}'],
    ['a key that operators name', 'personality: {context: x}'],
    ['a list in the personality', 'personality: {x: [1]}'],
    ['a dollar', 'personality: {x: "$"}'],
    ['a URL under an ordinary key', 'personality: {x: "http://h/?a"}'],
    ['a path as machine_id', 'personality: {machine_id: a/b}'],
    ["AWS's tag", 'tags: {"AWS:x": 1}'],
    ['too many tags', `tags: {${Array.from({ length: 42 }, (_, index) => `t${index}: 1`).join(', ')}}`],
    ['a device without name', 'block_devices: [{size_gb: 1}]'],
    ['a size of nothing', 'block_devices: [{device: sdf, size_gb: 0}]'],
    ['a null size', 'block_devices: [{device: sdf, size_gb: null}]'],
    ['spot in words', 'spot: cheap'],
    ['an unknown key of spot', 'spot: {price: 1}'],
    ['an environment with a slash', 'environments: {"a/b": {}}'],
    ['a setting of a role in an environment', 'environments: {prod: {description: x}}'],
  ])('bad: %s', (_name, line) => {
    const text = catalogueWith(`    ${line}`);
    expect([accepts(text), shapesAccept(text)]).toEqual([false, false]);
  });

  test('wherever a value of the example is replaced by another one', () => {
    const good = parse(shipped('roles.yaml'), { merge: true }) as Tree;
    const leaf = fc.constantFrom<Tree>(
      null,
      true,
      false,
      0,
      1,
      20,
      1.5,
      '',
      'x',
      'a/b',
      't3.micro',
      'eu-central-1',
      'eu-central-1a',
      '10m',
      'required',
      'ami-0123456789abcdef0',
      'http://h/?x',
      'a b',
      ' a',
      '$',
      'x'.repeat(300),
      [],
      ['sg-01234567'],
      [null],
      {},
      { prod: null },
      { max_price: '0.05' },
      { a: 1 },
      { rolecall_x: 1 },
      { device: 'sdf' },
      [{ device: 'sdf' }],
      { 'aws:x': '1' },
    );
    const key = fc.constantFrom(
      ...SETTINGS.map(({ name }) => name),
      ...CATALOGUE_FIELDS.map(({ name }) => name),
      ...ROLE_FIELDS.map(({ name }) => name),
      'machine_id',
      'a_url',
      'size_gb',
      'device',
      'overlay',
      'packages',
      'prod',
      'a',
      'Bad Key',
      'max_price',
      'x',
    );
    // success and failure are judged by more than a schema can tell.
    const sane = (path: string[]) => !path.includes('success') && !path.includes('failure');
    let rejected = 0;
    let accepted = 0;
    holds(
      fc.property(
        fc.array(fc.oneof(fc.nat(20), key), { minLength: 1, maxLength: 5 }),
        leaf,
        (steps, value) => {
          const { tree, path } = replaced(good, steps, value);
          fc.pre(sane(path));
          const text = stringify(tree);
          const verdict = accepts(text);
          if (verdict) accepted += 1;
          else rejected += 1;
          expect({ text, accepted: shapesAccept(text) }).toEqual({ text, accepted: verdict });
        },
      ),
      {
        numRuns: 1500,
        examples: [
          [['region'], 'eu-central-1'],
          [['region'], []],
        ],
      },
    );
    expect(rejected).toBeGreaterThan(0);
    expect(accepted).toBeGreaterThan(0);
  });
});

type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };

/** The tree with one value replaced or added; a numbered step chooses among the keys that are there. */
function replaced(
  tree: Tree,
  steps: readonly (number | string)[],
  value: Tree,
): { tree: Tree; path: string[] } {
  const [step, ...rest] = steps;
  if (step === undefined || tree === null || typeof tree !== 'object' || Array.isArray(tree))
    return { tree: value, path: [] };
  const keys = Object.keys(tree);
  const key = typeof step === 'string' ? step : (keys[step % keys.length] ?? 'x');
  const inner = replaced(tree[key] ?? null, key in tree ? rest : [], value);
  return { tree: { ...tree, [key]: inner.tree }, path: [key, ...inner.path] };
}
