import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { moduleHash, readLock, verifyLock, writeLock } from '../../src/bundle/lock.ts';
import { holdsAsync } from '../support/property.ts';
import { moduleIn, newFolder, readOwn, refusal, write } from './support.ts';

let shelf: string;
beforeEach(() => {
  shelf = newFolder();
});
afterEach(() => rmSync(shelf, { recursive: true, force: true }));

const A = 'a'.repeat(64);

describe('the hash of a module', () => {
  test('is of names, bytes, links and the right to run; not of times, folders or other rights', async () => {
    const folder = moduleIn(shelf, 'm');
    write(join(folder, 'sub/data'), 'one');
    symlinkSync('data', join(folder, 'sub/link'));
    const before = await moduleHash(folder);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    const data = join(folder, 'sub/data');
    utimesSync(data, 1, 1);
    chmodSync(data, 0o600);
    mkdirSync(join(folder, 'empty'));
    expect(await moduleHash(folder)).toBe(before);

    const changes: [() => void, () => void][] = [
      [() => write(data, 'two'), () => write(data, 'one')],
      [() => chmodSync(data, 0o700), () => chmodSync(data, 0o600)],
      [() => renameSync(data, `${data}2`), () => renameSync(`${data}2`, data)],
      [() => write(join(folder, 'new'), ''), () => rmSync(join(folder, 'new'))],
      [
        () => {
          rmSync(join(folder, 'sub/link'));
          symlinkSync('nowhere', join(folder, 'sub/link'));
        },
        () => {
          rmSync(join(folder, 'sub/link'));
          symlinkSync('data', join(folder, 'sub/link'));
        },
      ],
    ];
    for (const [change, back] of changes) {
      change();
      expect(await moduleHash(folder)).not.toBe(before);
      back();
      expect(await moduleHash(folder)).toBe(before);
    }
  });

  test('is the same for the same files only, whatever is in them', async () => {
    // Contents that look like what the hash says of the next file.
    const content = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('file b\0', '1\0x', 'file b\x001\0x', '\0'),
    );
    const files = fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'file b'), content, { maxKeys: 3 });
    let round = 0;
    const hashOf = async (made: Readonly<Record<string, string>>) => {
      round += 1;
      const folder = join(shelf, String(round));
      mkdirSync(folder);
      for (const [name, text] of Object.entries(made)) write(join(folder, name), text);
      return await moduleHash(folder);
    };
    await holdsAsync(
      fc.asyncProperty(files, files, async (one, other) => {
        const sorted = (made: Readonly<Record<string, string>>) =>
          JSON.stringify(Object.entries(made).sort());
        expect((await hashOf(one)) === (await hashOf(other))).toBe(sorted(one) === sorted(other));
      }),
      { numRuns: 60 },
    );
  });
});

describe('modules.lock', () => {
  test('is read as it was written, sorted, with a word for people; nothing else is left there', async () => {
    const lock = {
      zeta: { source: '../x y: #z', sha256: A },
      alpha: { source: 'npm:@example/a@1.0.0', resolved: '1.0.0', sha256: A },
    };
    await writeLock(shelf, lock);
    expect(await readLock(shelf)).toEqual(lock);
    const text = readFileSync(join(shelf, 'modules.lock'), 'utf8');
    expect(text).toMatch(
      /^# Written by `rolecall module add`.*\nversion: 1\nmodules:\n {2}alpha:\n[\s\S]* {2}zeta:\n/,
    );
    expect(readdirSync(shelf)).toEqual(['modules.lock']);
  });

  test('isn’t there before the first module is added', async () => {
    expect(await readLock(shelf)).toEqual({});
  });

  test('of which the last entry was removed pins nothing', async () => {
    for (const rest of ['modules:\n', 'modules: {}\n', 'modules: null\n']) {
      write(join(shelf, 'modules.lock'), `version: 1\n${rest}`);
      expect(await readLock(shelf)).toEqual({});
    }
  });

  test.each([
    '',
    '# nothing else\n',
    'modules: [\n',
    'version: 1\n',
    'modules: {}\n',
    'version: 2\nmodules: {}\n',
    'version: 1\nmodules: []\n',
    'version: 1\nmodules: { a: b }\n',
    `version: 1\nmodules: { a: { sha256: ${A} } }\n`,
    'version: 1\nmodules: { a: { source: x, sha256: abc } }\n',
    `version: 1\nmodules: { a: { source: x, sha256: ${A.toUpperCase()} } }\n`,
    `version: 1\nmodules:\n<<<<<<< HEAD\n  a: { source: x, sha256: ${A} }\n=======\n`,
    `version: 1\nmodules:\n  a: { source: x, sha256: ${A} }\n  a: { source: y, sha256: ${A} }\n`,
  ])('that is damaged unpins nothing: %j', async (text) => {
    write(join(shelf, 'modules.lock'), text);
    expect(await refusal(readLock(shelf))).toMatch(
      /^usage: .*modules\.lock is damaged: .*\nrestore it from git/,
    );
  });

  test('that can’t be read', async () => {
    mkdirSync(join(shelf, 'modules.lock'));
    expect(await refusal(readLock(shelf))).toMatch(
      /^usage: .*modules\.lock can't be read: illegal operation on a directory/,
    );
  });
});

describe('a build', () => {
  const modules = async (...names: string[]) =>
    await Promise.all(names.map((name) => readOwn(moduleIn(shelf, name))));

  test('takes modules that are what the lock says, and those that it doesn’t name', async () => {
    const found = await modules('one', 'constructor');
    await writeLock(shelf, { one: { source: 'x', sha256: await moduleHash(join(shelf, 'one')) } });
    await expect(verifyLock(shelf, found)).resolves.toBeUndefined();
  });

  test('refuses all that have changed, by name; others of the lock don’t matter', async () => {
    const found = await modules('one', 'two', 'three');
    await writeLock(shelf, {
      one: { source: '../one', sha256: A },
      two: { source: 'npm:two', sha256: A },
      three: { source: 'x', sha256: await moduleHash(join(shelf, 'three')) },
      four: { source: 'x', sha256: A },
    });
    expect(await refusal(verifyLock(shelf, found))).toMatch(
      /^conflict: these modules are not what modules\.lock says: one \(from \.\.\/one\), two \(from npm:two\)\nadd them again .*--force.*removing their entries/,
    );
  });

  test('looks at the catalogue’s own modules only', async () => {
    const [one] = await modules('one');
    if (one === undefined) throw new Error('there is a module');
    await writeLock(shelf, { one: { source: 'x', sha256: A } });
    await expect(verifyLock(shelf, [{ ...one, origin: 'standard' }])).resolves.toBeUndefined();
  });
});
