import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { recordsOf } from '../../src/launch/record-places.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-places-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const CLOUD = { ephemeral: false, accessKeyId: 'AKIALOCAL' };
const records = (cloud: typeof CLOUD | undefined) => recordsOf(cloud, undefined, { XDG_STATE_HOME: folder });

test('the records of AWS and of each lasting local cloud stand apart', async () => {
  await records(undefined).create('launches/one/launch.json', 'of AWS');
  await records(CLOUD).create('launches/one/launch.json', 'of the cloud');
  expect(await records(undefined).read('launches/one/launch.json')).toBe('of AWS');
  expect(await records(CLOUD).read('launches/one/launch.json')).toBe('of the cloud');
  expect(
    await records({ ...CLOUD, accessKeyId: 'AKIANEXT' }).read('launches/one/launch.json'),
  ).toBeUndefined();
});

test('the records of a local cloud that is gone are removed, and nothing else', async () => {
  await records(CLOUD).create('launches/one/launch.json', 'old');
  const clouds = join(folder, 'rolecall/local-launches');
  mkdirSync(join(clouds, 'of-somebody'));
  const [old] = readdirSync(clouds).filter((name) => name !== 'of-somebody');
  await records({ ...CLOUD, accessKeyId: 'AKIANEXT' }).create('launches/two/launch.json', 'new');
  const left = readdirSync(clouds);
  expect(left).toContain('of-somebody');
  expect(left).not.toContain(old);
  expect(left).toHaveLength(2);
});

test('in a bucket, each lasting local cloud has a prefix of its own', () => {
  const prefixOf = (cloud: typeof CLOUD | undefined) => {
    let asked = '';
    recordsOf(
      cloud,
      (prefix) => {
        asked = prefix;
        return {} as never;
      },
      {},
    );
    return asked;
  };
  expect(prefixOf(undefined)).toBe('');
  expect(prefixOf(CLOUD)).toMatch(/^local\/[0-9a-f]{16}\/$/);
  expect(prefixOf({ ...CLOUD, accessKeyId: 'AKIANEXT' })).not.toBe(prefixOf(CLOUD));
});

test('a local cloud that ends with its command leaves no records', async () => {
  await records({ ...CLOUD, ephemeral: true }).create('launches/one/launch.json', 'x');
  expect(readdirSync(folder)).toEqual([]);
});
