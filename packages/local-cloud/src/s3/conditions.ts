import type { IncomingHttpHeaders } from 'node:http';
import type { ObjectDocument } from './document.ts';
import { noSuchKey, notImplemented, preconditionFailed, S3Error } from './s3-error.ts';

/**
 * Conditions of a write.
 * @throws S3Error 412 where one doesn't hold, 404 where If-Match names an object that isn't there
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWrite(
  headers: IncomingHttpHeaders,
  key: string,
  current: Pick<ObjectDocument, 'etag'> | undefined,
): void {
  const noneMatch = headers['if-none-match'];
  const match = headers['if-match'];
  if (noneMatch !== undefined && match !== undefined)
    throw notImplemented('write with If-Match and If-None-Match');
  if (noneMatch !== undefined) {
    if (noneMatch !== '*') throw notImplemented('write with If-None-Match other than *');
    if (current !== undefined) throw preconditionFailed('If-None-Match');
  }
  if (match !== undefined) {
    if (current === undefined) throw noSuchKey(key);
    if (!matches(match, current.etag)) throw preconditionFailed('If-Match');
  }
}

/**
 * Conditions of a read.
 * @throws S3Error 412 or 304 where one doesn't hold
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
export function checkRead(
  conditions: {
    readonly match?: string | undefined;
    readonly noneMatch?: string | undefined;
    readonly modifiedSince?: string | undefined;
    readonly unmodifiedSince?: string | undefined;
  },
  { etag, modifiedAt }: Pick<ObjectDocument, 'etag' | 'modifiedAt'>,
  failsAs: 'read' | 'copy',
): void {
  const { match, noneMatch, modifiedSince, unmodifiedSince } = conditions;
  const second = Math.floor(modifiedAt / 1000) * 1000;
  if (match !== undefined) {
    if (!matches(match, etag)) throw preconditionFailed('If-Match');
  } else if (unmodifiedSince !== undefined && second > Date.parse(unmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const unchanged =
    noneMatch !== undefined
      ? matches(noneMatch, etag)
      : modifiedSince !== undefined && second <= Date.parse(modifiedSince);
  if (!unchanged) return;
  if (failsAs === 'copy')
    throw preconditionFailed(noneMatch === undefined ? 'If-Modified-Since' : 'If-None-Match');
  throw new S3Error('NotModified', 'Not Modified', { headers: { etag: `"${etag}"` } });
}

const matches = (condition: string, etag: string): boolean =>
  condition.trim() === '*' ||
  condition.split(',').some((one) => one.trim().replace(/^(?:W\/)?"(.*)"$/, '$1') === etag);

/** The bytes that a Range header asks for; undefined for all. @throws S3Error InvalidRange */
export function rangeOf(
  header: string | undefined,
  size: number,
): { readonly from: number; readonly to: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  // S3 ignores what it doesn't understand, several ranges too.
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (from < to) return { from, to };
  throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
    fields: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
}
