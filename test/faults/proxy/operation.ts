/** The name of an AWS operation, read from a request as it comes over the wire. */
export interface Request {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The service of a request, by what it is signed for; undefined for all that is not AWS's (the control API). */
export function serviceOf({ headers }: Request): 'ec2' | 's3' | undefined {
  const [, service] = /\/(ec2|s3)\/aws4_request/.exec(headers['authorization'] ?? '') ?? [];
  return service === 'ec2' || service === 's3' ? service : undefined;
}

/** EC2's `Action`, or S3's name of the operation; writes with a condition are told apart from those without. */
export function operationOf(request: Request): string {
  switch (serviceOf(request)) {
    case 'ec2':
      return new URLSearchParams(request.body.toString('utf8')).get('Action') ?? 'unknown';
    case 's3':
      return s3Operation(request);
    default:
      return 'none';
  }
}

/** S3's operations: the method, what the query names (or whether the path is a bucket's), and the name. */
const S3_OPERATIONS: readonly (readonly [method: string, marked: string, name: string])[] = [
  ['HEAD', 'bucket', 'HeadBucket'],
  ['HEAD', '', 'HeadObject'],
  ['GET', 'uploads', 'ListMultipartUploads'],
  ['GET', 'uploadId', 'ListParts'],
  ['GET', 'bucket', 'ListObjectsV2'],
  ['GET', '', 'GetObject'],
  ['PUT', 'partNumber', 'UploadPart'],
  ['PUT', 'condition', 'PutObject (conditional)'],
  ['PUT', '', 'PutObject'],
  ['POST', 'uploads', 'CreateMultipartUpload'],
  ['POST', 'uploadId', 'CompleteMultipartUpload'],
  ['DELETE', 'uploadId', 'AbortMultipartUpload'],
  ['DELETE', '', 'DeleteObject'],
];

function s3Operation({ method, url, headers }: Request): string {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const marks = new Set(['', ...searchParams.keys()]);
  if (pathname.split('/').filter((part) => part !== '').length < 2) marks.add('bucket');
  if ('if-match' in headers || 'if-none-match' in headers) marks.add('condition');
  return S3_OPERATIONS.find(([verb, mark]) => verb === method && marks.has(mark))?.[2] ?? method;
}
