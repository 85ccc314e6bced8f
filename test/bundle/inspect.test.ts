import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Entry } from '../../src/archive/entries.ts';
import { inspectBundle } from '../../src/bundle/inspect.ts';
import { sealBundle } from '../../src/bundle/seal.ts';
import { entriesOf, fileEntry, KEY, newFolder, refusal } from './support.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = newFolder();
  path = join(folder, 'sealed');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const seal = (...entries: readonly Entry[]) =>
  sealBundle(entriesOf(...entries), path, {
    compression: 'gzip',
    key: KEY,
    signal: new AbortController().signal,
  });
const script = (name: string) => fileEntry(`start-up-bundle/${name}/start-up.sh`, 'true\n', true);
const list = (text: string) => fileEntry('start-up-bundle/modules.list', text);

/** The modules of a bundle of these members. */
async function modulesOf(...entries: readonly Entry[]): Promise<readonly string[]> {
  await seal(...entries);
  return (await inspectBundle(path, KEY)).modules;
}

describe('what a sealed bundle holds', () => {
  test('are its hash, its members and its modules', async () => {
    const { sha256 } = await seal(
      { kind: 'folder', path: 'start-up-bundle' },
      list('b 600 debian\na 600\n'),
      script('a'),
      script('b'),
      { kind: 'link', path: 'start-up-bundle/a/l', target: 'start-up.sh' },
    );
    expect(await inspectBundle(path, KEY, sha256)).toEqual({
      sha256,
      members: [
        { path: 'start-up-bundle', kind: 'folder', size: 0 },
        { path: 'start-up-bundle/modules.list', kind: 'file', size: 19 },
        { path: 'start-up-bundle/a/start-up.sh', kind: 'file', size: 5 },
        { path: 'start-up-bundle/b/start-up.sh', kind: 'file', size: 5 },
        { path: 'start-up-bundle/a/l', kind: 'link', size: 0 },
      ],
      modules: ['b', 'a'],
    });
  });

  test('are without modules.list all folders with a start-up.sh, sorted', async () => {
    const beside = [
      fileEntry('start-up-bundle/.lib/start-up.sh', ''),
      fileEntry('start-up-bundle/start-up.sh', ''),
    ];
    expect(await modulesOf(script('b'), script('a'), script('c/d'), ...beside)).toEqual(['a', 'b']);
  });
});

describe('no machine would start from', () => {
  test('another file', async () => {
    await seal(list('a 600\n'), script('a'));
    expect(await refusal(inspectBundle(path, KEY, '0'.repeat(64)))).toMatch(
      /^usage: .*sealed is another file: its SHA-256 is [0-9a-f]{64}\nthe payload of its launch names the right one/,
    );
  });

  test.each<[string, readonly Entry[], RegExp]>([
    ['a bundle without modules', [fileEntry('start-up-bundle/x', '')], /has no modules\n/],
    ['an empty list', [list(''), fileEntry('start-up-bundle/x', '')], /has no modules\n/],
    [
      'a list of more than there is',
      [list('a 600\nb 600\n'), script('a')],
      /lacks start-up-bundle\/b\/start-up\.sh, though its modules\.list names b\n/,
    ],
    [
      'a file outside',
      [list('a 600\n'), script('a'), fileEntry('other/x', '')],
      /holds other\/x, which lies outside/,
    ],
    ['a file twice', [list('a 600\n'), script('a'), script('a')], /which stands in it twice\n/],
  ])('%s', async (_what, entries, words) => {
    expect(await refusal(modulesOf(...entries))).toMatch(words);
  });

  test('a file that isn’t there', async () => {
    expect(await refusal(inspectBundle(path, KEY))).toMatch(
      /^usage: .*sealed can't be read: no such file or directory/,
    );
  });
});

test.each(['/dev/full', '/dev/zero'])(
  'a device such as %s is no bundle: reading it would never end',
  async (device) => {
    expect(await refusal(inspectBundle(device, KEY))).toContain(`${device} is no file`);
  },
);
