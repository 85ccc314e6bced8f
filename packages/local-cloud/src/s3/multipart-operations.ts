import type { Received } from './blobs.ts';
import { bucketFor, isPublic, owned } from './bucket-operations.ts';
import { algorithmOf, type Checksums, checksumFields } from './checksums.ts';
import { rangeOf } from './conditions.ts';
import { openSource } from './copy.ts';
import { completeUpload } from './multipart-complete.ts';
import { listParts, listUploads } from './multipart-list.ts';
import { checksumHeaders, receive } from './object-operations.ts';
import type { Call, S3Answer, S3Context, S3Request } from './request.ts';
import { invalidArgument, S3Error } from './s3-error.ts';
import { checkKey, contentOf, storedHeaders } from './stored.ts';
import { Uploads } from './uploads.ts';
import { xmlDocument } from './xml.ts';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;

/** The operations on uploads in parts; undefined where the request is none of them. */
export function multipartOperation(request: S3Request, bucket: string, context: S3Context): Call | undefined {
  const { method, query, key, headers } = request;
  const id = query.get('uploadId');
  const call = (name: string, run: (uploads: Uploads) => Promise<S3Answer>) =>
    owned(request, name, async () => {
      await bucketFor(request, bucket, context);
      return await run(new Uploads(context.store));
    });
  if (key === '') {
    if (method !== 'GET' || !query.has('uploads')) return undefined;
    return call('ListMultipartUploads', (uploads) => listUploads(query, bucket, uploads));
  }
  if (method === 'POST' && query.has('uploads'))
    return call('CreateMultipartUpload', (uploads) => create(request, bucket, context, uploads));
  if (id === null) return undefined;
  switch (method) {
    case 'PUT':
      return headers['x-amz-copy-source'] === undefined
        ? call('UploadPart', (uploads) => uploadPart(request, bucket, id, context, uploads))
        : call('UploadPartCopy', (uploads) => uploadPartCopy(request, bucket, id, context, uploads));
    case 'GET':
      return call('ListParts', (uploads) => listParts(request, bucket, id, uploads));
    case 'POST':
      return call('CompleteMultipartUpload', (uploads) =>
        completeUpload(request, bucket, id, context, uploads),
      );
    case 'DELETE':
      return call('AbortMultipartUpload', async (uploads) => {
        await uploads.need(bucket, key, id);
        await uploads.abort(bucket, id);
        return { status: 204 };
      });
    default:
      return undefined;
  }
}

async function create(
  request: S3Request,
  bucket: string,
  { store }: S3Context,
  uploads: Uploads,
): Promise<S3Answer> {
  const { key, headers } = request;
  checkKey(key);
  const algorithm = algorithmOf(String(headers['x-amz-checksum-algorithm'] ?? ''));
  const type = headers['x-amz-checksum-type'] ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE')
    throw new S3Error('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
  const upload = await uploads.begin(bucket, {
    key,
    headers: storedHeaders(headers),
    publicRead: isPublic(request),
    algorithm,
    checksumType: type,
    initiatedAt: store.now(),
  });
  return {
    status: 200,
    headers:
      algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type },
    body: xmlDocument('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: upload.id }),
  };
}

/** @throws S3Error */
function partNumber(query: URLSearchParams): number {
  const text = query.get('partNumber') ?? '';
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(
    'partNumber',
    text,
    `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
  );
}

async function uploadPart(
  request: S3Request,
  bucket: string,
  id: string,
  context: S3Context,
  uploads: Uploads,
): Promise<S3Answer> {
  const number = partNumber(request.query);
  await uploads.need(bucket, request.key, id);
  const { received, checksums } = await receive(request, context, false);
  if (received.content.kind !== 'blob') throw new Error('a part is never kept in a document');
  const etag = Buffer.from(received.digests.MD5, 'base64').toString('hex');
  const { segment } = received.content;
  await uploads.keep(bucket, id, { number, etag, checksums, modifiedAt: context.store.now(), segment });
  return {
    status: 200,
    headers: { etag: `"${etag}"`, ...checksumHeaders(checksums, 'COMPOSITE'), 'content-length': 0 },
  };
}

async function uploadPartCopy(
  request: S3Request,
  bucket: string,
  id: string,
  context: S3Context,
  uploads: Uploads,
): Promise<S3Answer> {
  const { blobs, now } = { blobs: context.store.blobs, now: context.store.now() };
  const number = partNumber(request.query);
  const upload = await uploads.need(bucket, request.key, id);
  const header = request.headers['x-amz-copy-source-range'];
  const algorithms = upload.algorithm === undefined ? [] : [upload.algorithm];
  const { object: source, segments } = await openSource(request, context);
  let received: Received;
  try {
    const { from, to } = rangeOf(typeof header === 'string' ? header : undefined, source.size) ?? {
      from: 0,
      to: source.size,
    };
    received = await blobs.receive(contentOf(source, blobs, from, to), algorithms, false);
  } finally {
    await blobs.remove(segments);
  }
  const { digests, content } = received;
  if (content.kind !== 'blob') throw new Error('a part is never kept in a document');
  const etag = Buffer.from(digests.MD5, 'base64').toString('hex');
  const checksums = Object.fromEntries(algorithms.map((name) => [name, digests[name]])) as Checksums;
  await uploads.keep(bucket, id, { number, etag, checksums, modifiedAt: now, segment: content.segment });
  return {
    status: 200,
    body: xmlDocument('CopyPartResult', {
      LastModified: new Date(now).toISOString(),
      ETag: `"${etag}"`,
      ...checksumFields(checksums),
    }),
  };
}
