import {
  ALGORITHM,
  canonicalRequest,
  type Scope,
  type Signed,
  scopeText,
  signatureOf,
  signingKey,
  stringToSign,
} from './canonical.ts';
import { type Keyring, type KnownKey, sameSecret } from './keyring.ts';
import { SignatureRefused } from './refusal.ts';

/** A request as it came over the wire, but for its body. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Signed['headers'];
}

/** What a request says of its own signature. */
export interface Claim {
  readonly accessKeyId: string;
  readonly scope: Scope;
  /** `20261123T101500Z` */
  readonly time: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly token: string | undefined;
  /** Seconds that a presigned URL is good for; undefined where the signature stands in a header. */
  readonly expires: number | undefined;
}

/** A signature that holds, and what later chunks of the body need. */
export interface Verified {
  readonly claim: Claim;
  readonly key: Buffer;
}

/** What a request's time is judged by. */
export interface Times {
  /** The server's time, epoch milliseconds. */
  readonly now: number;
  /** How far (milliseconds) the time that it tells its clients is ahead: they may sign by either. */
  readonly aheadMs: number;
}

/** How far a request's time may be from the server's. */
export const MAX_SKEW_MS = 15 * 60_000;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const MAX_EXPIRES = 604_800;

/** The claim in the Authorization header or the query; undefined for a request without any. @throws SignatureRefused */
export function claimOf(request: WireRequest): Claim | undefined {
  const authorization = headerOf(request, 'authorization');
  if (authorization !== undefined) return headerClaim(request, authorization);
  const query = new URLSearchParams(request.query);
  return query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature') ? queryClaim(query) : undefined;
}

function headerClaim(request: WireRequest, authorization: string): Claim {
  const [, algorithm, rest = ''] = /^(\S+)\s+(.*)$/.exec(authorization) ?? [];
  if (algorithm !== ALGORITHM)
    throw malformed(`the algorithm ${algorithm ?? authorization} is not ${ALGORITHM}`);
  const fields = Object.fromEntries(
    rest.split(',').map((field) => {
      const at = field.indexOf('=');
      return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
    }),
  );
  const date = headerOf(request, 'date');
  return {
    ...credentialOf(fields['Credential'] ?? ''),
    time: headerOf(request, 'x-amz-date') ?? (date === undefined ? '' : compactTime(Date.parse(date))),
    signedHeaders: (fields['SignedHeaders'] ?? '').split(';'),
    signature: fields['Signature'] ?? '',
    token: headerOf(request, 'x-amz-security-token'),
    expires: undefined,
  };
}

function queryClaim(query: URLSearchParams): Claim {
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) throw malformed(`X-Amz-Algorithm must be ${ALGORITHM}`);
  const expires = Number(query.get('X-Amz-Expires') ?? Number.NaN);
  if (!Number.isInteger(expires) || expires < 1 || expires > MAX_EXPIRES)
    throw malformed(`X-Amz-Expires must be a number of seconds from 1 to ${MAX_EXPIRES}`);
  return {
    ...credentialOf(query.get('X-Amz-Credential') ?? ''),
    time: query.get('X-Amz-Date') ?? '',
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    token: query.get('X-Amz-Security-Token') ?? undefined,
    expires,
  };
}

/** `KEY/20261123/eu-west-1/s3/aws4_request`. @throws SignatureRefused */
export function credentialOf(credential: string): Pick<Claim, 'accessKeyId' | 'scope'> {
  const [, accessKeyId = '', date = '', region = '', service = ''] =
    /^(.+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request$/.exec(credential) ?? [];
  if (accessKeyId === '') throw malformed('the Credential must be KEY/DATE/REGION/SERVICE/aws4_request');
  return { accessKeyId, scope: { date, region, service } };
}

/**
 * Checks time, key, token and signature.
 * @param payloadHash what stands in the canonical request for the body
 * @throws SignatureRefused
 */
export function verify(
  request: WireRequest,
  claim: Claim,
  payloadHash: string,
  keyring: Keyring,
  times: Times,
): Verified {
  const known = knownKey(claim, keyring, times.now);
  checkTime(claim, times);
  if (!claim.signedHeaders.includes('host')) throw malformed('the header host must be signed');
  const canonical = canonicalRequest({ ...request, signedHeaders: claim.signedHeaders, payloadHash });
  const text = stringToSign(canonical, claim.time, claim.scope);
  const key = signingKey(known.secretAccessKey, claim.scope);
  if (sameSecret(claim.signature, signatureOf(key, text))) return { claim, key };
  throw new SignatureRefused({
    why: 'mismatch',
    accessKeyId: claim.accessKeyId,
    canonicalRequest: canonical,
    stringToSign: text,
    signature: claim.signature,
  });
}

/** The key that signed, with the right token. @throws SignatureRefused */
export function knownKey(
  { accessKeyId, token }: Pick<Claim, 'accessKeyId' | 'token'>,
  keyring: Keyring,
  now: number,
): KnownKey {
  const known = keyring.find(accessKeyId);
  if (known === undefined) throw new SignatureRefused({ why: 'unknown-key', accessKeyId });
  if (token === undefined && known.session === undefined) return known;
  if (known.session === undefined || !sameSecret(token ?? '', known.session.token))
    throw new SignatureRefused({ why: 'wrong-token' });
  if (now >= known.session.expiration) throw new SignatureRefused({ why: 'expired-token' });
  return known;
}

function checkTime({ time, scope, expires }: Claim, { now, aheadMs }: Times): void {
  const at = timeOf(time);
  const latest = now + aheadMs;
  if (Number.isNaN(at)) throw malformed('X-Amz-Date must be as 20261123T101500Z');
  if (!time.startsWith(scope.date)) throw malformed(`the date of ${scopeText(scope)} is not that of ${time}`);
  if (expires === undefined) {
    if (now - at > MAX_SKEW_MS || at - latest > MAX_SKEW_MS)
      throw new SignatureRefused({ why: 'skewed', requestTime: time, serverTime: now, maxMs: MAX_SKEW_MS });
    return;
  }
  if (at - latest > MAX_SKEW_MS) throw new SignatureRefused({ why: 'not-yet', serverTime: now });
  const end = at + expires * 1000;
  if (now > end)
    throw new SignatureRefused({ why: 'expired-url', seconds: expires, expires: end, serverTime: now });
}

/** Epoch milliseconds of `20261123T101500Z`; NaN for anything else. */
export function timeOf(time: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  return parts === null
    ? Number.NaN
    : Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

const compactTime = (ms: number): string =>
  Number.isNaN(ms) ? '' : new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');

const malformed = (detail: string): SignatureRefused => new SignatureRefused({ why: 'malformed', detail });

/** The first value of a header; undefined where there is none. */
export const headerOf = ({ headers }: Pick<WireRequest, 'headers'>, name: string): string | undefined =>
  headers.find(([found]) => found.toLowerCase() === name)?.[1];
