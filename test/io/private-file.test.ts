import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UsageError } from '../../src/errors.ts';
import { writePrivate } from '../../src/io/private-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-private-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a private file', () => {
  test('is its owner’s only, whatever was there before', async () => {
    const path = join(folder, 'key');
    writeFileSync(path, 'an older one', { mode: 0o644 });
    await writePrivate(path, 'new');
    expect([readFileSync(path, 'utf8'), lstatSync(path).mode & 0o777]).toEqual(['new', 0o600]);
    expect(readdirSync(folder)).toEqual(['key']);
  });

  test('never takes the place of what is no file: a device of the machine would be gone', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('/dev/null', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    for (const name of ['pipe', 'link', 'dangling']) {
      const path = join(folder, name);
      const before = lstatSync(path).ino;
      const writing = writePrivate(path, 'secret');
      await expect(writing).rejects.toThrow(UsageError);
      await expect(writing).rejects.toThrow(`${path} is no regular file`);
      expect(lstatSync(path).ino).toBe(before);
    }
    expect(readdirSync(folder).sort()).toEqual(['dangling', 'link', 'pipe']);
  });
});
