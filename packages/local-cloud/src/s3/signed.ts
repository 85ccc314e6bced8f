import type { IncomingMessage } from 'node:http';
import { signatureOf, signingKey } from '../signature/canonical.ts';
import { ChunkFault } from '../signature/chunked.ts';
import type { Keyring } from '../signature/keyring.ts';
import { sameSecret } from '../signature/keyring.ts';
import { decodedBody, payloadMode } from '../signature/payload.ts';
import { type Refusal, SignatureRefused } from '../signature/refusal.ts';
import {
  type Claim,
  claimOf,
  credentialOf,
  headerOf,
  knownKey,
  type Times,
  verify,
  type WireRequest,
} from '../signature/verify.ts';
import type { PolicyFields, S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';

/** A request as it came over the wire. */
export function wireRequest({ method = '', url = '/', rawHeaders }: IncomingMessage): WireRequest {
  const at = url.indexOf('?');
  const headers = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  );
  return { method, path: at < 0 ? url : url.slice(0, at), query: at < 0 ? '' : url.slice(at + 1), headers };
}

/**
 * Verifies an S3 request's signature.
 * @param bucketAndKey what the path (and the host) name
 * @throws S3Error
 */
export function signedRequest(
  message: IncomingMessage,
  bucketAndKey: Pick<S3Request, 'bucket' | 'key'>,
  keyring: Keyring,
  times: Times,
): S3Request {
  const wire = wireRequest(message);
  const trailers: Record<string, string> = {};
  const common = {
    method: wire.method,
    ...bucketAndKey,
    query: new URLSearchParams(wire.query),
    headers: message.headers,
    trailers,
  };
  try {
    refuseVersion2(common.query.has('AWSAccessKeyId') || /^AWS /.test(headerOf(wire, 'authorization') ?? ''));
    const claim = claimOf(wire);
    if (claim === undefined)
      return { ...common, body: message, signedSha256: undefined, region: undefined, principal: 'anonymous' };
    const payload = payloadMode(headerOf(wire, 'x-amz-content-sha256'));
    if (payload === undefined)
      throw new S3Error(
        'InvalidRequest',
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-... or a SHA-256',
      );
    if (claim.expires === undefined && headerOf(wire, 'x-amz-content-sha256') === undefined)
      throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
    const { key } = verify(wire, claim, payload.hash, keyring, times);
    refuseUnsignedHeaders(wire, claim);
    const { mode } = payload;
    const decodedLength = Number(headerOf(wire, 'x-amz-decoded-content-length') ?? Number.NaN);
    return {
      ...common,
      body: asS3Faults(decodedBody(message, mode, { key, ...claim }, decodedLength, trailers)),
      signedSha256: mode.kind === 'hashed' ? mode.sha256 : undefined,
      region: claim.scope.region,
      principal: 'owner',
    };
  } catch (error) {
    throw error instanceof SignatureRefused ? asS3(error.refusal) : error;
  }
}

/** Signature Version 2, which some clients still presign with, ends at S3 in all newer regions. @throws S3Error */
function refuseVersion2(is: boolean): void {
  if (!is) return;
  throw new S3Error(
    'InvalidRequest',
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  );
}

/** Whoever could add an x-amz- header to a signed request could change what it does. */
function refuseUnsignedHeaders(wire: WireRequest, claim: Claim): void {
  const names = wire.headers
    .map(([name]) => name.toLowerCase())
    .filter((name) => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name));
  // The hash says nothing but what the body is; S3 lets it stand unsigned in a presigned request.
  const unsigned = names.filter((name) => !(claim.expires !== undefined && name === 'x-amz-content-sha256'));
  if (unsigned.length > 0) throw new SignatureRefused({ why: 'unsigned-headers', names: unsigned });
}

async function* asS3Faults(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  try {
    yield* body;
  } catch (error) {
    if (!(error instanceof ChunkFault)) throw error;
    switch (error.kind) {
      case 'signature':
        throw new S3Error('SignatureDoesNotMatch', MISMATCH);
      case 'length':
        throw new S3Error(
          'IncompleteBody',
          'You did not provide the number of bytes specified by the Content-Length HTTP header',
        );
      case 'form':
        throw new S3Error('InvalidRequest', 'The body is not aws-chunked, as its headers say.');
    }
  }
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.';

/** S3's words. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
function asS3(refusal: Refusal): S3Error {
  const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  switch (refusal.why) {
    case 'malformed':
      return new S3Error(
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; ${refusal.detail}`,
      );
    case 'unknown-key':
      return new S3Error(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        {
          fields: { AWSAccessKeyId: refusal.accessKeyId },
        },
      );
    case 'wrong-token':
      return new S3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.');
    case 'expired-token':
      return new S3Error('ExpiredToken', 'The provided token has expired.');
    case 'skewed':
      return new S3Error(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {
          fields: {
            RequestTime: refusal.requestTime,
            ServerTime: iso(refusal.serverTime),
            MaxAllowedSkewMilliseconds: String(refusal.maxMs),
          },
        },
      );
    case 'expired-url':
      return new S3Error('AccessDenied', 'Request has expired', {
        fields: {
          'X-Amz-Expires': String(refusal.seconds),
          Expires: iso(refusal.expires),
          ServerTime: iso(refusal.serverTime),
        },
      });
    case 'not-yet':
      return new S3Error('AccessDenied', 'Request is not valid yet', {
        fields: { ServerTime: iso(refusal.serverTime) },
      });
    case 'unsigned-headers':
      return new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
        fields: { HeadersNotSigned: refusal.names.join(', ') },
      });
    case 'mismatch':
      return new S3Error('SignatureDoesNotMatch', MISMATCH, {
        fields: {
          AWSAccessKeyId: refusal.accessKeyId,
          StringToSign: refusal.stringToSign,
          SignatureProvided: refusal.signature,
          CanonicalRequest: refusal.canonicalRequest,
        },
      });
  }
}

/** Verifies the signature of a form's policy. @throws S3Error */
export function verifyPolicy(fields: PolicyFields, keyring: Keyring, now: number): void {
  try {
    refuseVersion2(fields['awsaccesskeyid'] !== undefined);
    const { accessKeyId, scope } = credentialOf(fields['x-amz-credential'] ?? '');
    const known = knownKey({ accessKeyId, token: fields['x-amz-security-token'] }, keyring, now);
    const signature = signatureOf(signingKey(known.secretAccessKey, scope), fields['policy'] ?? '');
    if (!sameSecret(fields['x-amz-signature'] ?? '', signature))
      throw new S3Error('SignatureDoesNotMatch', MISMATCH);
  } catch (error) {
    throw error instanceof SignatureRefused ? asS3(error.refusal) : error;
  }
}
