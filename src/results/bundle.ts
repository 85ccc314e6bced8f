import type { Inspected } from '../bundle/inspect.ts';

/** A sealed bundle. It holds no key. */
interface SealedBundle {
  readonly role: string;
  readonly modules: readonly string[];
  readonly files: number;
  /** Bytes of the sealed file. */
  readonly size: number;
  readonly sha256: string;
  readonly tarSha256: string;
  readonly compression: string;
}

/** A bundle that was built on this machine. */
export interface BuiltBundle extends SealedBundle {
  readonly path: string;
  /** File that holds the key. */
  readonly keyFile: string;
}

/** A bundle that machines can fetch. Neither key nor signature is told. */
export interface PublishedBundle extends SealedBundle {
  readonly launch: string;
  /** `s3://bucket/key` */
  readonly location: string;
  /** Epoch milliseconds; absent for a public one. */
  readonly expiresAt: number | undefined;
  readonly notice: string | undefined;
  readonly userDataFile: string;
}

/** What a sealed bundle holds, and where it was unpacked. */
export interface OpenedBundle extends Inspected {
  readonly unpacked?: { readonly folder: string; readonly files: number };
}
