import type { Algorithm, Checksums } from './checksums.ts';

/** Where an object's bytes lie: in a file of the store. */
export interface Segment {
  /** Name of a blob. */
  readonly blob: string;
  /** Bytes. */
  readonly size: number;
}

/** What is kept of an object's bytes: small ones lie in the document itself. */
export type Content =
  | { readonly kind: 'inline'; readonly base64: string }
  | { readonly kind: 'segments'; readonly segments: readonly Segment[] };

/** An object as it stands. */
export interface ObjectDocument {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: Checksums;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  /** Headers that S3 gives back, by lower-case name: content-type, cache-control, x-amz-meta-... */
  readonly headers: Readonly<Record<string, string>>;
  /** Anybody may read it. */
  readonly publicRead: boolean;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  readonly content: Content;
}

/** A bucket. */
export interface BucketDocument {
  readonly name: string;
  readonly region: string;
  readonly publicRead: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** An upload in parts that has begun. */
export interface UploadDocument {
  readonly id: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly publicRead: boolean;
  readonly algorithm: Algorithm | undefined;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  /** Epoch milliseconds. */
  readonly initiatedAt: number;
}

/** A part that has arrived. */
export interface PartDocument {
  readonly number: number;
  /** Without quotes: the MD5 of its bytes. */
  readonly etag: string;
  readonly checksums: Checksums;
  readonly modifiedAt: number;
  readonly segment: Segment;
}
