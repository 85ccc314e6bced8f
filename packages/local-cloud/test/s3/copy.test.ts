import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ObjectDocument } from '../../src/s3/document.ts';
import { multipartOperation } from '../../src/s3/multipart-operations.ts';
import { objectOperation } from '../../src/s3/object-operations.ts';
import type { S3Context, S3Request } from '../../src/s3/request.ts';
import { ObjectStore } from '../../src/s3/store.ts';
import { contentOf } from '../../src/s3/stored.ts';
import { Uploads } from '../../src/s3/uploads.ts';

/** A source that is replaced between two steps of its copying: the copy is of one version, whole. */

const BUCKET = 'shop';
const SIZE = 40_000;
let folder = '';
let store: ObjectStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-copy-'));
  store = await ObjectStore.open(folder, undefined, { now: () => 0 });
  await store.createBucket({ name: BUCKET, region: 'us-east-1', publicRead: false, createdAt: 0 });
  await write('1');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the next version of the source: of one letter. */
async function write(letter: string): Promise<void> {
  const body = async function* () {
    yield Buffer.from(letter.repeat(SIZE));
  };
  const { content } = await store.blobs.receive(body(), [], false);
  if (content.kind !== 'blob') throw new Error('not inline');
  const version = { key: 'from', size: SIZE, etag: letter, headers: {}, publicRead: false, modifiedAt: 0 };
  await store.write(BUCKET, 'from', () => ({
    ...version,
    checksums: {},
    checksumType: 'FULL_OBJECT',
    content: { kind: 'segments', segments: [content.segment] },
  }));
}

/** Replaces the source once, right after a method of the store, or of its blobs, has answered. */
function replacedAfter(what: 'it was looked up' | 'its bytes were kept'): void {
  if (what === 'it was looked up') {
    const { object } = store;
    store.object = async (...names) => {
      const found = await object.apply(store, names);
      store.object = object;
      await write('2');
      return found;
    };
  } else {
    const { share } = store.blobs;
    store.blobs.share = async (segment) => {
      const kept = await share.call(store.blobs, segment);
      store.blobs.share = share;
      await write('2');
      return kept;
    };
  }
}

const context = (): S3Context => ({
  store,
  judgedAt: 0,
  verifyPolicy: () => undefined,
  fault: () => ({ kind: 'none' }),
  log: () => undefined,
});

const request = (key: string, query: string, headers: S3Request['headers']): S3Request => ({
  method: 'PUT',
  bucket: BUCKET,
  key,
  query: new URLSearchParams(query),
  headers: { 'x-amz-copy-source': `${BUCKET}/from`, ...headers },
  body: (async function* () {})(),
  signedSha256: undefined,
  trailers: {},
  region: 'us-east-1',
  principal: 'owner',
});

async function text(object: ObjectDocument | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  if (object !== undefined)
    for await (const chunk of contentOf(object, store.blobs, 0, object.size)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const blobs = () => readdirSync(join(folder, 'blobs')).length;

test.each(['it was looked up', 'its bytes were kept'] as const)(
  'CopyObject of what is replaced after %s',
  async (what) => {
    replacedAfter(what);
    const copy = objectOperation(
      request('to', '', { 'x-amz-checksum-algorithm': 'SHA256' }),
      BUCKET,
      context(),
    );
    expect((await copy.run()).status).toBe(200);
    const made = await store.object(BUCKET, 'to');
    expect(await text(made)).toBe((made?.etag ?? '').repeat(SIZE));
    expect([(await store.object(BUCKET, 'from'))?.etag, blobs()]).toEqual(['2', 2]);
  },
);

test.each(['it was looked up', 'its bytes were kept'] as const)(
  'UploadPartCopy of what is replaced after %s',
  async (what) => {
    const uploads = new Uploads(store);
    const begin = { key: 'to', headers: {}, publicRead: false, algorithm: undefined, initiatedAt: 0 };
    const { id } = await uploads.begin(BUCKET, { ...begin, checksumType: 'FULL_OBJECT' });
    replacedAfter(what);
    const copy = multipartOperation(request('to', `uploadId=${id}&partNumber=1`, {}), BUCKET, context());
    expect((await copy?.run())?.status).toBe(200);
    const [part] = await uploads.parts(BUCKET, id);
    const chunks: Buffer[] = [];
    if (part !== undefined)
      for await (const chunk of store.blobs.read(part.segment, 0, part.segment.size))
        chunks.push(chunk as Buffer);
    const copied = Buffer.concat(chunks).toString();
    expect([copied.length, new Set(copied).size]).toEqual([SIZE, 1]);
    expect([(await store.object(BUCKET, 'from'))?.etag, blobs()]).toEqual(['2', 2]);
  },
);

test.each([
  ['CopyObject', '', { 'if-none-match': '*' }],
  ['UploadPartCopy', 'uploadId={}&partNumber=1', { 'x-amz-copy-source-range': 'bytes=50000-50001' }],
])('%s that is refused leaves nothing behind', async (_name, query, headers) => {
  const uploads = new Uploads(store);
  const begin = { key: 'from', headers: {}, publicRead: false, algorithm: undefined, initiatedAt: 0 };
  const { id } = await uploads.begin(BUCKET, { ...begin, checksumType: 'FULL_OBJECT' });
  const asked = request('from', query.replace('{}', id), {
    ...headers,
    'x-amz-metadata-directive': 'REPLACE',
  });
  const call = multipartOperation(asked, BUCKET, context()) ?? objectOperation(asked, BUCKET, context());
  await expect(call.run()).rejects.toMatchObject({ name: 'S3Error' });
  expect(blobs()).toBe(1);
});
