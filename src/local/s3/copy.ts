import { bucketFor, isPublic } from './bucket-operations.ts';
import { algorithmOf, type Checksums, hasherOf } from './checksums.ts';
import { checkRead, checkWrite } from './conditions.ts';
import type { ObjectDocument, Segment } from './document.ts';
import { invalidArgument, noSuchKey, S3Error } from './s3-error.ts';
import type { S3Answer, S3Context, S3Request } from './service.ts';
import type { ObjectStore } from './store.ts';
import { checkKey, contentOf, storedHeaders } from './stored.ts';
import { xmlDocument } from './xml.ts';

/** The object that x-amz-copy-source names, if its conditions hold. @throws S3Error */
export async function copySource(request: S3Request, context: S3Context): Promise<ObjectDocument> {
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
  const source = await copySource(request, context);
  const replace = headers['x-amz-metadata-directive'] === 'REPLACE';
  const itself = sourceOf(headers).join('/') === `${bucket}/${key}`;
  if (itself && !replace)
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const checksums = await checksumsOf(source, headers['x-amz-checksum-algorithm'], store);
  const segments =
    source.content.kind === 'segments'
      ? await Promise.all(source.content.segments.map((one) => store.blobs.share(one)))
      : [];
  const copy: ObjectDocument = {
    ...source,
    key,
    checksums,
    headers: replace ? storedHeaders(headers) : source.headers,
    publicRead: isPublic(request),
    modifiedAt: store.now(),
    content: source.content.kind === 'inline' ? source.content : { kind: 'segments', segments },
  };
  await writeOrRemove(store, bucket, key, headers, copy, segments);
  return {
    status: 200,
    body: xmlDocument('CopyObjectResult', {
      LastModified: new Date(copy.modifiedAt).toISOString(),
      ETag: `"${copy.etag}"`,
      ...Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`Checksum${name}`, value])),
    }),
  };
}

async function writeOrRemove(
  store: ObjectStore,
  bucket: string,
  key: string,
  headers: S3Request['headers'],
  object: ObjectDocument,
  segments: readonly Segment[],
): Promise<void> {
  try {
    await store.write(bucket, key, (current) => {
      checkWrite(headers, key, current);
      return object;
    });
  } catch (error) {
    await store.blobs.remove(segments);
    throw error;
  }
}

/** The source's checksums, or one of another algorithm where the request asks for it. */
async function checksumsOf(source: ObjectDocument, asked: unknown, store: ObjectStore): Promise<Checksums> {
  const algorithm = algorithmOf(typeof asked === 'string' ? asked : '');
  if (algorithm === undefined || source.checksums[algorithm] !== undefined) return source.checksums;
  const hasher = hasherOf(algorithm);
  for await (const chunk of contentOf(source, store.blobs, 0, source.size)) hasher.update(chunk);
  return { [algorithm]: (await hasher.digest()).toString('base64') };
}
