import { OWNER } from './bucket-operations.ts';
import { checksumFields } from './checksums.ts';
import { maxKeys, urlEncoded } from './list-operations.ts';
import type { S3Answer, S3Request } from './request.ts';
import { byBytes } from './store.ts';
import type { Uploads } from './uploads.ts';
import { xmlDocument } from './xml.ts';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export async function listParts(
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

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export async function listUploads(
  query: URLSearchParams,
  bucket: string,
  uploads: Uploads,
): Promise<S3Answer> {
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
