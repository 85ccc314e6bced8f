import { chownSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isInside, packedPaths, surroundingsOf } from '../../src/bundle/places.ts';
import type { BundleSettings, VariableValue } from '../../src/catalogue/role.ts';
import { markAt, moduleOf, newFolder, usesOf, write } from './support.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(newFolder());
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = markAt(1);
const make = (...names: readonly string[]): string => {
  const path = join(folder, ...names);
  mkdirSync(path, { recursive: true });
  return path;
};

/** Whether a path is the catalogue's own, seen from a catalogue's folder. */
const own = async (catalogue: string, path: string, home?: string) =>
  isInside(path, await surroundingsOf(catalogue, home));

describe('what is the catalogue’s own', () => {
  test('is its git repository, a work tree or submodule too; without one its folder', async () => {
    const catalogue = make('shop/ops/rolecall');
    expect(await own(catalogue, join(catalogue, 'x'))).toBe(true);
    expect(await own(catalogue, join(folder, 'shop/x'))).toBe(false);
    make('shop/.git');
    expect(await own(catalogue, join(folder, 'shop/x'))).toBe(true);
    expect(await own(catalogue, join(folder, 'shop'))).toBe(true);
    expect(await own(catalogue, join(folder, 'shop-else/x'))).toBe(false);
    expect(await own(catalogue, folder)).toBe(false);
    expect(await own(catalogue, join(folder, 'shop/..x'))).toBe(true);
    write(join(folder, 'shop/ops/.git'), 'gitdir: ../.git/modules/ops\n');
    expect(await own(catalogue, join(folder, 'shop/x'))).toBe(false);
    expect(await own(catalogue, join(folder, 'shop/ops/x'))).toBe(true);
  });

  test('is behind a link to the catalogue’s folder what lies around its end', async () => {
    make('real/.git');
    const catalogue = make('real/ops');
    make('other/.git');
    symlinkSync(catalogue, join(folder, 'other/ops'));
    expect(await own(join(folder, 'other/ops'), join(folder, 'real/x'))).toBe(true);
    expect(await own(join(folder, 'other/ops'), join(folder, 'other/x'))).toBe(false);
  });

  test('is no repository that holds the home folder, as dotfiles do', async () => {
    const home = make('home/ann');
    make('home/ann/.git');
    const catalogue = make('home/ann/projects/shop');
    expect(await own(catalogue, join(catalogue, 'x'), home)).toBe(true);
    expect(await own(catalogue, join(home, '.ssh/id_ed25519'), home)).toBe(false);
    expect(await own(catalogue, join(home, 'projects/x'), home)).toBe(false);
    make('.git');
    expect(await own(catalogue, join(folder, 'x'), home)).toBe(false);
    // A repository inside of the home folder is one as any other.
    make('home/ann/projects/.git');
    expect(await own(catalogue, join(home, 'projects/x'), home)).toBe(true);
  });

  test('is in the home folder itself nothing hidden', async () => {
    const home = make('home/ann');
    for (const catalogue of [home, join(folder, 'home')]) {
      expect(await own(catalogue, join(home, 'conf/x'), home)).toBe(true);
      for (const hidden of ['.ssh/id_ed25519', '.aws/credentials', '.netrc', '.config/gh/hosts.yml'])
        expect(await own(catalogue, join(home, hidden), home)).toBe(false);
    }
    // A catalogue that lies in a hidden folder has that folder.
    const hidden = make('home/ann/.config/rolecall');
    expect(await own(hidden, join(hidden, 'x'), home)).toBe(true);
    // The home folder is known by a link.
    symlinkSync(home, join(folder, 'link'));
    expect(await own(home, join(home, '.ssh/x'), join(folder, 'link'))).toBe(false);
  });

  test('is nothing for a catalogue in /', async () => {
    expect(await own('/', '/etc/shadow')).toBe(false);
  });

  test('is no repository that another user made around it', async () => {
    if (process.geteuid?.() !== 0) return;
    const catalogue = make('shared/ann');
    make('shared/.git');
    chownSync(join(folder, 'shared/.git'), 4321, 4321);
    expect(await own(catalogue, join(folder, 'shared/bob'))).toBe(false);
    chownSync(catalogue, 4321, 4321);
    expect(await own(catalogue, join(folder, 'shared/bob'))).toBe(true);
  });
});

describe('what a bundle is packed from', () => {
  const settings = (more: Partial<BundleSettings>): BundleSettings => ({
    modules: usesOf('a'),
    variables: {},
    files: {},
    compression: 'gzip',
    access: 'presigned',
    expiresMs: 1,
    ...more,
  });

  test('are files, values’ files and own modules, each behind its links at every level', async () => {
    const secret = write(join(folder, 'secret/deep/key'), 'x');
    symlinkSync(join(folder, 'secret'), join(make('repo'), 'conf'));
    symlinkSync('conf/deep', join(folder, 'repo/again'));
    symlinkSync('again/key', join(folder, 'repo/last'));
    const module = make('secret/module');
    symlinkSync(module, join(make('repo/modules'), 'a'));
    const paths = await packedPaths(
      settings({
        files: Object.fromEntries(
          ['conf/deep/key', 'again/key', 'last', '../secret/deep/key', secret, 'none'].map((path) => [
            path,
            { path, at },
          ]),
        ),
        variables: Object.fromEntries<VariableValue>([
          ['constructor', { from: 'file', path: './last', at }],
          ['written', { from: 'catalogue', text: 'last', type: 'text', at }],
          ['env', { from: 'env', name: 'last', at }],
        ]),
      }),
      [moduleOf('a', { folder: join(folder, 'repo/modules/a') }), moduleOf('b', { origin: 'standard' })],
      join(folder, 'repo'),
    );
    expect(paths.map(({ setting, real }) => [setting, real])).toEqual([
      ...['conf/deep/key', 'again/key', 'last', '../secret/deep/key', secret].map((name) => [
        `files.${name}`,
        secret,
      ]),
      ['variables.constructor', secret],
      ['the module a', module],
    ]);
  });

  test('a folder called ~ is a folder', async () => {
    writeFileSync(join(make('~/.ssh'), 'key'), 'x');
    const [only] = await packedPaths(settings({ files: { k: { path: '~/.ssh', at } } }), [], folder);
    expect(only?.real).toBe(join(folder, '~/.ssh'));
  });
});
