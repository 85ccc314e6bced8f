import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PartDocument } from '../../src/s3/document.ts';
import { ObjectStore } from '../../src/s3/store.ts';
import { Uploads } from '../../src/s3/uploads.ts';

/** What would be there after a loss of power: files whose bytes were synced, by names that their folders had when those were. */

const BUCKET = 'b';
let folder = '';
/** The names in each folder at its last sync, by the folder's inode. */
const names = new Map<number, readonly string[]>();
/** The inodes of files that were synced. */
const files = new Set<number>();
/** Takes the watch over `sync` away. */
let unwatch = () => {};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-power-'));
  names.clear();
  files.clear();
  const handle = await open(folder, 'r');
  const every = Object.getPrototypeOf(handle) as FileHandle;
  const { sync } = every;
  await handle.close();
  unwatch = () => {
    every.sync = sync;
  };
  every.sync = async function (this: FileHandle) {
    await sync.call(this);
    const path = readlinkSync(`/proc/self/fd/${this.fd}`);
    const found = statSync(path);
    if (found.isDirectory()) names.set(found.ino, readdirSync(path));
    else files.add(found.ino);
  };
});
afterEach(() => {
  unwatch();
  rmSync(folder, { recursive: true, force: true });
});

/** The first name on the way to a file that would be lost; undefined where all of it lasts. */
function lost(path: string): string | undefined {
  if (!files.has(statSync(path).ino)) return `the bytes of ${path}`;
  for (let at = path; at !== folder; at = dirname(at)) if (!returns(at)) return at;
  return undefined;
}

/** A name that a loss of power would bring back. */
const returns = (path: string): boolean => namesOf(dirname(path)).includes(basename(path));

const namesOf = (path: string): readonly string[] => names.get(statSync(path).ino) ?? [];

async function opened() {
  const store = await ObjectStore.open(join(folder, 's3'), undefined, { now: () => 0 });
  await store.createBucket({ name: BUCKET, region: 'us-east-1', publicRead: false, createdAt: 0 });
  return { store, uploads: new Uploads(store), at: (path: string) => join(folder, 's3', path) };
}

async function begun({ store, uploads }: Awaited<ReturnType<typeof opened>>) {
  const begin = { key: 'k', headers: {}, publicRead: false, algorithm: undefined, initiatedAt: 0 };
  const { id } = await uploads.begin(BUCKET, { ...begin, checksumType: 'FULL_OBJECT' });
  const body = async function* () {
    yield Buffer.from('part');
  };
  const { content } = await store.blobs.receive(body(), [], false);
  if (content.kind !== 'blob') throw new Error('a part is never kept in a document');
  const { segment } = content;
  await uploads.keep(BUCKET, id, { number: 1, etag: 'e', checksums: {}, modifiedAt: 0, segment });
  return { id, segment };
}

const objectOf = (key: string, parts: readonly PartDocument[]) => ({
  key,
  size: 4,
  etag: 'e',
  checksums: {},
  checksumType: 'FULL_OBJECT' as const,
  headers: {},
  publicRead: false,
  modifiedAt: 0,
  content: { kind: 'segments' as const, segments: parts.map(({ segment }) => segment) },
});

test('a bucket lasts once it is made', async () => {
  const { at } = await opened();
  expect(lost(at(`buckets/${BUCKET}/bucket.json`))).toBeUndefined();
});

test.each(['k', `long/${'a'.repeat(500)}`])(
  'the first version of an object lasts once it is written: %j',
  async (key) => {
    const { store, at } = await opened();
    await store.write(BUCKET, key, () => objectOf(key, []));
    const objects = at(`buckets/${BUCKET}/objects`);
    const found = readdirSync(objects, { recursive: true, encoding: 'utf8' });
    const file = found.find((path) => basename(path) === 'object.json') ?? 'none';
    expect(lost(join(objects, file))).toBeUndefined();
  },
);

test('the folder of a key that was not written after all has its token: without one it would be held for ever', async () => {
  const { store, at } = await opened();
  await store.write(BUCKET, 'k', () => 'same');
  expect(namesOf(at(`buckets/${BUCKET}/objects/k`))).toEqual(['token']);
});

test('a part lasts once it is kept', async () => {
  const { at, ...rest } = await opened();
  const { id, segment } = await begun({ at, ...rest });
  for (const path of [
    `buckets/${BUCKET}/uploads/${id}/upload.json`,
    `buckets/${BUCKET}/uploads/${id}/1.json`,
    `blobs/${segment.blob}`,
  ])
    expect(lost(at(path))).toBeUndefined();
});

test('an upload does not return beside its object, nor after it was aborted', async () => {
  const all = await opened();
  const { store, uploads, at } = all;
  for (const end of ['complete', 'abort'] as const) {
    const { id } = await begun(all);
    const upload = at(`buckets/${BUCKET}/uploads/${id}`);
    expect(returns(upload)).toBe(true);
    let beside: boolean | undefined;
    if (end === 'abort') await uploads.abort(BUCKET, id);
    else
      await uploads.complete(BUCKET, id, async (parts) => {
        beside = returns(upload);
        await store.write(BUCKET, 'k', () => objectOf('k', parts));
        return parts;
      });
    expect([end, beside ?? false, returns(upload)]).toEqual([end, false, false]);
  }
});

test('a cloud whose objects go with it waits for no disk', async () => {
  const store = await ObjectStore.open(join(folder, 's3'), undefined, { now: () => 0 }, false);
  await store.createBucket({ name: BUCKET, region: 'us-east-1', publicRead: false, createdAt: 0 });
  await store.write(BUCKET, 'k', () => objectOf('k', []));
  expect([...names.values()]).toEqual([]);
});
