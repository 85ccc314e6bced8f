import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownMark, ownNamespace } from '../../src/holder.ts';
import { cachedLayer } from '../../src/image/layer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-layers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const maker = (text: string) => async (building: string) => {
  await mkdir(join(building, 'root'));
  await writeFile(join(building, 'root/file'), text);
};

test('is made once, and found from then on', async () => {
  const first = await cachedLayer(folder, 'one', maker('made'));
  const second = await cachedLayer(folder, 'one', maker('made again'));
  expect(first).toEqual({ root: join(folder, 'one/root'), built: true });
  expect(second).toEqual({ ...first, built: false });
  expect(await readFile(join(first.root, 'file'), 'utf8')).toBe('made');
});

test('a maker that fails leaves nothing, and the next one may try', async () => {
  const fails = async (building: string) => {
    await maker('half')(building);
    throw new Error('out of luck');
  };
  await expect(cachedLayer(folder, 'two', fails)).rejects.toThrow('out of luck');
  expect((await readdir(folder)).filter((name) => name !== 'one')).toEqual([]);
  expect((await cachedLayer(folder, 'two', maker('whole'))).built).toBe(true);
});

test('two makers at once: one layer, whole, and both have it', async () => {
  const layers = await Promise.all(['a', 'b'].map((text) => cachedLayer(folder, 'three', maker(text))));
  expect(new Set(layers.map(({ root }) => root)).size).toBe(1);
  expect(await readFile(join(folder, 'three/root/file'), 'utf8')).toMatch(/^[ab]$/);
  expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('what a killed maker left is swept away; what a living one makes is not', async () => {
  // No process has this number: it is above the kernel's largest (4194304).
  await mkdir(join(folder, `.building-${ownNamespace()}-9999999.1-dead`));
  await mkdir(join(folder, `.building-${ownMark()}-alive`));
  // In another container, whose processes can't be seen from here.
  await mkdir(join(folder, '.building-00000000-1.1-elsewhere'));
  await cachedLayer(folder, 'four', maker(''));
  expect(existsSync(join(folder, '.building-00000000-1.1-elsewhere'))).toBe(true);
  expect(existsSync(join(folder, `.building-${ownNamespace()}-9999999.1-dead`))).toBe(false);
  expect(existsSync(join(folder, `.building-${ownMark()}-alive`))).toBe(true);
});

test('a layer that nobody used for 90 days goes when the next one is made', async () => {
  for (const name of ['old', 'used']) await cachedLayer(folder, name, maker(''));
  const long = new Date(Date.now() - 91 * 24 * 3600 * 1000);
  for (const name of ['old', 'used']) await utimes(join(folder, name), long, long);
  await cachedLayer(folder, 'used', maker(''));
  await cachedLayer(folder, 'five', maker(''));
  expect(['old', 'used', 'five'].filter((name) => existsSync(join(folder, name)))).toEqual(['used', 'five']);
});

test('of large layers the newest stay, and what was used today', async () => {
  const images = join(folder, 'limited');
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3600 * 1000);
  for (const [days, name] of ['image-today', 'image-2', 'image-3', 'image-4', 'base-5'].entries()) {
    await cachedLayer(images, name, maker(''));
    await utimes(join(images, name), daysAgo(days + 0.5), daysAgo(days + 0.5));
  }
  const inUse = new Set(['image-4']);
  await cachedLayer(images, 'image-new', maker(''), { prefix: 'image-', newest: 1, inUse });
  // The new one is the newest; that of today may still boot machines; image-4 has a stopped machine.
  expect((await readdir(images)).sort()).toEqual(['base-5', 'image-4', 'image-new', 'image-today']);
  await cachedLayer(images, 'image-newer', maker(''), { prefix: 'image-', newest: 4, inUse });
  expect(await readdir(images)).toHaveLength(5);
});
