import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { conditionOf, putInParts } from './parts.ts';
import type { Bucket, UploadFile, UploadOptions } from './ports.ts';
import { headOf, isConflict, isMissing, type Place, type S3Session } from './s3-session.ts';

/** From here on an object goes in parts: each can be repeated alone, and several go at once. Bytes. */
export const IN_PARTS_FROM = 64 * 1024 * 1024;

/** `Bucket.upload` over a session. */
export function uploader(session: S3Session, at: (key: string) => Place): Bucket['upload'] {
  return async (key, file, options = {}) => {
    const check = (sha256: string) => refuseChanged(sha256, file);
    try {
      if (file.size <= IN_PARTS_FROM) await putWhole(session, at(key), file, options, check);
      // Asked before gigabytes are sent for nothing; the condition of the write decides.
      else if (options.replaces === undefined && (await headOf(session, at(key)))) return false;
      else await putInParts(session, at(key), file, options, check);
      return true;
    } catch (error) {
      // What was to be replaced is gone.
      if (isConflict(error) || (options.replaces !== undefined && isMissing(error))) return false;
      throw error;
    }
  };
}

async function putWhole(
  session: S3Session,
  place: Place,
  file: UploadFile,
  options: UploadOptions,
  check: (sha256: string) => void,
): Promise<void> {
  const Body = await readFile(file.path);
  const digest = createHash('sha256').update(Body).digest();
  check(digest.toString('hex'));
  const input = {
    ...place,
    Body,
    ChecksumSHA256: digest.toString('base64'),
    ...conditionOf(options),
    ContentType: options.contentType,
  };
  await session.call('PutObject', (client, sdk) => client.send(new sdk.PutObjectCommand(input)), {
    signal: options.signal,
  });
  options.onProgress?.(Body.length);
}

function refuseChanged(sha256: string, file: UploadFile): void {
  if (sha256 === file.sha256) return;
  throw new UsageError(`${file.path} is not what its manifest tells: its SHA-256 is ${sha256}`, {
    hint: 'build it again, then run the same command again; nothing was published',
  });
}
