import type { Bucket, ObjectHead } from '../aws/ports.ts';
import { AwsError } from '../errors.ts';
import type { Build } from '../model.ts';
import { type Digests, digestsOf } from './digests.ts';
import { archiveKey } from './manifest.ts';

/** What an archive should be, by its manifest or by the file at hand. */
export type ExpectedArchive = Pick<Build, 'sha256' | 'size' | 'parts'>;

/** An archive in the bucket, compared with what it should be. */
export type StoredArchive =
  | { readonly kind: 'absent' }
  | { readonly kind: 'identical'; readonly etag: string }
  /** Read, and not what it should be. */
  | ({ readonly kind: 'different'; readonly etag: string } & Digests);

/** How often an archive is read before rolecall gives up on the connection. */
const READINGS = 4;

/**
 * Compares an archive in the bucket with what it should be. A checksum that S3 verified can prove that the bytes are the
 * same. Nothing but the bytes proves that they differ, and two readings must agree on that: what comes over the network may
 * be damaged on its way.
 * @param build whose archive it is; its name tells the compression
 * @throws AwsError where no two readings give the same bytes
 */
export async function compareStored(
  bucket: Bucket,
  build: Pick<Build, 'app' | 'archive'> & ExpectedArchive,
  expected: ExpectedArchive = build,
): Promise<StoredArchive> {
  const key = archiveKey(build);
  const head = (await bucket.head(key)) ?? (await bucket.head(key));
  if (head === undefined) return { kind: 'absent' };
  if (isProven(head, expected)) return { kind: 'identical', etag: head.etag };
  return await compareBytes(bucket, key, expected, build.archive);
}

async function compareBytes(
  bucket: Bucket,
  key: string,
  expected: ExpectedArchive,
  name: string,
): Promise<StoredArchive> {
  const seen = new Set<string>();
  let trouble: unknown;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const read = await readOnce(bucket, key, name);
    if (read.kind === 'absent') return read;
    if (read.kind === 'damaged') trouble = read.error;
    else if (read.sha256 === expected.sha256 && read.size === expected.size)
      return { kind: 'identical', etag: read.etag };
    else if (seen.has(read.sha256)) return read;
    else seen.add(read.sha256);
  }
  throw inOtherBytes(bucket.locate(key), trouble);
}

/** Two readings of one object don't agree. @param where how people name it */
export const inOtherBytes = (where: string, cause?: unknown): AwsError =>
  new AwsError(`${where} can't be read: it comes in other bytes each time`, {
    kind: 'endpoint',
    hint: 'something on the way to S3 (a proxy, a filter, a bad line) damages it; the object itself may be whole: run the same command again, from elsewhere if need be',
    cause,
  });

type Reading =
  | Extract<StoredArchive, { kind: 'absent' | 'different' }>
  | { readonly kind: 'damaged'; readonly error?: unknown };

/** One reading of an archive, which may have been damaged on its way. */
async function readOnce(bucket: Bucket, key: string, name: string): Promise<Reading> {
  const head = await bucket.head(key);
  const body = head && (await bucket.read(key));
  if (head === undefined || body === undefined) return { kind: 'absent' };
  try {
    const digests = await digestsOf(body, name);
    // Cut off, or grown, on its way.
    return digests.size === head.size
      ? { kind: 'different', etag: head.etag, ...digests }
      : { kind: 'damaged' };
  } catch (error) {
    if (!isTransit(error)) throw error;
    return { kind: 'damaged', error };
  }
}

/** A body that broke off: AWS's own errors, and those of a socket. */
const isTransit = (error: unknown): boolean =>
  error instanceof AwsError
    ? error.kind === 'endpoint' || error.kind === 'server'
    : error instanceof Error && 'code' in error && !('exit' in error);

/**
 * Whether a checksum of S3's own proves an object's bytes. Other stores give a composite checksum without its `-N`, none at
 * all, or one of another kind: these prove nothing, and say nothing against the object either.
 */
function isProven({ size, sha256 }: ObjectHead, expected: ExpectedArchive): boolean {
  if (sha256 === undefined || size !== expected.size) return false;
  const told = Buffer.from(sha256.replace(/-\d+$/, ''), 'base64').toString('hex');
  return told === expected.sha256 || told === expected.parts?.sha256;
}
