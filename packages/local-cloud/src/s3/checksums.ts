import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { S3Error } from './s3-error.ts';

/**
 * S3's checksum algorithms.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Base64 by algorithm. */
export type Checksums = { readonly [name in Algorithm]?: string };

export const headerOf = (algorithm: Algorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** Something that takes bytes and has a digest at the end. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Promise<Buffer>;
}

/** A hasher of an algorithm, or of MD5, which every object's ETag needs. */
export function hasherOf(algorithm: Algorithm | 'MD5'): Hasher {
  switch (algorithm) {
    case 'MD5':
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest() };
    }
    case 'CRC32':
      return crc(new Crc32());
    case 'CRC32C':
      return crc(new Crc32c());
    case 'CRC64NVME':
      return crc(new Crc64Nvme());
  }
}

const crc = (sum: { update(bytes: Uint8Array): void; digest(): Promise<Uint8Array> }): Hasher => ({
  update: (bytes) => sum.update(bytes),
  digest: async () => Buffer.from(await sum.digest()),
});

/** What a request says of its body: the checksums to compute, and what they must be as far as it is known before the end. */
export interface Expectation {
  readonly algorithms: readonly Algorithm[];
  /** Base64. */
  readonly md5: string | undefined;
  /** Those whose value comes behind the body. */
  readonly trailing: readonly Algorithm[];
}

/** @throws S3Error for an algorithm or a digest that can't be */
export function expectationOf(headers: IncomingHttpHeaders): Expectation {
  const named = ALGORITHMS.filter((algorithm) => headers[headerOf(algorithm)] !== undefined);
  if (named.length > 1)
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  const trailing = String(headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const trailers = ALGORITHMS.filter((algorithm) => trailing.includes(headerOf(algorithm)));
  const asked = algorithmOf(String(headers['x-amz-sdk-checksum-algorithm'] ?? ''));
  for (const algorithm of named) checkForm(algorithm, String(headers[headerOf(algorithm)]));
  const md5 = headers['content-md5'];
  if (md5 !== undefined && Buffer.from(String(md5), 'base64').length !== 16)
    throw new S3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  const algorithms = [...new Set([...named, ...trailers, ...(asked === undefined ? [] : [asked])])];
  return { algorithms, md5: typeof md5 === 'string' ? md5 : undefined, trailing: trailers };
}

/** The algorithm of this name in any case; undefined for an empty name. @throws S3Error for an unknown one */
export function algorithmOf(name: string): Algorithm | undefined {
  if (name === '') return undefined;
  const found = ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
  if (found !== undefined) return found;
  throw new S3Error(
    'InvalidRequest',
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${ALGORITHMS.join(', ')}]`,
  );
}

const BYTES: { readonly [name in Algorithm]: number } = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

function checkForm(algorithm: Algorithm, value: string): void {
  if (Buffer.from(value, 'base64').length === BYTES[algorithm]) return;
  throw new S3Error('InvalidRequest', `Value for ${headerOf(algorithm)} header is invalid.`);
}

/** Compares what was computed with what the headers and trailers say. @throws S3Error BadDigest, MalformedTrailerError */
export function checkDigests(
  computed: Checksums & { readonly MD5: string },
  { md5, trailing }: Expectation,
  said: Readonly<Record<string, unknown>>,
): void {
  if (md5 !== undefined && md5 !== computed.MD5)
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
      fields: { ExpectedDigest: md5, CalculatedDigest: computed.MD5 },
    });
  if (trailing.some((algorithm) => said[headerOf(algorithm)] === undefined))
    throw new S3Error(
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    );
  for (const algorithm of ALGORITHMS) {
    const expected = said[headerOf(algorithm)];
    if (expected === undefined || computed[algorithm] === undefined || computed[algorithm] === expected)
      continue;
    throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
}

/** The checksum of a multipart object: that of its parts' digests, and their number. */
export async function compositeOf(algorithm: Algorithm | 'MD5', digests: readonly Buffer[]): Promise<string> {
  const hasher = hasherOf(algorithm);
  for (const digest of digests) hasher.update(digest);
  const digest = await hasher.digest();
  return `${digest.toString(algorithm === 'MD5' ? 'hex' : 'base64')}-${digests.length}`;
}

/** The checksums as elements of an answer: `ChecksumSHA256` and so on. */
export const checksumFields = (checksums: Checksums): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`Checksum${name}`, value]));
