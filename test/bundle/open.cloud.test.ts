import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../../src/archive/entries.ts';
import { openBundle, unpackBundle } from '../../src/bundle/open.ts';
import { sealBundle } from '../../src/bundle/seal.ts';
import type { BundleKey } from '../../src/model.ts';
import { holdsAsync } from '../support/property.ts';
import { entriesOf, fileEntry, KEY, newFolder, opensslSeals, refusal, write } from './support.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = newFolder();
  path = join(folder, 'sealed');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const members = (): Entry[] => [
  { kind: 'folder', path: 'start-up-bundle' },
  fileEntry('start-up-bundle/modules.list', 'a 600\n'),
  { kind: 'folder', path: 'start-up-bundle/a' },
  fileEntry('start-up-bundle/a/start-up.sh', '#!/bin/bash\n', true),
  fileEntry('start-up-bundle/a/large', Buffer.alloc(300_000, 'text ')),
  { kind: 'link', path: 'start-up-bundle/a/l', target: 'start-up.sh' },
];
const sealed = (compression: 'gzip' | 'zstd' = 'gzip') =>
  sealBundle(entriesOf(...members()), path, { compression, key: KEY, signal: new AbortController().signal });

/** `KIND PATH` of all members; their contents are read. */
async function opened(key = KEY): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of openBundle(path, key)) {
    lines.push(`${entry.kind} ${entry.path}`);
    if (entry.kind === 'file') for await (const _chunk of entry.content);
  }
  return lines;
}

describe('a sealed bundle', () => {
  test.each(['gzip', 'zstd'] as const)('of %s gives its members, in their order', async (compression) => {
    await sealed(compression);
    expect(await opened()).toEqual(members().map(({ kind, path: name }) => `${kind} ${name}`));
  });

  test('that stock tar and openssl made is opened, and unpacked for its owner only', async () => {
    write(join(folder, 'start-up-bundle/a/start-up.sh'), 'true\n', 0o755);
    write(join(folder, 'start-up-bundle/a/b/data'), 'x', 0o666);
    write(path, opensslSeals(execFileSync('tar', ['-czC', folder, 'start-up-bundle']), KEY));
    const target = join(folder, 'new/deep');
    expect(await unpackBundle(openBundle(path, KEY), target)).toBe(2);
    const mode = (name: string) => statSync(join(target, 'start-up-bundle', name)).mode & 0o777;
    expect(['', 'a', 'a/start-up.sh', 'a/b', 'a/b/data'].map(mode)).toEqual([
      ...[0o700, 0o700, 0o700, 0o700, 0o600],
    ]);
  });

  test('needs its key; what is said holds neither', async () => {
    await sealed();
    const other = 'f'.repeat(64) as BundleKey;
    const said = await refusal(opened(other));
    expect(said).toMatch(
      /^usage: the bundle can not be decrypted: the key is another one, or the file is cut off/,
    );
    expect(said).not.toMatch(/f{64}|0123456789abcdef/);
  });

  test('that isn’t there, or is a folder', async () => {
    expect(await refusal(opened())).toMatch(/^usage: .*sealed can't be read: no such file or directory/);
    path = folder;
    expect(await refusal(opened())).toMatch(/^usage: .* can't be read: illegal operation on a directory/);
  });

  test.each([0, 1, 8, 15, 16, 17, 31, 32, 48, 1000])('cut off after %i bytes is refused', async (length) => {
    await sealed();
    const bytes = readFileSync(path);
    write(path, bytes.subarray(0, length));
    expect(await refusal(opened())).toMatch(/^usage: /);
  });

  test('cut off or changed by a bit anywhere is refused, or gives the very same', async () => {
    await sealed();
    const bytes = readFileSync(path);
    const whole = await opened();
    await holdsAsync(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        fc.boolean(),
        async (at, bit, cut) => {
          const changed = Buffer.from(bytes);
          changed.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
          write(path, cut ? bytes.subarray(0, at) : changed);
          try {
            expect(await opened()).toEqual(whole);
          } catch (error) {
            expect(error).toMatchObject({ exit: 'usage' });
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('nothing is written', () => {
  test('through a link of the bundle', async () => {
    const target = join(folder, 'out/in');
    const climbing: Entry[] = [
      { kind: 'folder', path: 'start-up-bundle/b' },
      { kind: 'link', path: 'start-up-bundle/a/l', target: '../b' },
      { kind: 'link', path: 'start-up-bundle/a/l/m', target: '../../c' },
      fileEntry('start-up-bundle/a/l/m/evil', 'x'),
    ];
    expect(await refusal(unpackBundle(entriesOf(...climbing), target))).toMatch(
      /^usage: the bundle holds start-up-bundle\/a\/l\/m, which lies below start-up-bundle\/a\/l, a link\n/,
    );
    expect(readdirSync(join(folder, 'out'))).toEqual(['in']);
    expect(readdirSync(join(target, 'start-up-bundle/b'))).toEqual([]);
  });

  test('over a file that is there, nor where there is no room for it', async () => {
    write(join(folder, 'start-up-bundle/x'), 'mine');
    expect(await refusal(unpackBundle(entriesOf(fileEntry('start-up-bundle/x', 'y')), folder))).toMatch(
      /^usage: .*start-up-bundle\/x can't be written: file already exists\ncheck the rights/,
    );
    expect(readFileSync(join(folder, 'start-up-bundle/x'), 'utf8')).toBe('mine');
    expect(
      await refusal(unpackBundle(entriesOf(fileEntry('start-up-bundle/x', 'y')), '/dev/full/x')),
    ).toMatch(/^usage: .* can't be written: not a directory\n/);
  });
});
