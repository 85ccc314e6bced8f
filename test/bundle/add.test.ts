import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AddPlan, addModules } from '../../src/bundle/add.ts';
import { moduleHash, readLock } from '../../src/bundle/lock.ts';
import { moduleIn, newFolder, refusal, write } from './support.ts';

let folder: string;
let shelf: string;
beforeEach(() => {
  folder = newFolder();
  shelf = join(folder, 'own/modules');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const add = (from: string, plan: Partial<AddPlan> = {}, name = 'named', resolved?: string) =>
  addModules(
    { folder: from, name, ...(resolved !== undefined && { resolved }) },
    { shelf, source: `../${name}`, names: [], force: false, standard: ['memcached'], ...plan },
  );

describe('a module of a source', () => {
  test('is copied as it is, without git’s and npm’s own folders, and pinned', async () => {
    const from = moduleIn(folder, 'bee');
    write(join(from, 'conf/a'), 'x', 0o600);
    write(join(from, 'node_modules/y/index.js'), 'x');
    write(join(from, '.git/config'), 'x');
    write(join(from, '.gitignore'), 'x');
    symlinkSync('conf/a', join(from, 'now'));
    const [added] = await add(from, {}, 'bee', 'abc123');
    expect(added).toEqual({
      name: 'bee',
      folder: join(shelf, 'bee'),
      sha256: await moduleHash(join(shelf, 'bee')),
      changed: true,
    });
    expect(readdirSync(join(shelf, 'bee'), { recursive: true }).sort()).toEqual(
      ['.gitignore', 'conf', 'conf/a', 'module.yaml', 'now', 'start-up.sh'].sort(),
    );
    expect(await readLock(shelf)).toEqual({
      bee: { source: '../bee', resolved: 'abc123', sha256: added?.sha256 },
    });
    expect(readdirSync(shelf).sort()).toEqual(['bee', 'modules.lock']);
  });

  test('that lies there without a folder of its own has the source’s name', async () => {
    expect(await add(moduleIn(folder, 'clone'), {}, 'backup')).toMatchObject([{ name: 'backup' }]);
    expect(await refusal(add(moduleIn(folder, 'clone'), {}, 'Not A Name'))).toMatch(
      /^usage: "Not A Name" can't be the name of a module/,
    );
  });

  test('is found in its folders and in its modules/, which comes first', async () => {
    moduleIn(join(folder, 'src'), 'one', 'description: beside\n');
    moduleIn(join(folder, 'src/modules'), 'one', 'description: inside\n');
    moduleIn(join(folder, 'src'), 'two');
    expect(await add(join(folder, 'src'), { names: ['two', 'one'] })).toMatchObject([
      { name: 'two' },
      { name: 'one' },
    ]);
    expect(readFileSync(join(shelf, 'one/module.yaml'), 'utf8')).toBe('description: inside\n');
    expect(Object.keys(await readLock(shelf))).toEqual(['one', 'two']);
  });

  test('that is there already, the very same, is left alone', async () => {
    const from = moduleIn(folder, 'bee');
    await add(from, {}, 'bee');
    expect(await add(from, {}, 'bee')).toMatchObject([{ changed: false }]);
  });

  test('replaces another of its name only by force; other pins stay', async () => {
    await add(moduleIn(folder, 'cat'), {}, 'cat');
    const from = moduleIn(folder, 'bee');
    await add(from, {}, 'bee');
    write(join(shelf, 'bee/more'), 'mine');
    expect(await refusal(add(from, {}, 'bee'))).toMatch(
      /^conflict: there is another module bee already: .*\nadd --force to replace it/,
    );
    expect(readFileSync(join(shelf, 'bee/more'), 'utf8')).toBe('mine');
    expect(await add(from, { force: true }, 'bee')).toMatchObject([{ changed: true }]);
    expect(existsSync(join(shelf, 'bee/more'))).toBe(false);
    expect(Object.keys(await readLock(shelf))).toEqual(['bee', 'cat']);
  });
});

describe('nothing is added', () => {
  afterEach(() => expect(existsSync(shelf) ? readdirSync(shelf) : []).toEqual([]));

  test('from a source without modules', async () => {
    write(join(folder, 'src/readme'), 'x');
    expect(await refusal(add(join(folder, 'src')))).toMatch(
      /^usage: \.\.\/named has no modules: no module\.yaml/,
    );
    expect(await refusal(add(join(folder, 'nowhere')))).toMatch(/^usage: \.\.\/named has no modules/);
  });

  test('when several are there, or another one is wanted', async () => {
    for (const name of ['a', 'b']) moduleIn(join(folder, 'src'), name);
    expect(await refusal(add(join(folder, 'src')))).toMatch(
      /^usage: \.\.\/named has 2 modules: a, b\nsay which: --module a/,
    );
    expect(await refusal(add(join(folder, 'src'), { names: ['c'] }))).toMatch(
      /^usage: \.\.\/named has no module c\nit has a, b$/,
    );
  });

  test('under a name of the standard collection', async () => {
    expect(await refusal(add(moduleIn(folder, 'memcached'), { force: true }, 'memcached'))).toMatch(
      /^conflict: the standard collection has a module memcached already/,
    );
  });

  test.each([
    ['an absolute path', '/etc/passwd'],
    ['a place beside it', '../secret'],
    ['a place beside it, from inside', 'deep/../../secret'],
  ])('with a link to %s', async (_what, target) => {
    const from = moduleIn(folder, 'bee');
    write(join(folder, 'secret'), 'hunter2');
    mkdirSync(join(from, 'deep'));
    symlinkSync(target, join(from, 'link'));
    expect(await refusal(add(from, {}, 'bee'))).toMatch(
      /^usage: link leads to .*\na module is a folder that stands alone/,
    );
  });

  test.each(['', '.', '..', '.git', '../up', 'a/b', '/etc', '-x', 'Upper', 'files', 'x'.repeat(33)])(
    'under the name %j, which comes from outside: no path is made of it',
    async (name) => {
      const from = moduleIn(folder, 'clone');
      write(join(folder, 'own/roles.yaml'), 'mine');
      for (const force of [false, true])
        expect(await refusal(add(from, { force }, name))).toBe(
          `usage: ${JSON.stringify(name)} can't be the name of a module\na lower-case letter, then a-z 0-9 and -, at most 32 in all; not files`,
        );
      expect(readFileSync(join(folder, 'own/roles.yaml'), 'utf8')).toBe('mine');
    },
  );

  test('that is broken', async () => {
    const from = moduleIn(folder, 'bee', 'descripton: x\n');
    expect(await refusal(add(from, {}, 'bee'))).toMatch(/unknown key "descripton"/);
    rmSync(join(moduleIn(folder, 'cat'), 'start-up.sh'));
    expect(await refusal(add(join(folder, 'cat'), {}, 'cat'))).toMatch(
      /^usage: the module cat has no start-up\.sh/,
    );
  });
});

test('a lock that is damaged is not written over', async () => {
  write(join(shelf, 'modules.lock'), '<<<<<<< HEAD\n');
  expect(await refusal(add(moduleIn(folder, 'bee'), {}, 'bee'))).toMatch(/modules\.lock is damaged/);
  expect(readFileSync(join(shelf, 'modules.lock'), 'utf8')).toBe('<<<<<<< HEAD\n');
});
