import { createHash, createHmac } from 'node:crypto';

/**
 * Signature Version 4, written from AWS's documentation and apart from the SDK's signer, which it judges.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The credential scope of a signature. */
export interface Scope {
  /** `20261123` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** The parts of a request that a signature covers. */
export interface Signed {
  readonly method: string;
  /** As it came over the wire, without the query. */
  readonly path: string;
  /** As it came, without `?`. */
  readonly query: string;
  /** Name (any case) and value, in the order they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Lower-case names, sorted. */
  readonly signedHeaders: readonly string[];
  /** The value of x-amz-content-sha256, or the hex SHA-256 of the body. */
  readonly payloadHash: string;
}

/** The request in the one form that both sides hash. */
export function canonicalRequest(signed: Signed): string {
  return [
    signed.method,
    canonicalPath(signed.path),
    canonicalQuery(signed.query),
    ...signed.signedHeaders.map((name) => `${name}:${headerValue(signed.headers, name)}`),
    '',
    signed.signedHeaders.join(';'),
    signed.payloadHash,
  ].join('\n');
}

/** What is signed: the canonical request's hash in its scope. */
export const stringToSign = (canonical: string, time: string, scope: Scope): string =>
  [ALGORITHM, time, scopeText(scope), sha256Hex(canonical)].join('\n');

export const scopeText = ({ date, region, service }: Scope): string =>
  `${date}/${region}/${service}/aws4_request`;

/** The key of one day, region and service. */
export function signingKey(secret: string, { date, region, service }: Scope): Buffer {
  const ofDate = hmac(`AWS4${secret}`, date);
  return hmac(hmac(hmac(ofDate, region), service), 'aws4_request');
}

export const signatureOf = (key: Buffer, text: string): string => hmac(key, text).toString('hex');

export const sha256Hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Encoded once, whatever a client left unencoded: S3's rule. EC2's path is always `/`. */
const canonicalPath = (path: string): string => path.split('/').map(recoded).join('/') || '/';

/** Sorted by name, then value, as they are encoded; a presigned URL's own signature is no part of it. */
function canonicalQuery(query: string): string {
  const pairs = query.split('&').filter((part) => part !== '');
  return pairs
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [recoded(plusAsSpace(name)), recoded(plusAsSpace(value))] as const;
    })
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map((pair) => pair.join('='))
    .join('&');
}

const order = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

const plusAsSpace = (text: string): string => text.replaceAll('+', '%20');

/** Decoded, then encoded as AWS does: all but A-Z a-z 0-9 - . _ ~ as upper-case %XX. */
function recoded(text: string): string {
  let decoded = text;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    // Not UTF-8, or a stray %: taken as it stands.
  }
  return encodeURIComponent(decoded).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** All values of a header, trimmed and with single spaces. */
const headerValue = (headers: Signed['headers'], name: string): string =>
  headers
    .filter(([found]) => found.toLowerCase() === name)
    .map(([, value]) => value.trim().replace(/ +/g, ' '))
    .join(',');
