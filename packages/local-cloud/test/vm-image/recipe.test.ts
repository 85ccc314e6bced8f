import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { packageRoot } from '../../../../src/files/package-root.ts';
import { type BaseRecipe, baseName, basePackages, packagesName } from '../../src/vm-image/recipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'rolecall-recipe-'));
afterAll(() => rmSync(folder, { recursive: true }));
cpSync(join(packageRoot(), 'packages/local-cloud/src/vm-image'), folder, { recursive: true });

const RECIPE: BaseRecipe = {
  release: 'bookworm',
  architecture: 'amd64',
  sources: { list: 'deb a bookworm main\n' },
};

test('the base has another name as soon as anything that makes it differs', () => {
  const names = new Set([baseName(RECIPE, folder)]);
  names.add(baseName({ ...RECIPE, release: 'trixie' }, folder));
  names.add(baseName({ ...RECIPE, architecture: 'arm64' }, folder));
  names.add(baseName({ ...RECIPE, sources: { list: 'deb b bookworm main\n' } }, folder));
  names.add(baseName({ ...RECIPE, sources: { sources: 'deb a bookworm main\n' } }, folder));
  for (const path of ['base.sh', 'root.sh', 'root/etc/fstab']) {
    appendFileSync(join(folder, path), '# changed\n');
    names.add(baseName(RECIPE, folder));
  }
  writeFileSync(join(folder, 'root/etc/new'), '');
  names.add(baseName(RECIPE, folder));
  expect(names.size).toBe(9);
  expect(baseName(RECIPE, folder)).toBe([...names].at(-1));
});

test('the order of packages makes no other layer; another base or other packages do', () => {
  const name = packagesName('base-1', ['memcached', 'nginx'], folder);
  expect(packagesName('base-1', ['nginx', 'memcached'], folder)).toBe(name);
  expect(packagesName('base-2', ['memcached', 'nginx'], folder)).not.toBe(name);
  expect(packagesName('base-1', ['memcached'], folder)).not.toBe(name);
  appendFileSync(join(folder, 'derive.sh'), '# changed\n');
  expect(packagesName('base-1', ['memcached', 'nginx'], folder)).not.toBe(name);
});

test('the kernel is that of the processor', () => {
  expect(basePackages('arm64')).toContain('linux-image-cloud-arm64');
});
