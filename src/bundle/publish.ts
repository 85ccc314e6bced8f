import { setTimeout } from 'node:timers/promises';
import type { Bucket, PresignedUrl } from '../aws/ports.ts';
import { AwsError, InterruptedError } from '../errors.ts';
import type { LaunchId } from '../model.ts';
import type { SealedFile } from './seal.ts';

/** A sealed bundle that machines can fetch. */
export interface PublishedBundle {
  /** Below the bucket's prefix. */
  readonly key: string;
  /** Holds a signature, unless the bundle is public. */
  readonly url: string;
  /** Epoch milliseconds; absent for a public URL. */
  readonly expiresAt?: number;
  /** Why the URL ends before what was asked for, or may end before machines need it. */
  readonly notice?: string;
}

export interface PublishOptions {
  readonly access: 'presigned' | 'public';
  /** How long the URL shall be good for. */
  readonly expiresMs: number;
  readonly onProgress?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Machines may take some minutes to their first step. */
const LEAST_SECONDS = 300;

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
  const signed = await signBundle(bucket, key, { access, expiresMs });
  if (access === 'public') {
    await probe(
      signed.url,
      signal,
      `the bucket ${bucket.name} doesn't let everybody read ${key}`,
      `allow s3:GetObject to everybody on ${bucket.prefix}bundles/* (docs/aws.md), or set bundle.access: presigned`,
    );
    return signed;
  }
  await probe(
    signed.url,
    signal,
    `the URL of the bundle ${bucket.locate(key)} is refused`,
    'may these credentials do s3:GetObject there? A URL can do what its signer may (docs/aws.md)',
  );
  return signed;
}

/**
 * Makes the URL that gets a bundle; S3 is asked nothing, and the bundle need not be there yet.
 * @throws AwsError where the URL would end before machines need it
 */
export async function signBundle(
  bucket: Bucket,
  key: string,
  { access, expiresMs }: Pick<PublishOptions, 'access' | 'expiresMs'>,
): Promise<PublishedBundle> {
  if (access === 'public') return { key, url: bucket.plainUrl(key) };
  const asked = Math.floor(expiresMs / 1000);
  const signed = await bucket.presignGet(key, asked);
  const { url, expiresAt } = signed;
  if (signed.shortened && signed.seconds < LEAST_SECONDS)
    throw new AwsError(
      `the credentials end at ${new Date(expiresAt).toISOString()}, and the bundle's URL with them: machines would find it expired`,
      { hint: 'renew the credentials (log in again), then launch', kind: 'credentials' },
    );
  const notice = noticeOf(signed, asked);
  return { key, url, expiresAt, ...(notice !== undefined && { notice }) };
}

function noticeOf(
  { seconds, shortened, uncertain, expiresAt }: PresignedUrl,
  asked: number,
): string | undefined {
  if (shortened)
    return `the bundle's URL ends with the credentials that signed it, at ${new Date(expiresAt).toISOString()}, before the ${asked} s that were asked for`;
  if (seconds < LEAST_SECONDS)
    return `the bundle's URL is good for ${seconds} s only: a machine that boots later fails at bundle.fetch`;
  return uncertain
    ? "the bundle's URL ends with the credentials that signed it; these are temporary, and don't tell until when"
    : undefined;
}

async function probe(url: string, signal: AbortSignal, message: string, hint: string): Promise<void> {
  const failure = await probeUrl(url, signal);
  if (signal.aborted) throw new InterruptedError('publishing the bundle was interrupted');
  if (failure === undefined) return;
  const { reason, passing } = failure;
  throw new AwsError(`${message}: ${reason}`, {
    hint: passing ? 'check the network and the endpoint, then try again' : hint,
    kind: passing ? 'endpoint' : 'permission',
  });
}

/** How long S3 may take to answer. */
const TIMEOUT_MS = 20_000;
/** Pauses before further tries, where the trouble may pass. */
const PAUSES_MS = [250, 1000, 2000];
const BEGINS = 'Salted__';

/** Why a URL doesn't get a sealed bundle. */
interface ProbeFailure {
  /** S3's words, or the network's. */
  readonly reason: string;
  /** Another try might have got it. */
  readonly passing: boolean;
}

/**
 * Asks for the first bytes behind a URL as a machine would, without credentials; trouble that passes is waited out.
 * @returns why it isn't a sealed bundle that anybody with the URL gets; undefined where it is
 */
export async function probeUrl(
  url: string,
  signal: AbortSignal,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<ProbeFailure | undefined> {
  for (const pauseMs of pausesMs) {
    const failure = await probeOnce(url, signal);
    if (!failure?.passing || signal.aborted) return failure;
    await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return await probeOnce(url, signal);
}

async function probeOnce(url: string, signal: AbortSignal): Promise<ProbeFailure | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await fetch(url, { headers: { range: `bytes=0-${BEGINS.length - 1}` }, signal: limit });
    const begins = await firstBytes(answer);
    if (answer.ok)
      return begins.startsWith(BEGINS) ? undefined : { reason: 'something else lies there', passing: false };
    const said = /<Code>([^<]{1,100})<\/Code>(?:<Message>([^<]{1,300}))?/.exec(begins);
    const { status } = answer;
    const reason = [String(status), said?.[1], said?.[2]].filter(Boolean).join(' ');
    return { reason, passing: status >= 500 || status === 429 || status === 408 };
  } catch (error) {
    return { reason: reasonOf(error as Error), passing: true };
  }
}

/** A server that knows no ranges sends the whole: nobody reads it to its end. */
async function firstBytes({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return Buffer.from(value ?? []).toString('latin1');
}

/** What fetch says is that it failed; its cause tells why, where several addresses were tried only by its code. */
function reasonOf({ message, cause }: Error): string {
  const { message: reason, code } = (cause ?? {}) as { readonly message?: string; readonly code?: string };
  return reason || code || message;
}
