import type { AwsErrorKind } from '../errors.ts';
import { kindOf, UNINTELLIGIBLE } from './classify.ts';

/** What can be read from whatever the SDK threw. */
export interface Failure {
  readonly kind: AwsErrorKind;
  /** AWS's error code, Node's (`ECONNREFUSED`) or the SDK's error name; undefined where nothing named it. */
  readonly code: string | undefined;
  /** The HTTP status, where an answer came. */
  readonly status: number | undefined;
  /** One line, as AWS or Node put it. */
  readonly text: string;
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

/** Thrown where EC2's answer parses, but lacks what every answer of that operation holds. */
export class UnintelligibleAnswer extends Error {
  override readonly name = UNINTELLIGIBLE;
}

/** What is looked at, by shape rather than by class: Node's and the SDK's errors may come from another realm or copy. */
interface Thrown {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  /** AWS answered with an error: `client` or `server`. */
  readonly $fault?: unknown;
  /** The answer, where one came: with neither a fault nor a code beside it, it could not be parsed. */
  readonly $response?: { readonly headers?: Readonly<Record<string, unknown>> };
  readonly $responseBodyText?: unknown;
  /** A field of S3's error document. */
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

/** Reads code, status and text of an error that the SDK threw, and classifies it. */
export function failureOf(error: unknown): Failure {
  const thrown: Thrown = typeof error === 'object' && error !== null ? error : { message: String(error) };
  const status = statusOf(thrown);
  const code = codeOf(thrown);
  const text = typeof thrown.message === 'string' ? oneLine(thrown.message) : '';
  const bucketRegion = thrown.Region ?? thrown.$response?.headers?.['x-amz-bucket-region'];
  return {
    kind: kindOf(code, status),
    code,
    status,
    text,
    ...(typeof bucketRegion === 'string' && { bucketRegion }),
  };
}

function codeOf(thrown: Thrown): string | undefined {
  if (typeof thrown.code === 'string') return thrown.code;
  const answered = thrown.$response !== undefined || thrown.$responseBodyText !== undefined;
  if (answered && thrown.$fault === undefined) return UNINTELLIGIBLE;
  const { name } = thrown;
  return typeof name === 'string' && !NAMELESS.has(name) ? name : undefined;
}

function statusOf({ $metadata }: Thrown): number | undefined {
  const status = $metadata?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

/**
 * The first line, without the blob that EC2 appends to a refusal for `aws sts decode-authorization-message`
 * (a kilobyte of base64 that hides the sentence before it), and without a final full stop.
 */
function oneLine(message: string): string {
  const first = message.split(/\r?\n/, 1)[0] ?? '';
  return first.replace(/ ?Encoded authorization failure message:.*$/, '').replace(/[.\s]+$/, '');
}
