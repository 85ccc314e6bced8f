import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Module, Variable } from '../../src/bundle/module.ts';
import { readValues, valuesOf } from '../../src/bundle/read-values.ts';
import type { BundleSettings, VariableValue } from '../../src/catalogue/role.ts';
import { markAt, moduleOf, newFolder, refusal, usesOf, write } from './support.ts';

let folder: string;
beforeAll(() => {
  folder = newFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = markAt(1);
const variable = (more: Partial<Variable> = {}): Variable => ({
  description: 'x',
  type: 'string',
  required: false,
  secret: false,
  ...more,
});
const written = (text: string): VariableValue => ({ from: 'catalogue', text, type: 'text', at });

function settingsOf(variables: Readonly<Record<string, VariableValue>>): BundleSettings {
  return {
    modules: usesOf('a'),
    variables,
    files: {},
    compression: 'gzip',
    access: 'presigned',
    expiresMs: 1,
  };
}

const read = (
  variables: Readonly<Record<string, VariableValue>>,
  modules: readonly Module[],
  env: Readonly<Record<string, string>> = {},
) => readValues(settingsOf(variables), modules, { env, folder });

/** The value of `v` of a module that has it. */
async function readOne(value: VariableValue, env: Readonly<Record<string, string>> = {}) {
  const values = await read({ v: value }, [moduleOf('a', { variables: { v: variable() } })], env);
  return values.get('a')?.[0]?.[1];
}

describe('the values of a module’s variables', () => {
  test('are its own only, sorted: the role’s, else its default; one without either is left out', async () => {
    const modules = [
      moduleOf('b', { variables: { z: variable({ default: 'fallback' }), both: variable() } }),
      moduleOf('a', { variables: { none: variable(), empty: variable({ default: '' }), both: variable() } }),
      moduleOf('c'),
    ];
    const values = await read({ both: written('given'), stranger: written('x') }, modules);
    expect([...values]).toEqual([
      [
        'b',
        [
          ['both', 'given'],
          ['z', 'fallback'],
        ],
      ],
      [
        'a',
        [
          ['both', 'given'],
          ['empty', ''],
        ],
      ],
      ['c', []],
    ]);
  });

  test('come from the catalogue, the environment or a file, as they are there', async () => {
    expect(await readOne(written("it's $HOME"))).toBe("it's $HOME");
    expect(await readOne({ from: 'env', name: 'SECRET', at }, { SECRET: ' a\nb\n' })).toBe(' a\nb\n');
    write(join(folder, 'secrets/v'), '\ufeffkey äöü\r\nsecond\r\n');
    expect(await readOne({ from: 'file', path: 'secrets/v', at })).toBe('\ufeffkey äöü\r\nsecond');
    expect(await readOne({ from: 'file', path: join(folder, 'secrets/v'), at })).toMatch(/second$/);
    write(join(folder, 'large'), 'x'.repeat(64 * 1024));
    expect(await readOne({ from: 'file', path: 'large', at })).toHaveLength(64 * 1024);
  });

  test('may be empty, but for a required one from the environment: CI systems set a secret that isn’t there so', async () => {
    const modules = [
      moduleOf('a', { variables: { v: variable() } }),
      moduleOf('b', { variables: { v: variable({ required: true }) } }),
    ];
    const fromEnv: VariableValue = { from: 'env', name: 'TOKEN', at };
    expect(await readOne(fromEnv, { TOKEN: '' })).toBe('');
    expect((await read({ v: written('') }, modules)).get('b')).toEqual([['v', '']]);
    expect(await refusal(read({ v: fromEnv }, modules, { TOKEN: '' }))).toBe(
      'usage: variables.v is required by module b and comes from TOKEN, which is empty in the environment\n' +
        'set it for this command: TOKEN=... rolecall ...; CI systems make an empty variable of a secret that is not there',
    );
    expect((await read({ v: fromEnv }, modules, { TOKEN: ' ' })).get('b')).toEqual([['v', ' ']]);
  });

  test('that no module has are not asked for', async () => {
    const values = await read({ v: { from: 'env', name: 'NOT_SET', at } }, [moduleOf('a')]);
    expect(values.get('a')).toEqual([]);
  });
});

describe('a value is refused, and never shown,', () => {
  test('where the environment hasn’t it', async () => {
    expect(await refusal(readOne({ from: 'env', name: 'TOKEN', at }))).toBe(
      'usage: variables.v comes from TOKEN, which is not in the environment\nset it for this command: TOKEN=... rolecall ...',
    );
  });

  test('where its file isn’t there, is a folder, is too large, or is no text', async () => {
    const from = (path: string) => refusal(readOne({ from: 'file', path, at }));
    mkdirSync(join(folder, 'dir'));
    expect(await from('nowhere')).toMatch(
      /^usage: variables\.v comes from a file that can't be read: no such file or directory.*\npaths are relative/,
    );
    expect(await from('dir')).toMatch(/can't be read: illegal operation on a directory/);
    write(join(folder, 'huge'), 'x'.repeat(64 * 1024 + 1));
    write(join(folder, 'binary'), 'a\0b');
    write(join(folder, 'latin1'), Buffer.from([0x68, 0xe4]));
    for (const name of ['huge', 'binary', 'latin1'])
      expect(await from(name)).toMatch(
        /^usage: variables\.v comes from .*, which is no UTF-8 text of at most 64 KiB\n/,
      );
  });

  test('where it isn’t of its type', async () => {
    const modules = [moduleOf('a', { variables: { v: variable({ type: 'integer', secret: true }) } })];
    const said = await refusal(read({ v: { from: 'env', name: 'N', at } }, modules, { N: 'hunter2' }));
    expect(said).toBe('usage: the value of variables.v is no integer (module a)\ngive it an integer');
    expect(() =>
      valuesOf(moduleOf('a', { variables: { v: variable({ type: 'boolean' }) } }), new Map([['v', 'x']])),
    ).toThrow(/variables\.v is neither true nor false/);
  });
});
