import { codeOf } from '../errno.ts';
import { bucketFor, isPublic } from './bucket-operations.ts';
import { algorithmOf, type Checksums, hasherOf } from './checksums.ts';
import { checkRead, checkWrite } from './conditions.ts';
import type { ObjectDocument, Segment } from './document.ts';
import type { S3Answer, S3Context, S3Request } from './request.ts';
import { invalidArgument, noSuchKey, S3Error } from './s3-error.ts';
import { type ObjectStore, segmentsOf } from './store.ts';
import { checkKey, contentOf, storedHeaders } from './stored.ts';
import { xmlDocument } from './xml.ts';

/** How often a source is looked up anew that is replaced all the time. */
const ATTEMPTS = 20;

/** The source of a copy, with bytes of its own: they stay though the source is replaced. */
interface Source {
  readonly object: ObjectDocument;
  /** Names for the source's bytes; whoever opened it removes those that it doesn't keep. */
  readonly segments: readonly Segment[];
}

/** Opens what x-amz-copy-source names, if its conditions hold. @throws S3Error */
export async function openSource(request: S3Request, context: S3Context): Promise<Source> {
  const { blobs } = context.store;
  for (let attempt = 1; ; attempt += 1) {
    const object = await copySource(request, context);
    const segments: Segment[] = [];
    try {
      for (const segment of segmentsOf(object)) segments.push(await blobs.share(segment));
    } catch (error) {
      await blobs.remove(segments);
      // It was replaced since it was looked up: its next version is as good.
      if (codeOf(error) === 'ENOENT' && attempt < ATTEMPTS) continue;
      throw error;
    }
    const { content } = object;
    return {
      object: content.kind === 'inline' ? object : { ...object, content: { kind: 'segments', segments } },
      segments,
    };
  }
}

async function copySource(request: S3Request, context: S3Context): Promise<ObjectDocument> {
  const { headers } = request;
  const [bucket, key] = sourceOf(headers);
  await context.store.needBucket(bucket);
  const object = await context.store.object(bucket, key);
  if (object === undefined) throw noSuchKey(key);
  const header = (name: string) => {
    const value = headers[`x-amz-copy-source-if-${name}`];
    return typeof value === 'string' ? value : undefined;
  };
  checkRead(
    {
      match: header('match'),
      noneMatch: header('none-match'),
      modifiedSince: header('modified-since'),
      unmodifiedSince: header('unmodified-since'),
    },
    object,
    'copy',
  );
  return object;
}

/** Bucket and key, decoded. @throws S3Error InvalidArgument */
function sourceOf(headers: S3Request['headers']): readonly [bucket: string, key: string] {
  const source = decodeSource(String(headers['x-amz-copy-source'] ?? ''));
  const [, bucket = '', key = ''] = /^\/?([^/]+)\/(.+)$/s.exec(source) ?? [];
  if (bucket !== '') return [bucket, key];
  throw invalidArgument(
    'x-amz-copy-source',
    source,
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
  );
}

function decodeSource(header: string): string {
  try {
    return decodeURIComponent(header.replace(/\?versionId=.*$/, ''));
  } catch {
    throw invalidArgument('x-amz-copy-source', header, 'Invalid copy source encoding.');
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function copyObject(request: S3Request, bucket: string, context: S3Context): Promise<S3Answer> {
  const { key, headers } = request;
  const { store } = context;
  await bucketFor(request, bucket, context);
  checkKey(key);
  const replace = headers['x-amz-metadata-directive'] === 'REPLACE';
  const itself = sourceOf(headers).join('/') === `${bucket}/${key}`;
  if (itself && !replace)
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const { object: source, segments } = await openSource(request, context);
  let copy: ObjectDocument;
  try {
    copy = {
      ...source,
      key,
      checksums: await checksumsOf(source, headers['x-amz-checksum-algorithm'], store),
      headers: replace ? storedHeaders(headers) : source.headers,
      publicRead: isPublic(request),
      modifiedAt: store.now(),
    };
    await store.write(bucket, key, (current) => {
      checkWrite(headers, key, current);
      return copy;
    });
  } catch (error) {
    await store.blobs.remove(segments);
    throw error;
  }
  return {
    status: 200,
    body: xmlDocument('CopyObjectResult', {
      LastModified: new Date(copy.modifiedAt).toISOString(),
      ETag: `"${copy.etag}"`,
      ...Object.fromEntries(
        Object.entries(copy.checksums).map(([name, value]) => [`Checksum${name}`, value]),
      ),
    }),
  };
}

/** The source's checksums, or one of another algorithm where the request asks for it. */
async function checksumsOf(source: ObjectDocument, asked: unknown, store: ObjectStore): Promise<Checksums> {
  const algorithm = algorithmOf(typeof asked === 'string' ? asked : '');
  if (algorithm === undefined || source.checksums[algorithm] !== undefined) return source.checksums;
  const hasher = hasherOf(algorithm);
  for await (const chunk of contentOf(source, store.blobs, 0, source.size)) hasher.update(chunk);
  return { [algorithm]: (await hasher.digest()).toString('base64') };
}
