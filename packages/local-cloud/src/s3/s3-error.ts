import { xmlDocument } from './xml.ts';

/**
 * HTTP statuses by code; 400 for every other.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidRange: 416,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  NotModified: 304,
  PermanentRedirect: 301,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  StorageFull: 507,
};

/** A refusal with S3's error code and message; `more` are further elements of its document, or headers. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    more: {
      readonly fields?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = 'S3Error';
    this.code = code;
    this.status = STATUS[code] ?? 400;
    this.fields = more.fields ?? {};
    this.headers = more.headers ?? {};
  }
}

/** The document of a refusal. */
export const errorXml = (error: S3Error, resource: string, requestId: string): string =>
  xmlDocument('Error', {
    Code: error.code,
    Message: error.message,
    ...error.fields,
    Resource: resource,
    RequestId: requestId,
    HostId: 'rolecall-local',
  });

export const noSuchKey = (key: string): S3Error =>
  new S3Error('NoSuchKey', 'The specified key does not exist.', { fields: { Key: key } });

export const noSuchBucket = (bucket: string): S3Error =>
  new S3Error('NoSuchBucket', 'The specified bucket does not exist', { fields: { BucketName: bucket } });

export const noSuchUpload = (id: string): S3Error =>
  new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { fields: { UploadId: id } },
  );

export const preconditionFailed = (condition: string): S3Error =>
  new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: condition },
  });

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export const conditionalConflict = (): S3Error =>
  new S3Error(
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  );

export const invalidArgument = (name: string, value: string, message: string): S3Error =>
  new S3Error('InvalidArgument', message, { fields: { ArgumentName: name, ArgumentValue: value } });

export const malformedXml = (): S3Error =>
  new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

export const notImplemented = (what: string): S3Error =>
  new S3Error('NotImplemented', `The local cloud's S3 has no ${what}`);

/** The body isn't the one that was signed. */
export const hashMismatch = (signed: string): S3Error =>
  new S3Error(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { fields: { ClientComputedContentSHA256: signed } },
  );

/** S3 has room for everything; a disk hasn't. The status is HTTP's for that (RFC 4918), which no client tries again. */
export const storageFull = (): S3Error =>
  new S3Error('StorageFull', `${DISK_FULL}: make room there, and send the request again.`);

export const DISK_FULL = "The disk of the local cloud's state folder is full";
