import { accessDenied, bucketFor, isPublic, owned } from './bucket-operations.ts';
import { type Checksums, checkDigests, expectationOf } from './checksums.ts';
import { checkRead, checkWrite, rangeOf } from './conditions.ts';
import { copyObject } from './copy.ts';
import type { ObjectDocument } from './document.ts';
import { ACL } from './list-operations.ts';
import type { Call, S3Answer, S3Context, S3Request } from './request.ts';
import { hashMismatch, noSuchKey, notImplemented, S3Error } from './s3-error.ts';
import { checkKey, contentOf, storedHeaders } from './stored.ts';
import { xmlDocument } from './xml.ts';

/** The most that one PUT takes. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
const MAX_PUT = 5 * 1024 ** 3;
/** Parameters that change nothing: the operation's name, as newer SDKs send it, and the signature's. */
const HARMLESS = /^(?:x-id|x-amz-.*|response-.*)$/i;

/** The operations on one object. */
export function objectOperation(request: S3Request, bucket: string, context: S3Context): Call {
  const { method, query, headers } = request;
  const resource = [...query.keys()].find((name) => !HARMLESS.test(name));
  if (resource !== undefined && !(method === 'GET' && resource === 'acl'))
    throw notImplemented(`${method} of an object's ${resource}`);
  switch (method) {
    case 'GET':
      if (resource === 'acl') return owned(request, 'GetObjectAcl', () => getAcl(request, bucket, context));
      return { name: 'GetObject', run: () => getObject(request, bucket, context) };
    case 'HEAD':
      return { name: 'HeadObject', run: () => getObject(request, bucket, context) };
    case 'PUT':
      return headers['x-amz-copy-source'] === undefined
        ? owned(request, 'PutObject', () => putObject(request, bucket, context))
        : owned(request, 'CopyObject', () => copyObject(request, bucket, context));
    case 'DELETE':
      return owned(request, 'DeleteObject', () => deleteObject(request, bucket, context));
    default:
      throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }
}

/** The object of a request, where its sender may read it. @throws S3Error */
async function readable(request: S3Request, name: string, context: S3Context): Promise<ObjectDocument> {
  const bucket = await bucketFor(request, name, context);
  const object = await context.store.object(name, request.key);
  // Who may not look must not learn what there is.
  if (request.principal === 'anonymous' && !bucket.publicRead && object?.publicRead !== true)
    throw accessDenied();
  if (object === undefined) throw noSuchKey(request.key);
  return object;
}

async function getObject(request: S3Request, bucket: string, context: S3Context): Promise<S3Answer> {
  const { headers, query, principal } = request;
  if (principal === 'anonymous' && [...query.keys()].some((name) => name.startsWith('response-')))
    throw new S3Error(
      'InvalidRequest',
      'Request specific response headers cannot be used for anonymous GET requests.',
    );
  const object = await readable(request, bucket, context);
  checkRead(
    {
      match: headers['if-match'],
      noneMatch: headers['if-none-match'],
      modifiedSince: headers['if-modified-since'],
      unmodifiedSince: headers['if-unmodified-since'],
    },
    object,
    'read',
  );
  const range = rangeOf(headers.range, object.size);
  const { from, to } = range ?? { from: 0, to: object.size };
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...objectHeaders(object, headers['x-amz-checksum-mode'] === 'ENABLED' && range === undefined),
      ...overrides(query),
      'content-length': to - from,
      ...(range !== undefined && { 'content-range': `bytes ${from}-${to - 1}/${object.size}` }),
    },
    body: contentOf(object, context.store.blobs, from, to),
  };
}

function objectHeaders(object: ObjectDocument, withChecksums: boolean): Record<string, string> {
  return {
    'content-type': 'binary/octet-stream',
    ...object.headers,
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
    ...(withChecksums ? checksumHeaders(object.checksums, object.checksumType) : {}),
  };
}

