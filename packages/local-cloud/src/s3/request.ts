import type { IncomingHttpHeaders } from 'node:http';
import type { S3Error } from './s3-error.ts';
import type { ObjectStore } from './store.ts';

/** One request, its signature verified. */
export interface S3Request {
  readonly method: string;
  /** Decoded; undefined at the root, where only ListBuckets is. */
  readonly bucket: string | undefined;
  /** Decoded; empty at the level of the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Without aws-chunked encoding; iterating throws S3Error where it isn't what was signed. */
  readonly body: AsyncIterable<Buffer>;
  /** The hex SHA-256 that the signature covers, where it covers one: checked by whoever reads the body to its end. */
  readonly signedSha256: string | undefined;
  /** Headers after the body; complete when it has been read. */
  readonly trailers: Readonly<Record<string, string>>;
  /** The region that it was signed for; undefined for a request without a signature. */
  readonly region: string | undefined;
  /** Anonymous requests may only do what is open to everybody. */
  readonly principal: 'owner' | 'anonymous';
}

/** A browser's upload, as its form says it. */
export type PolicyFields = Readonly<Record<string, string>>;

/** What the operations share. */
export interface S3Context {
  readonly store: ObjectStore;
  /** When a form's policy is judged, epoch milliseconds. */
  readonly judgedAt: number;
  /** Verifies a form's signature. @throws S3Error */
  readonly verifyPolicy: (fields: PolicyFields) => void;
  /** What goes wrong on purpose with a request of this operation; `conditional` where it has If-Match or If-None-Match. */
  readonly fault: (operation: string, conditional: boolean) => S3Fault;
  readonly log: (line: string) => void;
}

export type S3Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'refuse'; readonly error: S3Error }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'break-off' }
  /** It takes effect, but its answer is lost. */
  | { readonly kind: 'lose-answer' };

/** What goes back. */
export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | AsyncIterable<Buffer>;
}

/** One operation: its name in AWS's documentation, and what it does. */
export interface Call {
  readonly name: string;
  readonly run: () => Promise<S3Answer>;
}
