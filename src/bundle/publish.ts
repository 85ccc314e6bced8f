import type { Bucket } from '../aws/ports.ts';
import { AwsError } from '../errors.ts';
import type { LaunchId } from '../nouns.ts';
import { probeUrl } from './probe.ts';
import type { SealedFile } from './seal.ts';

/** A sealed bundle that machines can fetch. */
export interface PublishedBundle {
  /** Below the bucket's prefix. */
  readonly key: string;
  /** Holds a signature, unless the bundle is public. */
  readonly url: string;
  /** Epoch milliseconds; absent for a public URL. */
  readonly expiresAt?: number;
  /** Why the URL ends before what was asked for. */
  readonly notice?: string;
}

export interface PublishOptions {
  readonly access: 'presigned' | 'public';
  /** How long the URL shall be good for. */
  readonly expiresMs: number;
  readonly onProgress?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Where the bundle of a launch lies. */
export const bundleKey = (launch: LaunchId, sha256: string): string => `bundles/${launch}/${sha256}`;

/**
 * Uploads a sealed bundle, and makes sure that its URL gets it: a machine would learn that too late.
 * @throws AwsError, also where the URL doesn't get it
 */
export async function publishBundle(
  bucket: Bucket,
  launch: LaunchId,
  sealed: SealedFile,
  { access, expiresMs, signal, onProgress }: PublishOptions,
): Promise<PublishedBundle> {
  const key = bundleKey(launch, sealed.sha256);
  // False where it is there already: the name is its content's.
  await bucket.upload(key, sealed, { signal, ...(onProgress && { onProgress }) });
  if (access === 'public') {
    const url = bucket.plainUrl(key);
    await probe(url, `the bucket ${bucket.name} doesn't let everybody read ${key}`, {
      hint: `allow s3:GetObject to everybody on ${bucket.prefix}bundles/* (docs/aws.md), or set bundle.access: presigned`,
    });
    return { key, url };
  }
  const asked = Math.floor(expiresMs / 1000);
  const { url, expiresAt, shortened } = await bucket.presignGet(key, asked);
  await probe(url, `the URL of the bundle ${bucket.locate(key)} is refused`, {
    hint: 'may these credentials do s3:GetObject there? A URL can do what its signer may (docs/aws.md)',
  });
  const notice = shortened
    ? `the bundle's URL ends with the credentials that signed it, at ${new Date(expiresAt).toISOString()}, before the ${asked} s that were asked for`
    : undefined;
  return { key, url, expiresAt, ...(notice !== undefined && { notice }) };
}

async function probe(url: string, message: string, { hint }: { hint: string }): Promise<void> {
  const refusal = await probeUrl(url);
  if (refusal !== undefined) throw new AwsError(`${message}: ${refusal}`, { hint, kind: 'permission' });
}
