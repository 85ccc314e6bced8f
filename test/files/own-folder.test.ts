import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ownNamespace, ownProcess } from '../../src/files/holder.ts';
import { makeOwnFolder, othersFolders, removeOwnFolder, sweepFolders } from '../../src/files/own-folder.ts';
import { scratchFolder } from '../../src/files/scratch.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rolecall-own-test-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const dead = () => spawnSync('true').pid;

/** A folder that another process made. */
function made(name: string, mode = 0o700): string {
  const path = join(base, name);
  mkdirSync(join(path, 'deep'), { recursive: true });
  chmodSync(path, mode);
  return path;
}

describe('folders for temporary files', () => {
  test('of killed processes go; those in use, those of others and anything else stay', async () => {
    const here = ownNamespace();
    const gone = made(`rolecall-scratch-${here}-${dead()}.123-abcdef`);
    const reused = made(`rolecall-scratch-${here}-${process.pid}.1-abcdef`);
    const longAgo = made(`rolecall-scratch-00000000-1.1-abcdef`);
    utimesSync(longAgo, 1, 1);
    const kept = [
      made(`rolecall-scratch-${here}-${ownProcess()}-abcdef`),
      made('rolecall-scratch-00000000-1.1-ghijkl'),
      made(`rolecall-scratch-${here}-${dead()}.123-shared`, 0o755),
      made(`rolecall-scratch-${here}-${dead()}.123-toolong`),
      made('rolecall-scratch-notes'),
      made('other'),
    ];
    symlinkSync(join(base, 'other'), join(base, `rolecall-scratch-${here}-${dead()}.123-linked`));
    const folder = await scratchFolder(base);
    expect(basename(folder)).toMatch(new RegExp(`^rolecall-scratch-${here}-${ownProcess()}-\\w{6}$`));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect([gone, reused, longAgo].map((path) => existsSync(path))).toEqual([false, false, false]);
    expect(kept.map((path) => existsSync(join(path, 'deep')))).toEqual(kept.map(() => true));
  });

  test('lie in a folder of the user’s own, unless TMPDIR names another', async () => {
    const kept = { ...process.env };
    try {
      process.env['XDG_STATE_HOME'] = join(base, 'state');
      delete process.env['TMPDIR'];
      const folder = await scratchFolder();
      expect(dirname(folder)).toBe(join(base, 'state/rolecall/scratch'));
      expect(statSync(dirname(folder)).mode & 0o777).toBe(0o700);
      // Somebody else's, or open to others: the system's folder is the safer one.
      chmodSync(dirname(folder), 0o755);
      const beside = await scratchFolder();
      expect(dirname(beside)).toBe(tmpdir());
      await removeOwnFolder(beside);
      process.env['TMPDIR'] = join(base, 'mine');
      mkdirSync(join(base, 'mine'));
      expect(dirname(await scratchFolder())).toBe(join(base, 'mine'));
    } finally {
      process.env = kept;
    }
  });

  test('of another user stay, whatever they are called', async () => {
    if (process.geteuid?.() !== 0) return;
    const theirs = made(`rolecall-scratch-${ownNamespace()}-${dead()}.123-theirs`);
    chownSync(theirs, 65_534, 65_534);
    expect(await othersFolders(base, 'rolecall-scratch', Date.now())).toEqual({ used: [], abandoned: [] });
  });

  test('stay where somebody else could put another folder in their place', async () => {
    const name = `rolecall-scratch-${ownNamespace()}-${dead()}.123-abcdef`;
    const abandoned = made(name);
    chmodSync(base, 0o777);
    await sweepFolders(base, 'rolecall-scratch', Date.now());
    expect(existsSync(abandoned)).toBe(true);
    await expect(scratchFolder(base)).rejects.toMatchObject({
      message: expect.stringMatching(
        /can't be used for temporary files: everybody may rename what is in it$/,
      ),
      hint: expect.stringContaining('chmod +t'),
    });
    chmodSync(base, 0o1777);
    await removeOwnFolder(await scratchFolder(base));
    expect(existsSync(abandoned)).toBe(false);
  });

  test('of root stay in the folder of another user', async () => {
    if (process.geteuid?.() !== 0) return;
    const abandoned = made(`rolecall-scratch-${ownNamespace()}-${dead()}.123-abcdef`);
    chownSync(base, 65_534, 65_534);
    await sweepFolders(base, 'rolecall-scratch', Date.now());
    expect(existsSync(abandoned)).toBe(true);
  });

  test.each([
    ['is not there', 'none', /^.*none can't be used for temporary files: no such file or directory$/],
    ['is a file', 'file', /^.*file can't be used for temporary files: not a directory$/],
  ])('where TMPDIR %s: a sentence', async (_what, name, message) => {
    writeFileSync(join(base, 'file'), '');
    await expect(scratchFolder(join(base, name))).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/^set TMPDIR to /),
    });
  });
});

test('an own folder goes with what nobody may write to', async () => {
  const folder = await makeOwnFolder(base, 'it');
  mkdirSync(join(folder, 'locked/deep'), { recursive: true });
  chmodSync(join(folder, 'locked'), 0o500);
  await removeOwnFolder(folder);
  await removeOwnFolder(folder);
  expect(existsSync(folder)).toBe(false);
});
