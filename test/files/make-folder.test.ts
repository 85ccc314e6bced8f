import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeFolder as makeInCloud } from '../../packages/local-cloud/src/make-folder.ts';
import { makeFolder } from '../../src/files/make-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rolecall-folder-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const both = [
  ['makeFolder', makeFolder],
  ['makeFolder of the local cloud', makeInCloud],
] as const;

test.each(both)('%s makes what is missing, and tells the topmost that it made', async (_name, make) => {
  const folder = join(root, 'a/b/c');
  expect(await make(folder, 0o700)).toBe(join(root, 'a'));
  expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
  expect(await make(folder)).toBeUndefined();
  expect(await make(join(root, 'a/b/d'))).toBe(join(root, 'a/b/d'));
});

test.each(both)('%s ends where no folder can be', async (_name, make) => {
  await expect(make('/proc/no-folders-here/x/y')).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(join(root, 'file'), '');
  await expect(make(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(make(join(root, 'file/x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(existsSync(join(root, 'file/x'))).toBe(false);
});
