import type { AwsErrorKind } from '../errors.ts';

/**
 * AWS's error codes, as sets, in this file only. Classification goes by code, never by the words of a message.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */

/** No machine of this kind is to be had here and now; another zone or type may do. */
const CAPACITY: ReadonlySet<string> = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientReservedInstanceCapacity',
  'InsufficientFreeAddressesInSubnet',
  'InsufficientAddressCapacity',
  'InsufficientCapacity',
  'SpotMaxPriceTooLow',
  // This type is not offered in this zone: another one may be.
  'Unsupported',
]);

/** A limit of the account was reached. */
const QUOTA: ReadonlySet<string> = new Set([
  'InstanceLimitExceeded',
  'VcpuLimitExceeded',
  'MaxSpotInstanceCountExceeded',
  'VolumeLimitExceeded',
  'MaxIOPSLimitExceeded',
  'PrivateIpAddressLimitExceeded',
  'NetworkInterfaceLimitExceeded',
  'TagLimitExceeded',
]);

/** Too many requests: the same one will pass a little later. */
const THROTTLE: ReadonlySet<string> = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'SlowDown',
  'BandwidthLimitExceeded',
]);

/** AWS knows the caller, who may not do this. */
const PERMISSION: ReadonlySet<string> = new Set([
  'UnauthorizedOperation',
  'AccessDenied',
  'AccessDeniedException',
  'Client.UnauthorizedOperation',
  'AllAccessDisabled',
  'Forbidden',
  'UnauthorizedAccess',
]);

/** The account itself may not do this yet. */
export const ACCOUNT: ReadonlySet<string> = new Set([
  'OptInRequired',
  'PendingVerification',
  'Blocked',
  'AccountDisabled',
]);

/** Credentials that were good once. */
export const EXPIRED: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
]);

/** The signature's time is too far from AWS's. */
export const CLOCK_SKEW: ReadonlySet<string> = new Set([
  'RequestExpired',
  'RequestTimeTooSkewed',
  'RequestInTheFuture',
]);

/** The SDK found no credentials at all (names of the SDK's own errors, not codes of AWS). */
export const NO_CREDENTIALS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ProviderError',
  'TokenProviderError',
]);

/** AWS doesn't know these credentials. */
const REJECTED_CREDENTIALS: ReadonlySet<string> = new Set([
  'AuthFailure',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'UnrecognizedClientException',
]);

/** The endpoint's name doesn't resolve; a retry won't change that. */
export const NO_SUCH_HOST: ReadonlySet<string> = new Set(['ENOTFOUND']);

/** Nothing listens there. */
export const REFUSED: ReadonlySet<string> = new Set(['ECONNREFUSED']);

/** The other side is not trusted, or doesn't speak TLS: nothing is sent to it. Codes of Node and OpenSSL. */
export const TLS: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]);

/** Node's code for a system call of this computer that failed, such as the look-up of the home folder. It sends nothing. */
export const OWN_SYSTEM: ReadonlySet<string> = new Set(['ERR_SYSTEM_ERROR']);

/** The connection broke or went silent: the request may or may not have arrived. */
const BROKEN: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'TimeoutError',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'UND_ERR_SOCKET',
  // What arrived at S3 is not what was sent.
  'BadDigest',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
]);

/** The code that rolecall gives to an answer which isn't AWS's: garbage, HTML, half a document. */
export const UNINTELLIGIBLE = 'UnintelligibleAnswer';

/** AWS's own trouble. The answer is lost, the request perhaps not. */
const SERVER: ReadonlySet<string> = new Set([
  'InternalError',
  'InternalFailure',
  'ServerInternal',
  'ServiceUnavailable',
  'Unavailable',
  'RequestTimeout',
  'OperationAborted',
  // Another write of the key is under way: S3 asks to try again, and then tells whether the condition holds.
  'ConditionalRequestConflict',
]);

/** A machine that EC2 doesn't know, or not yet: just after a launch that is eventual consistency. */
const NOT_FOUND: ReadonlySet<string> = new Set(['InvalidInstanceID.NotFound', 'InvalidID']);

/** The ClientToken was used before. */
const IDEMPOTENCY: ReadonlySet<string> = new Set([
  'IdempotentParameterMismatch',
  'IdempotentInstanceTerminated',
]);

/** The bucket is in another region than the request. S3 answers 301, or 400 where the signature's region is wrong. */
export const OTHER_REGION: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'MovedPermanently',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

/** The request names something that doesn't exist or doesn't fit. Other codes that begin with `Invalid` join these. */
const INVALID: ReadonlySet<string> = new Set([
  'UnsupportedOperation',
  'UnknownParameter',
  'MissingParameter',
  'ParameterNotFound',
  'MalformedQueryString',
  'VPCIdNotSpecified',
  'VPCResourceNotSpecified',
  'DefaultVpcDoesNotExist',
  'NoSuchEntity',
  'UnavailableImage',
  'NoSuchBucket',
  'EntityTooLarge',
  'KeyTooLongError',
  'MethodNotAllowed',
  'NotImplemented',
]);

/** What the SDK makes of a 403 without a body. */
const NO_BODY: ReadonlySet<string> = new Set(['403', 'Forbidden']);

const KINDS: readonly (readonly [AwsErrorKind, readonly ReadonlySet<string>[]])[] = [
  ['capacity', [CAPACITY]],
  ['quota', [QUOTA]],
  ['throttle', [THROTTLE]],
  ['permission', [PERMISSION, ACCOUNT]],
  ['credentials', [NO_CREDENTIALS, EXPIRED, CLOCK_SKEW, REJECTED_CREDENTIALS]],
  ['endpoint', [NO_SUCH_HOST, REFUSED, TLS, BROKEN, new Set([UNINTELLIGIBLE])]],
  ['server', [SERVER]],
  ['not-found', [NOT_FOUND]],
  ['idempotency', [IDEMPOTENCY]],
  ['invalid', [INVALID, OTHER_REGION]],
];

/**
 * The kind of an error code that an AWS error document gave.
 * @param status the HTTP status: it decides on codes that no set names
 */
export function kindOf(code: string | undefined, status?: number): AwsErrorKind {
  if (code !== undefined) {
    const row = KINDS.find(([, sets]) => sets.some((set) => set.has(code)));
    if (row !== undefined) return row[0];
    if (code.startsWith('Invalid')) return 'invalid';
  }
  // S3's answer to HEAD has no body that could name a code.
  if (status === 403 && (code === undefined || NO_BODY.has(code))) return 'permission';
  if (status === 429) return 'throttle';
  if (status !== undefined && status >= 500) return 'server';
  return 'refused';
}

/** The kind of trouble that left no AWS error document: AWS refused nothing, whatever stood in the way. */
export function kindOfBroken(code: string | undefined): AwsErrorKind {
  if (code === undefined) return 'endpoint';
  if (OWN_SYSTEM.has(code)) return 'refused';
  return NO_CREDENTIALS.has(code) ? 'credentials' : 'endpoint';
}
