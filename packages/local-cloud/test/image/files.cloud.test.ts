import { execFileSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { installation } from '../../../../src/actions/local/installation.ts';
import { filesHash, imageFiles, writeFiles } from '../../src/image/files.ts';

const { bootstrapper } = installation();
let folder: string;
let overlay: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-files-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  count += 1;
  overlay = join(folder, `overlay${count}`);
  await mkdir(join(overlay, 'etc/rolecall'), { recursive: true });
  await mkdir(join(overlay, 'sbin'));
  await writeFile(join(overlay, 'etc/rolecall/a.sh'), 'a\n', { mode: 0o750 });
  await writeFile(join(overlay, 'sbin/tool'), 'tool\n', { mode: 0o755 });
  await symlink('a.sh', join(overlay, 'etc/rolecall/link'));
});

async function file(path: string): Promise<string> {
  await writeFile(path, 'x\n');
  return path;
}

const targets = async () => (await imageFiles(bootstrapper, overlay)).map(({ target }) => target);
const hash = async () => filesHash(await imageFiles(bootstrapper, overlay), []);

describe('the files of an image', () => {
  test('are the overlay’s, the bootstrapper and rc.local', async () => {
    expect(await targets()).toEqual([
      'etc/rc.local',
      'etc/rolecall/a.sh',
      'etc/rolecall/link',
      'sbin/tool',
      'usr/local/sbin/rolecall-bootstrapper',
    ]);
  });

  test('the overlay’s own rc.local wins over ours', async () => {
    await writeFile(join(overlay, 'etc/rc.local'), 'mine\n');
    const files = await imageFiles(bootstrapper, overlay);
    expect(files.find(({ target }) => target === 'etc/rc.local')).toMatchObject({
      source: join(overlay, 'etc/rc.local'),
    });
  });

  test('an overlay that is no folder, or holds a device, is refused by its path', async () => {
    const nowhere = join(overlay, 'nowhere');
    await expect(imageFiles(bootstrapper, nowhere)).rejects.toThrow(`${nowhere} is not a folder`);
    execFileSync('mkfifo', [join(overlay, 'etc/pipe')]);
    await expect(imageFiles(bootstrapper, overlay)).rejects.toThrow(
      `${join(overlay, 'etc/pipe')} is neither`,
    );
  });

  test.each([
    ['sbin', (path: string) => symlink('/usr/sbin', path), 'is a link in the place of a top-level folder'],
    ['etc', (path: string) => symlink('usr/etc', path), 'is a link in the place of a top-level folder'],
    ['proc/sys/kernel/core_pattern', file, 'lies where a machine has files of its kernel'],
    ['mnt', file, 'lies where a machine has files of its kernel or its set-up'],
    ['dev/null', (path: string) => symlink('/dev/sda', path), 'lies where a machine has files of its kernel'],
    ['usr/sbin/reboot', file, 'is made by the set-up of each machine'],
    ['etc/hosts', (path: string) => symlink('/etc/hosts', path), 'is made by the set-up of each machine'],
  ])('%s is refused with its reason', async (target, make, reason) => {
    const path = join(overlay, target);
    await rm(path, { recursive: true, force: true });
    await mkdir(dirname(path), { recursive: true });
    await make(path);
    await expect(imageFiles(bootstrapper, overlay)).rejects.toThrow(`${path} ${reason}`);
  });

  test('two that become one path are refused, and nothing is written through the first', async () => {
    const victim = await file(join(folder, `victim${count}`));
    await symlink(victim, join(overlay, 'sbin/both'));
    await mkdir(join(overlay, 'usr/sbin'), { recursive: true });
    await writeFile(join(overlay, 'usr/sbin/both'), 'stolen\n');
    const files = await imageFiles(bootstrapper, overlay);
    const writing = writeFiles(files, join(folder, `layer-both${count}`), ['/']);
    await expect(writing).rejects.toThrow(/usr\/sbin\/both/);
    expect(await readFile(victim, 'utf8')).toBe('x\n');
  });

  test('a link in the way of rolecall’s own files is refused, and nothing is written through it', async () => {
    const victim = join(folder, `victims${count}`);
    await mkdir(victim);
    await mkdir(join(overlay, 'usr/local'), { recursive: true });
    await symlink(victim, join(overlay, 'usr/local/sbin'));
    const files = await imageFiles(bootstrapper, overlay);
    await expect(writeFiles(files, join(folder, `layer-way${count}`), ['/'])).rejects.toThrow(
      'usr/local/sbin/rolecall-bootstrapper would become',
    );
    expect(await readdir(victim)).toEqual([]);
  });

  test('hash to the same as long as nothing changes: content, mode, link target, name, layers below', async () => {
    const first = await hash();
    expect(await hash()).toBe(first);
    const seen = new Set([first]);
    await writeFile(join(overlay, 'etc/rolecall/a.sh'), 'b\n');
    seen.add(await hash());
    await chmod(join(overlay, 'etc/rolecall/a.sh'), 0o755);
    seen.add(await hash());
    await rm(join(overlay, 'etc/rolecall/link'));
    await symlink('b.sh', join(overlay, 'etc/rolecall/link'));
    seen.add(await hash());
    await writeFile(join(overlay, 'etc/rolecall/c.sh'), '');
    seen.add(await hash());
    seen.add(await filesHash(await imageFiles(bootstrapper, overlay), ['/layer']));
    expect(seen.size).toBe(6);
  });
});

test('a layer keeps modes and links, follows the host’s links at the top, and looks like the folders below', async () => {
  const below = join(folder, 'below');
  await mkdir(join(below, 'etc/rolecall'), { recursive: true });
  await chmod(join(below, 'etc/rolecall'), 0o2711);
  const layer = join(folder, 'layer');
  await writeFiles(await imageFiles(bootstrapper, overlay), layer, [below, '/']);
  const modeOf = async (path: string) => ((await lstat(join(layer, path))).mode & 0o7777).toString(8);
  expect(await readFile(join(layer, 'etc/rolecall/a.sh'), 'utf8')).toBe('a\n');
  expect(await readlink(join(layer, 'etc/rolecall/link'))).toBe('a.sh');
  expect(await modeOf('etc/rolecall/a.sh')).toBe('750');
  expect(await modeOf('etc/rolecall')).toBe('2711');
  expect(await modeOf('usr/local/sbin/rolecall-bootstrapper')).toBe('755');
  const sbin = await readlink('/sbin').catch(() => 'sbin');
  expect(await readFile(join(layer, sbin, 'tool'), 'utf8')).toBe('tool\n');
});
