import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readTruth, SCRIPTS } from './truth.ts';

const truths = readTruth();

test('every script can be run and has its truth, and every truth its script', () => {
  const scripts = readdirSync(SCRIPTS).sort();
  for (const script of scripts) accessSync(join(SCRIPTS, script), constants.X_OK);
  expect([...new Set(truths.map(({ script }) => script))].sort()).toEqual(scripts);
});

test('an entry that looks alike names another one, with another cause', () => {
  for (const { unlike, root, name } of truths) {
    if (unlike === undefined) continue;
    const other = truths.find((truth) => truth.name === unlike);
    expect({ name, root: other?.root }).toEqual({ name, root: expect.any(String) });
    expect(root).not.toBe(other?.root);
  }
});

test('most scripts use real tools', () => {
  const played = truths.filter((truth) => truth.played);
  expect(played.length).toBeLessThan(truths.length / 3);
});
