import { createHash } from 'node:crypto';
import { bodyText } from './bucket-operations.ts';
import {
  ALGORITHMS,
  type Algorithm,
  type Checksums,
  checksumFields,
  compositeOf,
  hasherOf,
  headerOf,
} from './checksums.ts';
import { checkWrite } from './conditions.ts';
import type { ObjectDocument, PartDocument, UploadDocument } from './document.ts';
import type { S3Answer, S3Context, S3Request } from './request.ts';
import { malformedXml, S3Error } from './s3-error.ts';
import type { ObjectStore } from './store.ts';
import { contentOf } from './stored.ts';
import type { Uploads } from './uploads.ts';
import { children, type Parsed, parseXml, textOf, xmlDocument } from './xml.ts';

/** Every part but the last has at least so many bytes. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART = 5 * 1024 * 1024;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export async function completeUpload(
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
