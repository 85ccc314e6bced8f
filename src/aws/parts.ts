import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { AwsError, ConflictError } from '../errors.ts';
import { storedDigest } from './objects.ts';
import type { UploadFile, UploadOptions } from './ports.ts';
import { headOf, isConflict, isNoUpload, type Place, type S3Session } from './s3-session.ts';
import {
  abort,
  createUpload,
  findUnfinished,
  type KnownPart,
  type KnownParts,
  type Part,
  type Upload,
} from './unfinished.ts';

/**
 * Bytes of a part: a few of them are in memory at once, and an interrupted upload loses no more than these.
 * S3 takes 10,000 parts of at least 5 MiB.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const PART_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;
/** Parts under way at once. */
const AT_ONCE = 4;

/** Bytes of each part but the last of a file of so many bytes. */
export const partBytesOf = (size: number): number => Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS));

/**
 * Uploads a file in parts. What an interrupted upload of this key left in S3 is not sent again where its bytes are the
 * same; after trouble the parts stay for that, and an object appears whole or not at all.
 * @param check gets the hex SHA-256 of all that was read, before the object can be seen; what it throws ends the upload
 * @throws AwsError for which isConflict holds, when the key exists already
 */
export async function putInParts(
  session: S3Session,
  place: Place,
  file: UploadFile,
  options: UploadOptions,
  check: (sha256: string) => void,
): Promise<void> {
  const handle = await open(file.path, 'r');
  try {
    const sender = { session, handle, size: file.size, options };
    const begun = await findUnfinished(session, place);
    if (begun !== undefined && (await attempt(sender, begun.upload, begun.parts, check))) return;
    // None to go on with, or somebody ended it meanwhile: from the beginning, in one of our own.
    if (await attempt(sender, await createUpload(session, place, options), new Map(), check)) return;
  } finally {
    await handle.close();
  }
  throw new ConflictError(`somebody else ends the uploads of s3://${place.Bucket}/${place.Key}`, {
    hint: 'another publish of this tag may be at work: wait for it, then run the same command again',
  });
}

interface Sender {
  readonly session: S3Session;
  readonly handle: FileHandle;
  readonly size: number;
  readonly options: UploadOptions;
}

/** @returns false where S3 doesn't know the upload any more */
async function attempt(
  sender: Sender,
  upload: Upload,
  known: KnownParts,
  check: (sha256: string) => void,
): Promise<boolean> {
  try {
    const { parts, sha256 } = await sendAll(sender, upload, known);
    check(sha256);
    await complete(sender, upload, parts);
    return true;
  } catch (error) {
    if (isNoUpload(error)) return false;
    // Parts that will never become an object would cost money for ever. Only after trouble with AWS they may be of use.
    if (isConflict(error) || !(error instanceof AwsError || sender.options.signal?.aborted))
      await abort(sender.session, upload);
    throw error;
  }
}

/** Reads the file once from front to end, and sends each part that S3 lacks. */
async function sendAll(
  sender: Sender,
  upload: Upload,
  known: KnownParts,
): Promise<{ readonly parts: readonly Part[]; readonly sha256: string }> {
  const { size, handle, options } = sender;
  const partBytes = partBytesOf(size);
  const buffers: Buffer[] = Array.from({ length: AT_ONCE }, () => Buffer.allocUnsafeSlow(partBytes));
  const whole = createHash('sha256');
  const parts: Part[] = [];
  const sending = new Set<Promise<void>>();
  let sent = 0;
  const failed: unknown[] = [];
  const send = async (PartNumber: number, body: Buffer, buffer: Buffer) => {
    try {
      parts.push(await sendPart(sender, upload, PartNumber, body, known.get(PartNumber)));
      buffers.push(buffer);
      sent += body.length;
      options.onProgress?.(sent);
    } catch (error) {
      // Told below: nobody may be waiting for this part in the moment in which it fails.
      failed.push(error);
    }
  };
  const throwFailure = () => {
    if (failed.length > 0) throw failed[0];
    options.signal?.throwIfAborted();
  };
  try {
    for (let position = 0; position < size; position += partBytes) {
      while (buffers.length === 0 && failed.length === 0) await Promise.race(sending);
      throwFailure();
      const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(partBytes);
      const body = await readFully(handle, buffer, position);
      whole.update(body);
      const one = send(position / partBytes + 1, body, buffer).finally(() => sending.delete(one));
      sending.add(one);
    }
  } finally {
    await Promise.all(sending);
  }
  throwFailure();
  parts.sort((one, other) => one.PartNumber - other.PartNumber);
  return { parts, sha256: whole.digest('hex') };
}

/** On what an upload makes its object. */
export const conditionOf = ({
  replaces,
}: UploadOptions): { readonly IfMatch: string } | { readonly IfNoneMatch: '*' } =>
  replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces };

/** Fills the buffer from there on, as far as the file goes. */
async function readFully(handle: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

async function sendPart(
  { session, options }: Sender,
  upload: Upload,
  PartNumber: number,
  Body: Buffer,
  known: KnownPart | undefined,
): Promise<Part> {
  const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
  if (known?.ChecksumSHA256 === ChecksumSHA256 && known.Size === Body.length)
    return { PartNumber, ETag: known.ETag, ChecksumSHA256 };
  const { ETag = '' } = await session.call(
    'UploadPart',
    (client, sdk) => client.send(new sdk.UploadPartCommand({ ...upload, PartNumber, Body, ChecksumSHA256 })),
    { signal: options.signal },
  );
  return { PartNumber, ETag, ChecksumSHA256 };
}

async function complete({ session, options }: Sender, upload: Upload, parts: readonly Part[]): Promise<void> {
  try {
    const MultipartUpload = { Parts: [...parts] };
    await session.call('CompleteMultipartUpload', (client, sdk) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload, ...conditionOf(options) }),
      ),
    );
  } catch (error) {
    // The answer to an earlier attempt may have been lost: then the object is there, made of these very parts.
    if ((isNoUpload(error) || isConflict(error)) && (await isMadeOf(session, upload, parts))) return;
    throw error;
  }
}

/** Whether the object is there and consists of these parts: the SHA-256 of a multipart object is that of its parts' digests. */
async function isMadeOf(
  session: S3Session,
  { UploadId: _ended, ...place }: Upload,
  parts: readonly Part[],
): Promise<boolean> {
  const digests = parts.map(({ ChecksumSHA256 }) => Buffer.from(ChecksumSHA256, 'base64'));
  const composite = createHash('sha256').update(Buffer.concat(digests)).digest('base64');
  const head = await headOf(session, place);
  return head !== undefined && storedDigest(head) === `${composite}-${parts.length}`;
}
