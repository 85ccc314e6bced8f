import { createHash } from 'node:crypto';
import { bodyText, bucketFor, isPublic, OWNER, owned } from './bucket-operations.ts';
import {
  ALGORITHMS,
  type Algorithm,
  algorithmOf,
  type Checksums,
  compositeOf,
  hasherOf,
  headerOf,
} from './checksums.ts';
import { checkWrite, rangeOf } from './conditions.ts';
import { copySource } from './copy.ts';
import type { ObjectDocument, PartDocument, UploadDocument } from './document.ts';
import { maxKeys, urlEncoded } from './list-operations.ts';
import { checksumHeaders, receive } from './object-operations.ts';
import { invalidArgument, malformedXml, S3Error } from './s3-error.ts';
import type { Call, S3Answer, S3Context, S3Request } from './service.ts';
import { byBytes, type ObjectStore } from './store.ts';
import { checkKey, contentOf, storedHeaders } from './stored.ts';
import { Uploads } from './uploads.ts';
import { children, type Parsed, parseXml, textOf, type Xml, xmlDocument } from './xml.ts';

/** Every part but the last has at least so many bytes. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART = 5 * 1024 * 1024;
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
      return call('CompleteMultipartUpload', (uploads) => complete(request, bucket, id, context, uploads));
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
  const source = await copySource(request, context);
  const header = request.headers['x-amz-copy-source-range'];
  const { from, to } = rangeOf(typeof header === 'string' ? header : undefined, source.size) ?? {
    from: 0,
    to: source.size,
  };
  const algorithms = upload.algorithm === undefined ? [] : [upload.algorithm];
  const { digests, content } = await blobs.receive(contentOf(source, blobs, from, to), algorithms, false);
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

const checksumFields = (checksums: Checksums): { readonly [name: string]: Xml } =>
  Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`Checksum${name}`, value]));

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
async function complete(
  request: S3Request,
  bucket: string,
  id: string,
  { store }: S3Context,
  uploads: Uploads,
): Promise<S3Answer> {
  const { key, headers } = request;
  const upload = await uploads.need(bucket, key, id);
  const asked = askedParts(await bodyText(request));
  // Judged again at the write; here it spares the upload from being touched at all.
  checkWrite(headers, key, await store.object(bucket, key));
  let object: ObjectDocument | undefined;
  await uploads.complete(bucket, id, async (kept) => {
    const parts = matchParts(asked, kept, id);
    const made = await objectOf(upload, parts, store);
    checkWhole(made.checksums, headers);
    await store.write(bucket, key, (current) => {
      checkWrite(headers, key, current);
      return made;
    });
    object = made;
    return parts;
  });
  return {
    status: 200,
    body: xmlDocument('CompleteMultipartUploadResult', {
      Location: `/${bucket}/${key}`,
      Bucket: bucket,
      Key: key,
      ETag: `"${object?.etag}"`,
      ...checksumFields(object?.checksums ?? {}),
      ChecksumType: upload.algorithm === undefined ? undefined : upload.checksumType,
    }),
  };
}

interface AskedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: Checksums;
}

/** The parts that the request names, in its order. @throws S3Error */
function askedParts(text: string): readonly AskedPart[] {
  const parts = children(parseXml(text, 'CompleteMultipartUpload'), 'Part').map(askedPart);
  if (parts.length === 0) throw malformedXml();
  if (parts.some(({ number }, index) => index > 0 && number <= (parts[index - 1]?.number ?? 0)))
    throw new S3Error(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
  return parts;
}

function askedPart(part: Parsed): AskedPart {
  const number = Number(textOf(part, 'PartNumber'));
  const etag = textOf(part, 'ETag')?.replace(/^(?:"|&quot;)(.*?)(?:"|&quot;)$/, '$1');
  if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
  const checksums = ALGORITHMS.flatMap((name) => {
    const value = textOf(part, `Checksum${name}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { number, etag, checksums: Object.fromEntries(checksums) };
}

/** @throws S3Error InvalidPart, EntityTooSmall */
function matchParts(
  asked: readonly AskedPart[],
  kept: readonly PartDocument[],
  id: string,
): readonly PartDocument[] {
  const byNumber = new Map(kept.map((part) => [part.number, part]));
  return asked.map(({ number, etag, checksums }, index) => {
    const part = byNumber.get(number);
    const differs = (name: Algorithm) =>
      checksums[name] !== undefined && checksums[name] !== part?.checksums[name];
    if (part === undefined || part.etag !== etag || ALGORITHMS.some(differs))
      throw new S3Error(
        'InvalidPart',
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { fields: { UploadId: id, PartNumber: String(number), ETag: etag } },
      );
    if (part.segment.size < MIN_PART && index < asked.length - 1)
      throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
        fields: {
          ProposedSize: String(part.segment.size),
          MinSizeAllowed: String(MIN_PART),
          PartNumber: String(number),
          ETag: part.etag,
        },
      });
    return part;
  });
}

async function objectOf(
  upload: UploadDocument,
  parts: readonly PartDocument[],
  store: ObjectStore,
): Promise<ObjectDocument> {
  const segments = parts.map(({ segment }) => segment);
  const content = { kind: 'segments', segments } as const;
  const size = segments.reduce((sum, segment) => sum + segment.size, 0);
  const md5s = parts.map(({ etag }) => Buffer.from(etag, 'hex'));
  return {
    key: upload.key,
    size,
    etag: `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${parts.length}`,
    checksums: await wholeChecksum(upload, parts, { content, size }, store),
    checksumType: upload.checksumType,
    headers: upload.headers,
    publicRead: upload.publicRead,
    modifiedAt: store.now(),
    content,
  };
}

async function wholeChecksum(
  { algorithm, checksumType }: UploadDocument,
  parts: readonly PartDocument[],
  object: Pick<ObjectDocument, 'content' | 'size'>,
  store: ObjectStore,
): Promise<Checksums> {
  if (algorithm === undefined) return {};
  if (checksumType === 'COMPOSITE') {
    const digests = parts.map(({ checksums }) => Buffer.from(checksums[algorithm] ?? '', 'base64'));
    // A part without a checksum leaves nothing to make one of.
    if (digests.some((digest) => digest.length === 0)) return {};
    return { [algorithm]: await compositeOf(algorithm, digests) };
  }
  const hasher = hasherOf(algorithm);
  for await (const chunk of contentOf(object, store.blobs, 0, object.size)) hasher.update(chunk);
  return { [algorithm]: (await hasher.digest()).toString('base64') };
}

/** What the request says that the whole must have. @throws S3Error BadDigest */
function checkWhole(made: Checksums, headers: S3Request['headers']): void {
  for (const name of ALGORITHMS) {
    const said = headers[headerOf(name)];
    if (
      said === undefined ||
      made[name] === undefined ||
      made[name]?.replace(/-\d+$/, '') === String(said).replace(/-\d+$/, '')
    )
      continue;
    throw new S3Error('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
}

async function listParts(
  request: S3Request,
  bucket: string,
  id: string,
  uploads: Uploads,
): Promise<S3Answer> {
  const { query, key } = request;
  const upload = await uploads.need(bucket, key, id);
  const after = Number(query.get('part-number-marker') ?? 0);
  const max = maxKeys(query.get('max-parts'));
  const all = (await uploads.parts(bucket, id)).filter(({ number }) => number > after);
  const page = all.slice(0, max);
  const body = xmlDocument('ListPartsResult', {
    Bucket: bucket,
    Key: key,
    UploadId: id,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: 'STANDARD',
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: max,
    IsTruncated: all.length > page.length,
    ChecksumAlgorithm: upload.algorithm,
    ChecksumType: upload.algorithm === undefined ? undefined : upload.checksumType,
    Part: page.map(({ number, etag, checksums, modifiedAt, segment }) => ({
      PartNumber: number,
      LastModified: new Date(modifiedAt).toISOString(),
      ETag: `"${etag}"`,
      ...checksumFields(checksums),
      Size: segment.size,
    })),
  });
  return { status: 200, body };
}

async function listUploads(query: URLSearchParams, bucket: string, uploads: Uploads): Promise<S3Answer> {
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const max = maxKeys(query.get('max-uploads'));
  const sorted = await uploads.list(bucket, prefix);
  const from = sorted.findIndex(({ key, id }) => key === keyMarker && id === idMarker) + 1;
  const all = from > 0 ? sorted.slice(from) : sorted.filter(({ key }) => byBytes(key, keyMarker) > 0);
  const page = all.slice(0, max);
  const encoded = query.get('encoding-type') === 'url' ? urlEncoded : (text: string) => text;
  const last = all.length > page.length ? page.at(-1) : undefined;
  const body = xmlDocument('ListMultipartUploadsResult', {
    Bucket: bucket,
    Prefix: encoded(prefix),
    KeyMarker: encoded(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: last && encoded(last.key),
    NextUploadIdMarker: last?.id,
    MaxUploads: max,
    IsTruncated: last !== undefined,
    EncodingType: query.get('encoding-type') ?? undefined,
    Upload: page.map(({ key, id, initiatedAt, algorithm, checksumType }) => ({
      Key: encoded(key),
      UploadId: id,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: 'STANDARD',
      Initiated: new Date(initiatedAt).toISOString(),
      ChecksumAlgorithm: algorithm,
      ChecksumType: algorithm === undefined ? undefined : checksumType,
    })),
  });
  return { status: 200, body };
}
