import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openCollection } from '../../src/bundle/collection.ts';
import { moduleIn, newFolder, refusal, write } from './support.ts';

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () =>
  openCollection({ own: join(folder, 'own'), standard: join(folder, 'standard') }, (path) =>
    path.replace(`${folder}/`, ''),
  );

describe('a collection', () => {
  test('has the modules of both shelves, sorted; files and hidden folders are none', async () => {
    moduleIn(join(folder, 'own'), 'nine');
    moduleIn(join(folder, 'own'), 'bee');
    moduleIn(join(folder, 'standard'), 'cat');
    moduleIn(join(folder, 'own'), '.git');
    write(join(folder, 'own/modules.lock'), '');
    const { names, standard, find } = await open();
    expect({ names, standard }).toEqual({ names: ['bee', 'cat', 'nine'], standard: ['cat'] });
    expect(await find('bee')).toMatchObject({ name: 'bee', origin: 'own', folder: join(folder, 'own/bee') });
    expect(await find('cat')).toMatchObject({ name: 'cat', origin: 'standard' });
    expect(await find('dog')).toBeUndefined();
    expect(await find('.git')).toBeUndefined();
    expect(await find('../standard/cat')).toBeUndefined();
  });

  test('takes a link to a folder as a module: it may be shared', async () => {
    moduleIn(join(folder, 'shared'), 'bee');
    mkdirSync(join(folder, 'own'));
    symlinkSync('../shared/bee', join(folder, 'own/bee'));
    symlinkSync('nowhere', join(folder, 'own/lost'));
    const { names, find } = await open();
    expect(names).toEqual(['bee']);
    expect(await find('bee')).toMatchObject({ name: 'bee', origin: 'own' });
  });

  test('needs no shelf', async () => {
    expect((await open()).names).toEqual([]);
  });

  test('is read once: what changes later doesn’t matter', async () => {
    moduleIn(join(folder, 'own'), 'bee');
    const { find } = await open();
    const first = await find('bee');
    rmSync(join(folder, 'own/bee/module.yaml'));
    expect(await find('bee')).toBe(first);
  });
});

describe('no collection', () => {
  test('has two modules of one name', async () => {
    for (const shelf of ['own', 'standard']) moduleIn(join(folder, shelf), 'cat');
    expect(await refusal(open())).toMatch(
      /^usage: two modules are called cat: own\/cat and that of the standard collection\nrename yours.*: mv own\/cat own\/my-cat$/,
    );
  });

  test('lies in a file, or in a folder that can’t be read', async () => {
    write(join(folder, 'own'), 'x');
    expect(await refusal(open())).toMatch(
      /^usage: the folder of modules .*own can't be read: not a directory\n/,
    );
  });

  test('is used where one of its modules is broken: that is told, with its path', async () => {
    moduleIn(join(folder, 'own'), 'bee', 'description: [\n');
    chmodSync(moduleIn(join(folder, 'standard'), 'cat', 'x: y\n'), 0o755);
    const { find } = await open();
    expect(await refusal(find('bee'))).toMatch(/own\/bee\/module\.yaml:/);
    expect(await refusal(find('cat'))).toMatch(/templates\/modules\/cat\/module\.yaml:/);
  });
});
