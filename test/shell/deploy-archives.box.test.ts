import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Member } from '../support/archives.ts';
import {
  APP,
  boot,
  box,
  bucket,
  builds,
  current,
  deploying,
  folderOf,
  members,
  pinned,
  put,
  store,
  told,
} from './deploying.ts';

deploying();

describe('an archive that is not what was published', () => {
  const spoilt: [string, (bytes: Buffer) => Buffer][] = [
    ['cut off', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['corrupted', (bytes) => Buffer.from(bytes.map((byte, index) => (index === 100 ? byte ^ 1 : byte)))],
    ['replaced', () => Buffer.from('something else')],
    ['empty', () => Buffer.alloc(0)],
  ];
  test.each(spoilt)('%s: deploy.verify fails, before anything is unpacked', async (_name, spoil) => {
    const first = await store('v1');
    await boot(await pinned(first));
    const build = await store('v2');
    const key = `builds/shop/${build.archive}`;
    const bytes = Buffer.from(await (await fetch((await bucket.presignGet(key, 60)).url)).arrayBuffer());
    await put(key, spoil(bytes));
    const outcome = await boot(await pinned(build));
    expect(told(outcome)).toMatch(
      /^deploy\.verify \(status 1\): the archive of build v2 is not the one that was published: its SHA-256 begins [0-9a-f]{12} \(\d+ bytes\), and [0-9a-f]{12} was expected/,
    );
    expect([current(), builds()]).toEqual([`builds/${folderOf(first)}`, [folderOf(first)]]);
  });
});

describe('a hostile archive', () => {
  const hostile: [string, Member[], RegExp][] = [
    [
      'a path that leaves it',
      [{ name: '../escaped', text: 'x' }],
      /holds a path that leaves it: \.\.\/escaped/,
    ],
    ['such a path in the middle', [{ name: 'a/../../escaped', text: 'x' }], /holds a path that leaves it/],
    ['an absolute path', [{ name: '/tmp/escaped', text: 'x' }], /holds an absolute path: \/tmp\/escaped/],
    [
      'an absolute link',
      [{ name: 'l', type: 'symlink', linkname: '/etc/passwd' }],
      /holds a link that leaves it: l -> \/etc\/passwd/,
    ],
    [
      'a link out',
      [{ name: 'd/l', type: 'symlink', linkname: '../../..' }],
      /holds a link that leaves it: d\/l/,
    ],
    [
      'a link and a file behind it',
      [
        { name: 'l', type: 'symlink', linkname: '../../../../../..' },
        { name: 'l/escaped', text: 'x' },
      ],
      /can't be unpacked|holds a link that leaves it/,
    ],
    [
      'a hard link to the outside',
      [{ name: 'h', type: 'link', linkname: '../../../../etc/passwd' }],
      /can't be unpacked|leaves it/,
    ],
    [
      'a link that leaves it by way of two others',
      [
        { name: 'a/b/c/file', text: 'x' },
        { name: 'deep', type: 'symlink', linkname: 'a/b' },
        { name: 'up', type: 'symlink', linkname: 'deep/../..' },
        { name: 'out', type: 'symlink', linkname: 'up/../x' },
      ],
      /holds a link that leaves it: (?:out|up) -> /,
    ],
    [
      'a hard link through a link',
      [
        { name: 'l', type: 'symlink', linkname: '/etc' },
        { name: 'h', type: 'link', linkname: 'l/passwd' },
      ],
      /can't be unpacked|leaves it/,
    ],
    [
      'a file over a link that leads out',
      [
        { name: 'l', type: 'symlink', linkname: '../../../../escaped' },
        { name: 'l', text: 'x' },
        { name: 'l2', type: 'symlink', linkname: '../../../../escaped' },
      ],
      /holds a link that leaves it: l2/,
    ],
    [
      'a device',
      [{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }],
      /holds a device or the like/,
    ],
    [
      'a block device',
      [{ name: 'd', type: 'block-device', devmajor: 7, devminor: 0 }],
      /holds a device or the like/,
    ],
    ['a pipe', [{ name: 'p', type: 'fifo' }], /holds a device or the like/],
    ['a name with a newline', [{ name: 'a\n/../../x', text: 'x' }], /holds a path that leaves it/],
  ];

  test.each(hostile)('with %s is refused, and nothing of it stays', async (_name, content, expected) => {
    const first = await store('v1');
    await boot(await pinned(first));
    const outcome = await boot(await pinned(await store('v2', [...members('v2'), ...content])));
    expect(told(outcome)).toMatch(/^deploy\.unpack \(status \d+\): /);
    expect(told(outcome)).toMatch(expected);
    expect([current(), builds()]).toEqual([`builds/${folderOf(first)}`, [folderOf(first)]]);
    expect(box.has('escaped') || box.has('opt/escaped') || box.has(`${APP}/escaped`)).toBe(false);
  });

  test('that is no tar at all', async () => {
    const build = await store('v1', []);
    expect(told(await boot(await pinned(build)))).toMatch(/no init script/);
  });

  test('set-user-id bits and rights of others are taken away; links inside stay', async () => {
    const build = await store('v1', [
      ...members('v1'),
      { name: 'suid', mode: 0o6777, text: 'x' },
      { name: 'lib/real', text: 'real\n' },
      { name: 'bin/link', type: 'symlink', linkname: '../lib/real' },
      { name: 'lib/root', type: 'symlink', linkname: '..' },
      { name: 'closed', mode: 0o600, text: 'x' },
    ]);
    expect(told(await boot(await pinned(build)))).toMatch(/^v1 in /);
    const at = (name: string) => join(box.path, APP, 'current', name);
    expect((statSync(at('suid')).mode & 0o7777).toString(8)).toBe('755');
    expect(box.read(`${APP}/current/bin/link`)).toBe('real\n');
    expect(box.read(`${APP}/current/lib/root/version`)).toBe('v1\n');
    // A build is for everybody to read.
    expect((statSync(at('closed')).mode & 0o7777).toString(8)).toBe('644');
  });
});

describe('a disk without room', () => {
  const large = (text: string): Member[] => [...members('v2'), { name: 'large', text }];
  test.each([
    [
      'for the archive',
      'deploy\\.fetch',
      'the archive builds\\/shop\\/v2\\.tar\\.gz',
      () => large(randomBytes(3_000_000).toString('base64')),
    ],
    ['for what is in it', 'deploy\\.unpack', 'build v2', () => large('0'.repeat(8_000_000))],
  ])('%s: the step says so, and the build before stays', async (_name, step, what, content) => {
    const first = await store('v1');
    await boot(await pinned(first));
    const before = folderOf(first);
    const userData = await pinned(await store('v2', content()));
    const folder = join(box.path, APP, 'builds');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
    try {
      const said = told(await boot(userData));
      expect(said).toMatch(
        new RegExp(
          `^${step} .*no room on the disk for ${what} \\(No space left on device; \\d+ kB are free\\)`,
        ),
      );
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      execFileSync('umount', [folder]);
    }
    expect([current(), builds()]).toEqual([`builds/${before}`, [before]]);
  });
});

test('a disk that is full for the logs too is told of as such', async () => {
  const first = await store('v1');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', box.path]);
  try {
    execFileSync('mkdir', [join(box.path, 'run'), join(box.path, 'dev')]);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(box.path, 'run')]);
    expect(told(await boot(await pinned(first)))).toMatch(/^v1 in /);
    const large = { name: 'large', text: '0'.repeat(8_000_000) };
    const said = told(await boot(await pinned(await store('v2', [...members('v2'), large]))));
    expect(said).toMatch(/^deploy\.unpack .*no room on the disk for build v2 \(No space left on device/);
    expect([current(), builds()]).toEqual([`builds/${folderOf(first)}`, [folderOf(first)]]);
  } finally {
    execFileSync('umount', ['-R', box.path]);
  }
});