/** The checksums as headers. */
export function checksumHeaders(
  checksums: Checksums,
  type: ObjectDocument['checksumType'],
): Record<string, string> {
  const headers = Object.entries(checksums).map(([name, value]) => [
    `x-amz-checksum-${name.toLowerCase()}`,
    value,
  ]);
  return headers.length === 0 ? {} : { ...Object.fromEntries(headers), 'x-amz-checksum-type': type };
}

/** `response-content-type=...` and its like of a presigned URL. */
const overrides = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...query]
      .filter(([name]) =>
        /^response-(?:content-(?:type|language|disposition|encoding)|expires|cache-control)$/.test(name),
      )
      .map(([name, value]) => [name.slice('response-'.length), value]),
  );

async function putObject(request: S3Request, bucket: string, context: S3Context): Promise<S3Answer> {
  const { key, headers } = request;
  const { store } = context;
  await bucketFor(request, bucket, context);
  checkKey(key);
  const length = Number(headers['x-amz-decoded-content-length'] ?? headers['content-length'] ?? Number.NaN);
  if (Number.isNaN(length))
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  if (length > MAX_PUT)
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      fields: { ProposedSize: String(length), MaxSizeAllowed: String(MAX_PUT) },
    });
  // Judged before the body too, so that nobody sends a gigabyte for a refusal.
  checkWrite(headers, key, await store.object(bucket, key));
  const { received, checksums } = await receive(request, context, true);
  const object: ObjectDocument = {
    key,
    size: received.size,
    etag: Buffer.from(received.digests.MD5, 'base64').toString('hex'),
    checksums,
    checksumType: 'FULL_OBJECT',
    headers: storedHeaders(headers),
    publicRead: isPublic(request),
    modifiedAt: store.now(),
    content:
      received.content.kind === 'inline'
        ? received.content
        : { kind: 'segments', segments: [received.content.segment] },
  };
  try {
    await store.write(bucket, key, (current) => {
      checkWrite(headers, key, current);
      return object;
    });
  } catch (error) {
    if (received.content.kind === 'blob') await store.blobs.remove([received.content.segment]);
    throw error;
  }
  return {
    status: 200,
    headers: { etag: `"${object.etag}"`, ...checksumHeaders(checksums, 'FULL_OBJECT'), 'content-length': 0 },
  };
}

/** Receives a body and compares it with all that the request says of it. @throws S3Error BadDigest */
export async function receive(request: S3Request, { store }: S3Context, inlineToo: boolean) {
  const { headers, signedSha256 } = request;
  const expectation = expectationOf(headers);
  const algorithms = new Set(expectation.algorithms);
  if (signedSha256 !== undefined) algorithms.add('SHA256');
  const received = await store.blobs.receive(request.body, [...algorithms], inlineToo);
  try {
    if (
      signedSha256 !== undefined &&
      Buffer.from(received.digests.SHA256 ?? '', 'base64').toString('hex') !== signedSha256
    )
      throw hashMismatch(signedSha256);
    checkDigests(received.digests, expectation, { ...headers, ...request.trailers });
  } catch (error) {
    if (received.content.kind === 'blob') await store.blobs.remove([received.content.segment]);
    throw error;
  }
  const checksums = Object.fromEntries(
    expectation.algorithms.map((name) => [name, received.digests[name]]),
  ) as Checksums;
  return { received, checksums };
}

async function deleteObject(request: S3Request, bucket: string, context: S3Context): Promise<S3Answer> {
  await bucketFor(request, bucket, context);
  await context.store.write(bucket, request.key, (current) => {
    if (request.headers['if-match'] !== undefined) checkWrite(request.headers, request.key, current);
    return current === undefined ? 'same' : 'gone';
  });
  return { status: 204 };
}

async function getAcl(request: S3Request, bucket: string, context: S3Context): Promise<S3Answer> {
  await readable(request, bucket, context);
  return { status: 200, body: xmlDocument('AccessControlPolicy', ACL) };
}
