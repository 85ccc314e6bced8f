import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { GetObjectCommand, GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { UsageError } from '../errors.ts';
import type { StoredText } from './ports.ts';
import type { Place, S3Session } from './s3-session.ts';

/** Pointers and records are far smaller; whatever is larger is none. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** What arrived is not what S3 stores. The name is S3's own code for an upload that it finds damaged. */
class Damaged extends Error {
  override readonly name = 'BadDigest';

  constructor() {
    super('what arrived is not what S3 stores');
  }
}

/**
 * Reads a small object whole. What arrives damaged, or breaks off, is asked for again.
 * @param name how people name the object
 * @throws RolecallError for one of more than 4 MiB
 */
export async function readText(session: S3Session, place: Place, name: string): Promise<StoredText> {
  const { size, ...found } = await session.call('GetObject', async (client, sdk) => {
    const get = async () => {
      const command = withChecksum(new sdk.GetObjectCommand(place));
      const date = dateOf(command);
      const answer = await client.send(command);
      return { answer, bytes: await smallBody(answer), readAt: date() };
    };
    let { answer, bytes, readAt } = await get();
    if (isSmall(answer) && doubt(answer, bytes) === 'etag') {
      // An ETag is not the MD5 everywhere: two readings that agree are good.
      const first = bytes;
      ({ answer, bytes, readAt } = await get());
      if (doubt(answer, bytes) === 'etag' && !first.equals(bytes)) throw new Damaged();
    }
    if (isSmall(answer) && doubt(answer, bytes) === 'checksum') throw new Damaged();
    return {
      size: answer.ContentLength ?? bytes.length,
      text: bytes.toString('utf8'),
      etag: answer.ETag ?? '',
      modifiedAt: answer.LastModified?.getTime() ?? 0,
      readAt,
    };
  });
  if (size <= MAX_TEXT_BYTES) return found;
  throw new UsageError(`${name} has ${size} bytes, and rolecall writes none of more than ${MAX_TEXT_BYTES}`, {
    hint: `look at its beginning: aws s3 cp ${name} - | head -c 1000`,
  });
}

/**
 * Reads an object's bytes as they come.
 * @throws AwsError while they are read, too: where they stall, break off, or are not those that S3 stores
 */
export async function readBytes(session: S3Session, place: Place): Promise<Readable> {
  const answer = await session.call('GetObject', (client, sdk) =>
    client.send(withChecksum(new sdk.GetObjectCommand(place))),
  );
  return Readable.from(checked(session, answer), { objectMode: false });
}

async function* checked(session: S3Session, answer: GetObjectCommandOutput): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  const expected = wholeDigest(answer);
  try {
    for await (const chunk of answer.Body as Readable) {
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
    if (expected !== undefined && hash.digest('base64') !== expected) throw new Damaged();
  } catch (error) {
    throw session.error('GetObject', error);
  }
}

const isSmall = ({ ContentLength = 0 }: GetObjectCommandOutput): boolean => ContentLength <= MAX_TEXT_BYTES;

async function smallBody(answer: GetObjectCommandOutput): Promise<Buffer> {
  const body = answer.Body as Readable;
  if (!isSmall(answer)) {
    body.destroy();
    return Buffer.alloc(0);
  }
  return await buffer(body);
}

/** What speaks against these bytes: the checksum for certain, the ETag perhaps. */
function doubt(answer: GetObjectCommandOutput, bytes: Buffer): 'checksum' | 'etag' | undefined {
  const expected = wholeDigest(answer);
  if (expected !== undefined)
    return createHash('sha256').update(bytes).digest('base64') === expected ? undefined : 'checksum';
  const [, md5] = /^"?([0-9a-f]{32})"?$/.exec(answer.ETag ?? '') ?? [];
  // With a key of KMS or of the customer the ETag is another digest.
  const encrypted = answer.ServerSideEncryption?.startsWith('aws:kms') || answer.SSECustomerAlgorithm;
  if (md5 === undefined || encrypted) return undefined;
  return createHash('md5').update(bytes).digest('hex') === md5 ? undefined : 'etag';
}

type Stored = Pick<HeadObjectCommandOutput, 'ChecksumSHA256' | 'ChecksumType' | 'ETag'>;

/** The base64 SHA-256 of an object's bytes, where S3 tells it. */
function wholeDigest(stored: Stored): string | undefined {
  const digest = storedDigest(stored);
  return digest?.includes('-') || stored.ChecksumType === 'COMPOSITE' ? undefined : digest;
}

/**
 * The base64 SHA-256 that S3 keeps of an object; of an upload in N parts that of the parts' digests, always with `-N`: some
 * stores tell N in the ETag only.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html#large-object-checksums
 */
export function storedDigest({ ChecksumSHA256: digest, ETag = '' }: Stored): string | undefined {
  const [, parts] = /-(\d+)"?$/.exec(ETag) ?? [];
  return digest === undefined || digest.includes('-') || parts === undefined ? digest : `${digest}-${parts}`;
}

/**
 * Asks S3 for the checksum that it keeps. The SDK's own option would check it too, but takes a checksum of parts without `-N`
 * for one of the whole.
 */
function withChecksum(command: GetObjectCommand): GetObjectCommand {
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { readonly headers: Record<string, string> };
      headers['x-amz-checksum-mode'] = 'ENABLED';
      return next(args);
    },
    { step: 'build' },
  );
  return command;
}

/** Keeps the Date header of the command's answer, which the SDK drops. @returns what tells it, epoch milliseconds */
function dateOf(command: GetObjectCommand): () => number {
  let date = Number.NaN;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      date = Date.parse(headers?.['date'] ?? '');
      return result;
    },
    { step: 'deserialize' },
  );
  return () => date;
}
