import type { AwsErrorKind } from '../errors.ts';
import { kindOf, kindOfBroken, NO_SUCH_HOST, OWN_SYSTEM, REFUSED, TLS, UNINTELLIGIBLE } from './classify.ts';
import { Aborted } from './deadlines.ts';

/** What can be read from whatever the SDK threw. */
export interface Failure {
  readonly kind: AwsErrorKind;
  /** AWS's error code, Node's (`ECONNREFUSED`) or the SDK's error name; undefined where nothing named it. */
  readonly code: string | undefined;
  /** The HTTP status, where an answer came. */
  readonly status: number | undefined;
  /** One line, as AWS or Node put it. */
  readonly text: string;
  /** It failed before a byte of the request was sent. */
  readonly neverSent: boolean;
  /** Where S3 says that the bucket is. */
  readonly bucketRegion?: string;
}

/** The names that the SDK gives to an error answer without a code. */
const NAMELESS: ReadonlySet<string> = new Set([
  'Unknown',
  'UnknownError',
  'Error',
  'AggregateError',
  'EC2ServiceException',
  'S3ServiceException',
]);

/** Thrown where an answer is no AWS error document, or lacks what every answer of its operation holds. */
export class UnintelligibleAnswer extends Error {
  override readonly name = UNINTELLIGIBLE;
  /** HTTP's. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** Thrown where the SDK failed before it handed the request to the network. */
export class Unsent extends Error {
  constructor(cause: unknown) {
    super('not sent', { cause });
  }
}

/** What is looked at, by shape rather than by class: Node's and the SDK's errors may come from another realm or copy. */
interface Thrown {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  /** The system call that failed. */
  readonly syscall?: unknown;
  /** One for each address that was tried. */
  readonly errors?: unknown;
  /** AWS answered with an error: `client` or `server`. */
  readonly $fault?: unknown;
  /** The answer, where one came: with no fault beside it, it could not be parsed. */
  readonly $response?: { readonly headers?: Readonly<Record<string, unknown>> };
  readonly $responseBodyText?: unknown;
  /** A field of S3's error document. */
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly clockSkewCorrected?: unknown };
}

const asThrown = (error: unknown): Thrown =>
  typeof error === 'object' && error !== null ? error : { message: String(error) };

/** Reads code, status and text of an error that the SDK threw, and classifies it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Unsent) {
    const failure = failureOf(error.cause);
    return { ...failure, kind: failure.kind === 'endpoint' ? 'refused' : failure.kind, neverSent: true };
  }
  const thrown = asThrown(error);
  const text = typeof thrown.message === 'string' ? oneLine(thrown.message) : '';
  if (error instanceof Aborted)
    return { kind: 'interrupted', code: undefined, status: undefined, text, neverSent: false };
  const foreign = error instanceof UnintelligibleAnswer || isUnparsable(thrown);
  if (foreign) return { ...foreignOf(error, thrown), text, neverSent: false };
  const code = codeOf(thrown);
  const status = statusOf(thrown);
  if (thrown.$fault === undefined)
    return { kind: kindOfBroken(code), code, status, text, neverSent: isNeverSent(thrown) };
  const bucketRegion = thrown.Region ?? thrown.$response?.headers?.['x-amz-bucket-region'];
  return {
    kind: kindOf(code, status),
    code,
    status,
    text,
    neverSent: false,
    ...(typeof bucketRegion === 'string' && { bucketRegion }),
  };
}

/** A page of a proxy tells by its status how long to be patient, as AWS's own documents do. */
function foreignOf(error: unknown, thrown: Thrown): Pick<Failure, 'kind' | 'code' | 'status'> {
  const status = error instanceof UnintelligibleAnswer ? error.status : statusOf(thrown);
  const kind = kindOf(undefined, status);
  if (kind === 'server' || kind === 'throttle') return { kind, code: undefined, status };
  return { kind: 'endpoint', code: UNINTELLIGIBLE, status };
}

const isUnparsable = ({ code, $fault, $response, $responseBodyText }: Thrown): boolean =>
  typeof code !== 'string' &&
  $fault === undefined &&
  ($response !== undefined || $responseBodyText !== undefined);

function codeOf({ code, name }: Thrown): string | undefined {
  if (typeof code === 'string') return code;
  return typeof name === 'string' && !NAMELESS.has(name) ? name : undefined;
}

function statusOf({ $metadata }: Thrown): number | undefined {
  const status = $metadata?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

/** The name was not found, or no connection came about. */
function isNeverSent({ code, syscall, errors, message }: Thrown): boolean {
  if (Array.isArray(errors) && errors.length > 0)
    return errors.every((one: unknown) => isNeverSent(asThrown(one)));
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  if (typeof code === 'string')
    return [NO_SUCH_HOST, REFUSED, TLS, OWN_SYSTEM].some((codes) => codes.has(code));
  return typeof message === 'string' && message.includes('did not establish a connection');
}

/** The codes with which AWS refuses a signature of the wrong time. */
const CLOCK_CODES: ReadonlySet<unknown> = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

/** AWS refused the signature's time, and its answer's Date header has set the SDK's clock: the next signature will do. */
export function isClockCorrected(error: unknown): boolean {
  const thrown = asThrown(error);
  return thrown.$metadata?.clockSkewCorrected === true && CLOCK_CODES.has(codeOf(thrown));
}

/**
 * The first line, without the blob that EC2 appends to a refusal for `aws sts decode-authorization-message`
 * (a kilobyte of base64 that hides the sentence before it), and without a final full stop.
 */
function oneLine(message: string): string {
  const first = message.split(/\r?\n/, 1)[0] ?? '';
  return first.replace(/ ?Encoded authorization failure message:.*$/, '').replace(/[.\s]+$/, '');
}
