import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ObjectDocument, PartDocument } from '../../src/s3/document.ts';
import { S3Error } from '../../src/s3/s3-error.ts';
import { ObjectStore, segmentsOf } from '../../src/s3/store.ts';
import { sweep } from '../../src/s3/sweep.ts';
import { Uploads } from '../../src/s3/uploads.ts';
import { ended, start, storeProgram } from './programs.ts';

/** A process dies while it ends an upload of two parts, of which the object has the first. */

const BUCKET = 'b';
const KEY = 'k';
let folder = '';
let store: ObjectStore;
let uploads: Uploads;
let id = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-crash-'));
  store = await ObjectStore.open(join(folder, 's3'), undefined, { now: () => Date.now() });
  uploads = new Uploads(store);
  await store.createBucket({ name: BUCKET, region: 'us-east-1', publicRead: false, createdAt: 0 });
  const begun = { key: KEY, headers: {}, publicRead: false, algorithm: undefined, initiatedAt: 0 };
  id = (await uploads.begin(BUCKET, { ...begun, checksumType: 'FULL_OBJECT' })).id;
  for (const number of [1, 2]) {
    const { content } = await store.blobs.receive(bytes(`part ${number}`), [], false);
    if (content.kind !== 'blob') throw new Error('a part is never kept in a document');
    const { segment } = content;
    await uploads.keep(BUCKET, id, { number, etag: `${number}`, checksums: {}, modifiedAt: 0, segment });
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function* bytes(text: string): AsyncGenerator<Buffer, void> {
  yield Buffer.from(text);
}

const objectOf = (parts: readonly PartDocument[]): ObjectDocument => ({
  key: KEY,
  size: 6,
  etag: 'made',
  checksums: {},
  checksumType: 'FULL_OBJECT',
  headers: {},
  publicRead: false,
  modifiedAt: 0,
  content: { kind: 'segments', segments: parts.map(({ segment }) => segment) },
});

/** What a program does that ends the upload, with its death in it. */
async function dies(work: string): Promise<void> {
  const path = await storeProgram(
    folder,
    `(async () => {
      const store = await open();
      const uploads = new Uploads(store);
      const die = () => process.kill(process.pid, 'SIGKILL');
      const id = '${id}';
      const complete = (before, after) => uploads.complete('${BUCKET}', id, async ([first]) => {
        await before?.();
        await store.write('${BUCKET}', '${KEY}', () => ({ ...inline('${KEY}', ''), size: 6, etag: 'made',
          content: { kind: 'segments', segments: [first.segment] } }));
        await after?.();
        return [first];
      });
      ${work}
    })();`,
  );
  const child = start(path);
  await ended(child);
  expect(child.signalCode).toBe('SIGKILL');
}

/** The object's bytes, where it is there. */
async function content(): Promise<string | undefined> {
  const object = await store.object(BUCKET, KEY);
  if (object === undefined) return undefined;
  const chunks: Buffer[] = [];
  for (const segment of segmentsOf(object))
    for await (const chunk of store.blobs.read(segment, 0, segment.size)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const isThere = () =>
  uploads.need(BUCKET, KEY, id).then(
    () => true,
    (error: unknown) => {
      if (error instanceof S3Error && error.code === 'NoSuchUpload') return false;
      throw error;
    },
  );

/** What is on disk once all is old and swept: how many blobs, and the names in the folders of uploads and trash. */
async function left() {
  const blobs = join(folder, 's3/blobs');
  const longAgo = new Date(Date.now() - 48 * 3_600_000);
  for (const name of readdirSync(blobs)) utimesSync(join(blobs, name), longAgo, longAgo);
  await sweep(store, Date.now());
  const names = (path: string) => readdirSync(join(folder, 's3', path));
  return { blobs: names('blobs').length, uploads: names(`buckets/${BUCKET}/uploads`), trash: names('trash') };
}

const complete = () =>
  uploads.complete(BUCKET, id, async (parts) => {
    await store.write(BUCKET, KEY, () => objectOf(parts));
    return parts;
  });

describe('before the object is written', () => {
  test.each([
    ['while it is completed', 'await complete(die);'],
    ['while it is aborted', `store.discard = die; await uploads.abort('${BUCKET}', id);`],
  ])('%s: the upload is still there, and can be completed', async (_name, work) => {
    await dies(work);
    expect([await isThere(), await content()]).toEqual([true, undefined]);
    expect(await left()).toEqual({ blobs: 2, uploads: [id], trash: [] });
    await complete();
    expect([await isThere(), await content()]).toEqual([false, 'part 1part 2']);
    expect(await left()).toEqual({ blobs: 2, uploads: [], trash: [] });
  });

  test('it is listed at once, and can be aborted', async () => {
    await dies('await complete(die);');
    expect((await uploads.list(BUCKET, '')).map((upload) => upload.id)).toEqual([id]);
    await uploads.abort(BUCKET, id);
    expect(await left()).toEqual({ blobs: 0, uploads: [], trash: [] });
  });
});

describe('after the object is written', () => {
  test.each([
    ['before the upload is removed', 'await complete(undefined, die);'],
    ['when the upload is out of the way', 'store.blobs.remove = die; await complete();'],
    [
      'when it is removed, but for what is in the trash',
      'await complete(undefined, () => { const { move } = store.files; store.files.move = async (...names) => { await move.apply(store.files, names); die(); }; });',
    ],
  ])('%s: the object is there, the upload is gone, nothing else stays', async (_name, work) => {
    await dies(work);
    expect([await isThere(), await content()]).toEqual([false, 'part 1']);
    expect(await left()).toEqual({ blobs: 1, uploads: [], trash: [] });
    expect(await content()).toBe('part 1');
  });

  test('an upload whose object has been removed since does not come back', async () => {
    await dies('await complete(undefined, die);');
    await store.write(BUCKET, KEY, () => 'gone');
    expect([await isThere(), await content()]).toEqual([false, undefined]);
    expect(await left()).toEqual({ blobs: 0, uploads: [], trash: [] });
  });
});

test('of those who find it at once, each sees it recovered', async () => {
  await dies('await complete(die);');
  expect(await Promise.all([isThere(), isThere(), isThere()])).toEqual([true, true, true]);
});

test('an upload that is being completed is left alone, and its parts are in use', async () => {
  let during: unknown;
  await uploads.complete(BUCKET, id, async (parts) => {
    during = [await isThere(), (await left()).blobs];
    await store.write(BUCKET, KEY, () => objectOf(parts));
    return parts;
  });
  expect(during).toEqual([false, 2]);
  expect(await content()).toBe('part 1part 2');
});

test('what is left of a claim that names nobody, without its document, is removed', async () => {
  const all = join(folder, `s3/buckets/${BUCKET}/uploads`);
  renameSync(join(all, id), join(all, `${id}.claimed`));
  expect(await isThere()).toBe(true);
  const half = join(all, `${'0'.repeat(32)}.claimed`);
  mkdirSync(half);
  writeFileSync(join(half, '2.json'), '{}');
  expect(await left()).toEqual({ blobs: 2, uploads: [id], trash: [] });
});
