import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Entry } from '../../src/archive/entries.ts';
import { tarSha256 } from '../../src/archive/write.ts';
import { type SealOptions, sealBundle } from '../../src/bundle/seal.ts';
import { entriesOf, fileEntry, newFolder, opensslOpens, refusal, sha256, write } from './support.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = newFolder();
  path = join(folder, 'sealed');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const seal = (entries: AsyncIterable<Entry>, more: Partial<SealOptions> = {}) =>
  sealBundle(entries, path, { compression: 'gzip', signal, ...more });

const LARGE = Buffer.alloc(3_000_000, 'a line of a large file\n');
const members = () =>
  entriesOf(
    { kind: 'folder', path: 'start-up-bundle' },
    fileEntry('start-up-bundle/modules.list', 'a 600\n'),
    { kind: 'folder', path: 'start-up-bundle/a' },
    fileEntry('start-up-bundle/a/start-up.sh', '#!/bin/bash\n', true),
    { kind: 'link', path: 'start-up-bundle/a/link', target: 'start-up.sh' },
    fileEntry('start-up-bundle/a/large', LARGE),
    fileEntry(`start-up-bundle/a/${'n'.repeat(150)}/${'ü'.repeat(80)}`, ''),
  );

describe('a sealed bundle', () => {
  test.each(['gzip', 'zstd'] as const)('of %s is opened by stock openssl and tar', async (compression) => {
    const sealed = await seal(members(), { compression });
    const bytes = readFileSync(path);
    expect(sealed).toMatchObject({ path, compression, files: 4, size: bytes.length, sha256: sha256(bytes) });
    const tar = execFileSync(compression, ['-dc'], {
      input: opensslOpens(path, sealed.key),
      maxBuffer: 1 << 30,
    });
    expect(sealed).toMatchObject({ tarSha256: sha256(tar), tarSize: tar.length });
    const listing = execFileSync('tar', ['-tv', '--numeric-owner', '--full-time', '--utc'], {
      input: tar,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    expect(listing.replaceAll(/ +/g, ' ').trim().split('\n')).toEqual([
      'drwxr-xr-x 0/0 0 2000-01-01 00:00:00 start-up-bundle/',
      '-rw-r--r-- 0/0 6 2000-01-01 00:00:00 start-up-bundle/modules.list',
      'drwxr-xr-x 0/0 0 2000-01-01 00:00:00 start-up-bundle/a/',
      '-rwxr-xr-x 0/0 12 2000-01-01 00:00:00 start-up-bundle/a/start-up.sh',
      'lrwxrwxrwx 0/0 0 2000-01-01 00:00:00 start-up-bundle/a/link -> start-up.sh',
      '-rw-r--r-- 0/0 3000000 2000-01-01 00:00:00 start-up-bundle/a/large',
      expect.stringMatching(/^-rw-r--r-- 0\/0 0 2000-01-01 00:00:00 start-up-bundle\/a\/n{150}\/ü{80}$/),
    ]);
  });

  test('has a key, a salt and so bytes of its own, and the same tar inside', async () => {
    const first = await seal(members());
    const head = readFileSync(path).subarray(0, 16);
    rmSync(path);
    const second = await seal(members());
    expect(head.subarray(0, 8).toString()).toBe('Salted__');
    expect(readFileSync(path).subarray(0, 16).equals(head)).toBe(false);
    for (const { key } of [first, second]) expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(second.key).not.toBe(first.key);
    expect(second.sha256).not.toBe(first.sha256);
    expect(second.tarSha256).toBe(first.tarSha256);
  });

  test('has the tar that is measured without sealing', async () => {
    const { tarSha256: sealed } = await seal(members());
    expect(await tarSha256(members(), signal)).toBe(sealed);
    const failing = async function* () {
      yield* members();
      throw new Error('gone');
    };
    await expect(tarSha256(failing(), signal)).rejects.toThrow('gone');
  });

  test('is read by its owner only, whatever the mask', async () => {
    const before = process.umask(0);
    try {
      await seal(members());
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('holds nothing in clear', async () => {
    await seal(entriesOf(fileEntry('start-up-bundle/a/.variables', 'password=hunter2\0'.repeat(100))));
    expect(readFileSync(path).toString('latin1')).not.toMatch(/hunter2|start-up-bundle/);
  });
});

describe('a failure leaves no file:', () => {
  const failing = async function* (chunks: number): AsyncGenerator<Buffer, void> {
    for (let index = 0; index < chunks; index += 1) yield LARGE;
    throw new Error('the disk is on fire');
  };
  const endless = (onChunk: () => void): Entry => ({
    kind: 'file',
    path: 'x',
    size: 1e15,
    executable: false,
    content: (async function* () {
      for (;;) {
        onChunk();
        yield LARGE;
      }
    })(),
  });

  test.each([0, 1, 5])('a file that fails after %i pieces', async (chunks) => {
    const entry: Entry = { kind: 'file', path: 'x', size: 1e9, executable: false, content: failing(chunks) };
    await expect(seal(entriesOf(entry))).rejects.toThrow('the disk is on fire');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('entries that fail', async () => {
    const entries = async function* (): AsyncGenerator<Entry, void> {
      yield fileEntry('a', 'x');
      throw new Error('no more');
    };
    await expect(seal(entries())).rejects.toThrow('no more');
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(['gzip', 'zstd'] as const)('an interruption, with %s', async (compression) => {
    const abort = new AbortController();
    let pieces = 0;
    const entry = endless(() => {
      pieces += 1;
      if (pieces === 20) abort.abort();
    });
    expect(await refusal(seal(entriesOf(entry), { compression, signal: abort.signal }))).toMatch(
      /^interrupted: building the bundle was interrupted/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an interruption before it begins', async () => {
    expect(await refusal(seal(members(), { signal: AbortSignal.abort() }))).toMatch(/^interrupted: /);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a compressor that dies in the middle, though it has written', async () => {
    const bin = join(folder, 'bin');
    write(join(bin, 'zstd'), '#!/bin/sh\nhead -c 1000000\nexit 3\n', 0o755);
    expect(await refusal(withPath(bin, () => seal(members(), { compression: 'zstd' })))).toMatch(
      /^usage: zstd ended with status 3/,
    );
    expect(existsSync(path)).toBe(false);
  });

  test('a compressor that ends as if all were well, but not well', async () => {
    const bin = join(folder, 'bin');
    write(join(bin, 'zstd'), '#!/bin/sh\ncat\nexec >&-\nsleep 0.2\nexit 1\n', 0o755);
    expect(await refusal(withPath(bin, () => seal(members(), { compression: 'zstd' })))).toMatch(
      /^usage: zstd ended with status 1/,
    );
    expect(existsSync(path)).toBe(false);
  });

  test('no zstd on this machine', async () => {
    expect(await refusal(withPath(folder, () => seal(members(), { compression: 'zstd' })))).toMatch(
      /^usage: zstd is not installed\ninstall it/,
    );
    expect(existsSync(path)).toBe(false);
  });

  test('a folder that isn’t there', async () => {
    path = join(folder, 'none/sealed');
    await expect(seal(members())).rejects.toMatchObject({ code: 'ENOENT', path });
  });

  test('but a file that was there before stays as it was', async () => {
    write(path, 'mine');
    await expect(seal(members())).rejects.toMatchObject({ code: 'EEXIST', path });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  async function withPath<T>(bin: string, work: () => Promise<T>): Promise<T> {
    const before = process.env['PATH'];
    process.env['PATH'] = `${bin}${bin === folder ? '' : `:${before}`}`;
    try {
      return await work();
    } finally {
      process.env['PATH'] = before;
    }
  }
});
