import { mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bundleEntries } from '../../src/bundle/entries.ts';
import { type BundleParts, startedOnce } from '../../src/bundle/parts.ts';
import { moduleIn, newFolder, readOwn, refusal, write } from './support.ts';

let folder: string;
let library: string;

beforeEach(() => {
  folder = newFolder();
  library = write(join(folder, 'lib.sh'), 'say() { :; }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function partsOf(names: readonly string[], more: Partial<BundleParts> = {}): Promise<BundleParts> {
  const modules = await Promise.all(names.map((name) => readOwn(join(folder, name))));
  return {
    modules: startedOnce(modules),
    values: new Map(),
    files: {},
    library: { 'module-lib.sh': 'say() { :; }\n' },
    ...more,
  };
}

/** `KIND PATH [CONTENT]` of all members, without the folder that they all lie in. */
async function membersOf(parts: BundleParts): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of bundleEntries(parts)) {
    const path = entry.path.replace(/^start-up-bundle\/?/, '');
    if (entry.kind === 'folder') lines.push(`${path}/`);
    if (entry.kind === 'link') lines.push(`${path} -> ${entry.target}`);
    if (entry.kind !== 'file') continue;
    const chunks: Buffer[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    const content = Buffer.concat(chunks);
    expect(content.length).toBe(entry.size);
    lines.push(`${path}${entry.executable ? '*' : ''} ${JSON.stringify(content.toString())}`);
  }
  return lines;
}

const openFiles = () => readdirSync('/proc/self/fd').length;

describe('the members of a bundle', () => {
  test('are the library, the list, the files, and the modules in their order', async () => {
    moduleIn(folder, 'zeta', 'description: x\ntimeout: 2h\nplatforms: [debian, amzn]\n');
    moduleIn(folder, 'alpha');
    write(join(folder, 'alpha/conf/a.conf'), 'a = 1\n');
    symlinkSync('conf/a.conf', join(folder, 'alpha/current'));
    write(join(folder, 'site/index.html'), '<p>');
    const parts = await partsOf(['zeta', 'alpha'], {
      files: { 'web/site': join(folder, 'site'), 'web/one': join(folder, 'site/index.html'), top: library },
      values: new Map([['alpha', [['alpha_text', 'x']]]]),
    });
    expect(await membersOf(parts)).toEqual([
      '/',
      '.lib/',
      '.lib/module-lib.sh "say() { :; }\\n"',
      'modules.list "zeta 7200 debian,amzn\\nalpha 600\\n"',
      'files/',
      'files/top "say() { :; }\\n"',
      'files/web/',
      'files/web/one "<p>"',
      'files/web/site/',
      'files/web/site/index.html "<p>"',
      'zeta/',
      'zeta/module.yaml "description: x\\ntimeout: 2h\\nplatforms: [debian, amzn]\\n"',
      'zeta/start-up.sh* "#!/bin/bash\\ntrue\\n"',
      'alpha/',
      'alpha/.variables "alpha_text=x\\u0000"',
      'alpha/conf/',
      'alpha/conf/a.conf "a = 1\\n"',
      'alpha/current -> conf/a.conf',
      'alpha/module.yaml "description: The module alpha\\n"',
      'alpha/start-up.sh* "#!/bin/bash\\ntrue\\n"',
    ]);
  });

  test('leave out the test and what git keeps, and open none of it', async () => {
    moduleIn(folder, 'a');
    write(join(folder, 'a/test.sh'), 'exit 1\n');
    write(join(folder, 'a/.gitignore'), '*\n');
    write(join(folder, 'a/deep/test.sh'), 'true\n');
    for (let index = 0; index < 300; index += 1) write(join(folder, `a/.git/objects/${index}`), 'x');
    const before = openFiles();
    const members = await membersOf(await partsOf(['a']));
    expect(members.filter((line) => /test\.sh|git/.test(line))).toEqual(['a/deep/test.sh "true\\n"']);
    expect(openFiles()).toBeLessThanOrEqual(before);
  });

  test('of a test: the same module twice, then its test.sh, which may start it again', async () => {
    moduleIn(folder, 'a');
    write(join(folder, 'a/test.sh'), 'check\n');
    const [started] = (await partsOf(['a'])).modules;
    if (started === undefined) throw new Error('there is a module');
    const modules = [
      started,
      { ...started, as: 'a-again' },
      { ...started, as: 'a-test', test: true as const },
    ];
    const members = await membersOf(await partsOf([], { modules }));
    expect(members[3]).toBe('modules.list "a 600\\na-again 600\\na-test 600\\n"');
    expect(members.filter((line) => /\.sh/.test(line)).slice(1)).toEqual([
      'a/start-up.sh* "#!/bin/bash\\ntrue\\n"',
      'a/test.sh "check\\n"',
      'a-again/start-up.sh* "#!/bin/bash\\ntrue\\n"',
      'a-again/test.sh "check\\n"',
      'a-test/start-up.sh "cd ../a\\n. \\"$ROLECALL_BUNDLE_DIR/a/test.sh\\"\\n"',
    ]);
  });

  test('are the same whatever the times and the order in which files were made', async () => {
    moduleIn(folder, 'a');
    for (const name of ['b', 'ä', 'B', 'Z', '\u{1f600}', 'ﬀ', ' ', '-rf', "it's", 'new\nline'])
      write(join(folder, 'a/names', name), name);
    const first = await membersOf(await partsOf(['a']));
    rmSync(join(folder, 'a/names'), { recursive: true });
    for (const name of ['new\nline', "it's", '-rf', 'ﬀ', '\u{1f600}', 'Z', ' ', 'B', 'ä', 'b'])
      utimesSync(write(join(folder, 'a/names', name), name), 1, 1);
    expect(await membersOf(await partsOf(['a']))).toEqual(first);
    expect(first.filter((line) => line.startsWith('a/names/')).map((line) => line.split('"')[1])).toEqual([
      undefined,
      ...[' ', '-rf', 'B', 'Z', 'b', "it's", 'new\\nline', 'ä', 'ﬀ', '\u{1f600}'],
    ]);
  });

  test('hold values with every character, each ended by NUL', async () => {
    moduleIn(folder, 'a');
    const value = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join('');
    const values = new Map([['a', [['a_one', `${value}=\n\n`] as const, ['a_two', ''] as const]]]);
    const members = await membersOf(await partsOf(['a'], { values }));
    expect(members).toContain(`a/.variables ${JSON.stringify(`a_one=${value}=\n\n\0a_two=\0`)}`);
  });
});

describe('no bundle holds', () => {
  test.each([
    ['a link out of the bundle', '../../../etc/passwd'],
    ['a link to an absolute path', '/etc/passwd'],
    ['a link that only begins inside', '../a/../../../x'],
    ['a link beside the bundle', '../../../start-up-bundle-2/x'],
  ])('%s', async (_name, target) => {
    moduleIn(folder, 'a');
    mkdirSync(join(folder, 'a/d'));
    symlinkSync(target, join(folder, 'a/d/link'));
    expect(await refusal(membersOf(await partsOf(['a'])))).toMatch(
      /^usage: the module a holds a link that leaves the bundle: a\/d\/link\nreplace it/,
    );
  });

  test('a link in a folder of files that leaves it; a file that is named is followed', async () => {
    write(join(folder, 'conf/real'), 'x');
    symlinkSync('real', join(folder, 'conf/near'));
    expect(await membersOf(await partsOf([], { files: { near: join(folder, 'conf/near') } }))).toContain(
      'files/near "x"',
    );
    symlinkSync('/etc/passwd', join(folder, 'conf/far'));
    expect(await refusal(membersOf(await partsOf([], { files: { conf: join(folder, 'conf') } })))).toMatch(
      /^usage: files\.conf holds a link that leaves the bundle: files\/conf\/far\n/,
    );
  });

  test('a file that is rolecall’s own', async () => {
    write(join(moduleIn(folder, 'a'), '.variables'), 'x');
    expect(await refusal(membersOf(await partsOf(['a'])))).toMatch(
      /^usage: the module a has a file \.variables, which is rolecall's\n/,
    );
  });

  test('a device', async () => {
    const { modules, ...parts } = await partsOf([], { files: { zero: '/dev/zero' } });
    expect(await refusal(membersOf({ modules, ...parts }))).toMatch(/zero is a device, a socket or a pipe/);
  });

  test('a file that isn’t there', async () => {
    expect(
      await refusal(membersOf(await partsOf([], { files: { 'a/b': join(folder, 'nowhere') } }))),
    ).toMatch(
      /^usage: files\.a\/b can't be read: no such file or directory.*\npaths are relative to the catalogue$/,
    );
  });

  test('two files of one path, or one below the other', async () => {
    const file = write(join(folder, 'one'), 'x');
    expect(await refusal(membersOf(await partsOf([], { files: { a: file, 'a/b': file } })))).toMatch(
      /^usage: two of the role's files become files\/a in the bundle\n/,
    );
    write(join(folder, 'tree/b'), 'y');
    expect(
      await refusal(membersOf(await partsOf([], { files: { a: join(folder, 'tree'), 'a/b': file } }))),
    ).toMatch(/^usage: two of the role's files become files\/a\/b in the bundle\n/);
    const beside = { a: join(folder, 'tree'), 'a/c': file };
    expect(await membersOf(await partsOf([], { files: beside }))).toEqual(
      expect.arrayContaining(['files/a/', 'files/a/b "y"', 'files/a/c "x"']),
    );
  });

  test('a file that goes away or changes while it is read', async () => {
    const path = write(join(moduleIn(folder, 'a'), 'data'), 'x'.repeat(1000));
    const packed = async (change: () => void) => {
      for await (const entry of bundleEntries(await partsOf(['a']))) {
        if (entry.kind !== 'file') continue;
        if (entry.path.endsWith('/data')) change();
        for await (const _chunk of entry.content);
      }
    };
    expect(await refusal(packed(() => writeFileSync(path, 'short')))).toMatch(
      /^usage: data changed while it was read\n/,
    );
    expect(await refusal(packed(() => writeFileSync(path, 'longer'.repeat(1000))))).toMatch(
      /^usage: data changed while it was read\n/,
    );
    expect(await refusal(packed(() => rmSync(path)))).toMatch(
      /^usage: data can't be read: no such file or directory/,
    );
  });

  test('a name that is no UTF-8', async () => {
    moduleIn(folder, 'a');
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a/`), Buffer.from([0xff, 0xfe])]), 'x');
    expect(await refusal(membersOf(await partsOf(['a'])))).toMatch(
      /^usage: \ufffd\ufffd has a name that is no UTF-8/,
    );
  });
});
