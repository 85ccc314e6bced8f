import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { packageRoot } from '../../../src/files/package-root.ts';

const SOURCE = 'export const isLate = (age: number): boolean => age > 5;\n';
const TEST = `import { expect, test } from '@jest/globals';
import { isLate } from '../../src/fleet/late.ts';
test('late', () => { expect([isLate(4), isLate(6)]).toEqual([false, true]); });
`;
const OTHER = 'export const isEarly = (age: number): boolean => age < 5;\n';

let folder: string;
const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
const equivalent = (entries: readonly object[]) =>
  write('scripts/mutation/equivalent.json', JSON.stringify(entries));

function run(...args: string[]) {
  const command = ['--import', './scripts/typescript.mjs', 'scripts/mutation/main.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });
  return { status, stderr, lines: stdout.trim().split('\n').filter(Boolean) };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-mutation-'));
  for (const part of [
    'package.json',
    'jest.config.js',
    'jest.mutation.config.js',
    'scripts',
    'test/runner',
  ]) {
    cpSync(join(packageRoot(), part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'));
  for (const part of ['src/fleet', 'test/fleet', 'src/release'])
    mkdirSync(join(folder, part), { recursive: true });
  write('src/fleet/late.ts', SOURCE);
  write('test/fleet/late.test.ts', TEST);
  write('src/release/early.ts', OTHER);
  equivalent([]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a mutant that a test notices is caught; the others survive, are named, and fail the run', () => {
  const { status, lines } = run('src/fleet/late.ts');
  const survivors = [
    'survived src/fleet/late.ts:1  5 -> (4)',
    'survived src/fleet/late.ts:1  age > 5 -> age >= 5',
  ];
  expect(lines.slice(0, 3).sort()).toEqual([
    'caught src/fleet/late.ts:1  5 -> 6  by test/fleet/late.test.ts: late',
    ...survivors,
  ]);
  expect(lines[3]).toBe('fleet: 1 of 3 mutants caught');
  expect(lines.slice(4, 6).sort()).toEqual(survivors);
  expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last: '1 of 3 mutants caught: 33.3 %' });
});

test('the survivors of a report run again, without those that are listed as equivalent', () => {
  write('test/fleet/late.test.ts', TEST.replaceAll('isLate(4)', 'isLate(5)'));
  equivalent([
    { file: 'src/fleet/late.ts', code: SOURCE.trim(), change: '5 -> (4)', nth: 1, why: 'an example' },
  ]);
  const { status, lines } = run('--again');
  expect({ status, lines }).toEqual({
    status: 0,
    lines: [
      'caught src/fleet/late.ts:1  age > 5 -> age >= 5  by test/fleet/late.test.ts: late',
      'fleet: 1 of 1 mutants caught',
      '1 of 1 mutants caught: 100.0 %',
    ],
  });
});

test('a source that no test of its room imports keeps its mutants', () => {
  equivalent([]);
  expect(run('src/release').lines.at(-1)).toBe('0 of 3 mutants caught: 0.0 %');
});

test('tests that fail without a mutant prove nothing', () => {
  write('test/fleet/late.test.ts', TEST.replaceAll('true', 'false'));
  const { status, stderr } = run('src/fleet');
  expect(status).toBe(1);
  expect(stderr).toContain('without a mutant fails test/fleet/late.test.ts: late');
});

test('an entry of equivalent.json that is no mutant any more is an error', () => {
  equivalent([{ file: 'src/fleet/late.ts', code: 'gone', change: '5 -> 6', nth: 1, why: 'an example' }]);
  const { status, stderr } = run();
  expect(status).toBe(1);
  expect(stderr).toContain('equivalent.json names no mutant');
});
