import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { FaultCounts } from '../faults.ts';
import type { RequestCounts } from '../request-counts.ts';
import type { Keyring } from '../signature/keyring.ts';
import type { S3Context, S3Fault } from './request.ts';
import { conditionalConflict, errorXml, S3Error } from './s3-error.ts';
import { answerS3 } from './service.ts';
import { signedRequest, verifyPolicy } from './signed.ts';
import type { ObjectStore } from './store.ts';

/** What S3 is served with. */
export interface S3Service {
  readonly store: ObjectStore;
  readonly keyring: Keyring;
  readonly counts: FaultCounts;
  readonly requests: RequestCounts;
  /** What signatures and policies are judged by. */
  readonly wall: Pick<Clock, 'now'>;
  readonly log: (line: string) => void;
}

/**
 * Answers one HTTP request as S3.
 * @param hostBucket the bucket that the Host header names, where it names one
 */
export async function serveS3(
  message: IncomingMessage,
  response: ServerResponse,
  hostBucket: string | undefined,
  { store, keyring, counts, requests, wall, log }: S3Service,
): Promise<void> {
  const now = wall.now() + counts.clockSkewMs;
  // Whatever time the client goes by: the machine's own, or the cloud's, which may be ahead of it.
  const times = { now, aheadMs: Math.max(0, store.now() - now) };
  const context: S3Context = {
    store,
    judgedAt: now,
    verifyPolicy: (fields) => verifyPolicy(fields, keyring, now),
    fault: (operation, conditional) => {
      const fault = faultOf(operation, conditional, counts);
      requests.add('s3', operation, fault.kind === 'refuse' && fault.error.code === SLOW_DOWN);
      return fault;
    },
    log,
  };
  let request: ReturnType<typeof signedRequest>;
  try {
    request = signedRequest(message, placeOf(message.url ?? '/', hostBucket), keyring, times);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const body = message.method === 'HEAD' ? '' : errorXml(error, message.url ?? '/', 'unsigned');
    response.writeHead(error.status, {
      'content-type': 'application/xml',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
    return;
  }
  await answerS3(request, response, context);
}

/** `/bucket/key`, or `/key` where the host names the bucket. @throws S3Error InvalidURI */
function placeOf(
  url: string,
  hostBucket: string | undefined,
): { readonly bucket: string | undefined; readonly key: string } {
  let path: string;
  try {
    path = decodeURIComponent((url.split('?')[0] ?? '/').replace(/^\//, ''));
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
  }
  if (hostBucket !== undefined) return { bucket: hostBucket, key: path };
  const at = path.indexOf('/');
  if (path === '') return { bucket: undefined, key: '' };
  return at < 0 ? { bucket: path, key: '' } : { bucket: path.slice(0, at), key: path.slice(at + 1) };
}

const SLOW_DOWN = 'SlowDown';

function faultOf(operation: string, conditional: boolean, counts: FaultCounts): S3Fault {
  if (counts.throttles(operation))
    return { kind: 'refuse', error: new S3Error(SLOW_DOWN, 'Please reduce your request rate.') };
  if (counts.forbids(operation))
    return { kind: 'refuse', error: new S3Error('AccessDenied', 'Access Denied') };
  if (counts.errs(operation))
    return {
      kind: 'refuse',
      error: new S3Error('InternalError', 'We encountered an internal error. Please try again.'),
    };
  if (conditional && counts.conflicts(operation)) return { kind: 'refuse', error: conditionalConflict() };
  if (counts.breaksOff(operation)) return { kind: 'break-off' };
  return counts.dropsAnswer(operation) ? { kind: 'lose-answer' } : { kind: 'none' };
}

/** The operations that S3 refuses with 409 where another write of the key is under way. */
export const CONDITIONAL_WRITES: readonly string[] = ['CompleteMultipartUpload', 'CopyObject', 'PutObject'];

/** Every S3 operation of the local cloud, by AWS's name; any other is refused as NotImplemented. SPEC.md tells of each. */
export const S3_OPERATIONS: readonly string[] = [
  'AbortMultipartUpload',
  'CompleteMultipartUpload',
  'CopyObject',
  'CreateBucket',
  'CreateMultipartUpload',
  'DeleteBucket',
  'DeleteObject',
  'DeleteObjects',
  'GetBucketAcl',
  'GetBucketLocation',
  'GetBucketVersioning',
  'GetObject',
  'GetObjectAcl',
  'HeadBucket',
  'HeadObject',
  'ListBuckets',
  'ListMultipartUploads',
  'ListObjects',
  'ListObjectsV2',
  'ListParts',
  'PostObject',
  'PutObject',
  'UploadPart',
  'UploadPartCopy',
];
