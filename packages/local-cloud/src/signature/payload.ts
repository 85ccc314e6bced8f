import type { Scope } from './canonical.ts';
import { decodeChunked } from './chunked.ts';

/** How a request's body is tied to its signature: the value of x-amz-content-sha256. */
export type PayloadMode =
  | { readonly kind: 'hashed'; readonly sha256: string }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'chunked'; readonly signed: boolean };

const UNSIGNED = 'UNSIGNED-PAYLOAD';

/**
 * The mode, and what stands for the body in the canonical request; undefined for a value that S3 doesn't know.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function payloadMode(
  header: string | undefined,
): { readonly mode: PayloadMode; readonly hash: string } | undefined {
  const hash = header ?? UNSIGNED;
  if (/^[0-9a-f]{64}$/.test(hash)) return { mode: { kind: 'hashed', sha256: hash }, hash };
  switch (hash) {
    case UNSIGNED:
      return { mode: { kind: 'unsigned' }, hash };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { mode: { kind: 'chunked', signed: false }, hash };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { mode: { kind: 'chunked', signed: true }, hash };
    default:
      return undefined;
  }
}

/** The body as it was before it was sent; reading it throws ChunkFault where its form or a chunk's signature is wrong. */
export function decodedBody(
  body: AsyncIterable<Buffer>,
  mode: PayloadMode,
  verified: {
    readonly key: Buffer;
    readonly scope: Scope;
    readonly time: string;
    readonly signature: string;
  },
  decodedLength: number,
  trailers: Record<string, string>,
): AsyncIterable<Buffer> {
  if (mode.kind !== 'chunked') return body;
  const { key, scope, time, signature } = verified;
  return decodeChunked(
    body,
    mode.signed ? { key, scope, time, seed: signature } : undefined,
    decodedLength,
    trailers,
  );
}
