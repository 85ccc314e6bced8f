import { bodyText, bucketFor, OWNER, owned } from './bucket-operations.ts';
import type { ObjectDocument } from './document.ts';
import { pageOf } from './listing.ts';
import type { Call, S3Answer, S3Context, S3Request } from './request.ts';
import { invalidArgument, malformedXml } from './s3-error.ts';
import { children, exactTextOf, parseXml, textOf, type Xml, xmlDocument } from './xml.ts';

const MAX_KEYS = 1_000;

/** The operations on a bucket's contents as a whole; undefined where the request is none of them. */
export function listOperation(request: S3Request, bucket: string, context: S3Context): Call | undefined {
  const { method, query } = request;
  if (method === 'POST' && query.has('delete'))
    return owned(request, 'DeleteObjects', () => deleteObjects(request, bucket, context));
  if (method !== 'GET') return undefined;
  const described = async (root: string, content: { readonly [name: string]: Xml } | string) => {
    await context.store.needBucket(bucket);
    return { status: 200, body: xmlDocument(root, content) };
  };
  if (query.has('location')) {
    return owned(request, 'GetBucketLocation', async () => {
      const { region } = await context.store.needBucket(bucket);
      // The oldest region has no name here.
      return { status: 200, body: xmlDocument('LocationConstraint', region === 'us-east-1' ? '' : region) };
    });
  }
  if (query.has('versioning'))
    return owned(request, 'GetBucketVersioning', () => described('VersioningConfiguration', ''));
  if (query.has('acl')) return owned(request, 'GetBucketAcl', () => described('AccessControlPolicy', ACL));
  const other = [...query.keys()].find((name) => !LISTING.has(name));
  if (other !== undefined) return undefined;
  return query.get('list-type') === '2'
    ? owned(request, 'ListObjectsV2', () => listObjects(request, bucket, context, V2))
    : owned(request, 'ListObjects', () => listObjects(request, bucket, context, V1));
}

/** What GetBucketAcl and GetObjectAcl say: there is one owner, who may do everything. */
export const ACL: { readonly [name: string]: Xml } = {
  Owner: OWNER,
  AccessControlList: {
    Grant: {
      Grantee: {
        '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
        '@xsi:type': 'CanonicalUser',
        ...OWNER,
      },
      Permission: 'FULL_CONTROL',
    },
  },
};

const LISTING = new Set([
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'marker',
  'start-after',
  'continuation-token',
  'encoding-type',
  'fetch-owner',
  'x-id',
]);

/** How the two versions of the operation tell where a page begins and where the next one does. */
interface Version {
  readonly after: (query: URLSearchParams) => string;
  readonly fields: (
    query: URLSearchParams,
    next: string | undefined,
    count: number,
    encoded: (text: string) => string,
  ) => { readonly [name: string]: Xml };
  readonly owners: (query: URLSearchParams) => boolean;
}

const V1: Version = {
  after: (query) => query.get('marker') ?? '',
  fields: (query, next, _count, encoded) => ({
    Marker: encoded(query.get('marker') ?? ''),
    ...(next !== undefined && { NextMarker: encoded(next) }),
  }),
  owners: () => true,
};

const V2: Version = {
  after: (query) => {
    const token = query.get('continuation-token');
    if (token === null) return query.get('start-after') ?? '';
    const after = Buffer.from(token, 'base64url').toString('utf8');
    if (after === '')
      throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
    return after;
  },
  fields: (query, next, count, encoded) => ({
    KeyCount: count,
    StartAfter: query.has('start-after') ? encoded(query.get('start-after') ?? '') : undefined,
    ContinuationToken: query.get('continuation-token') ?? undefined,
    NextContinuationToken: next === undefined ? undefined : Buffer.from(next).toString('base64url'),
  }),
  owners: (query) => query.get('fetch-owner') === 'true',
};

async function listObjects(
  request: S3Request,
  bucket: string,
  context: S3Context,
  version: Version,
): Promise<S3Answer> {
  const { query } = request;
  await bucketFor(request, bucket, context);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = version.after(query);
  const max = maxKeys(query.get('max-keys'));
  const page = await pageOf(context.store.objects(bucket, prefix, after), { prefix, delimiter, after, max });
  const encoded = query.get('encoding-type') === 'url' ? urlEncoded : (text: string) => text;
  const body = xmlDocument('ListBucketResult', {
    Name: bucket,
    Prefix: encoded(prefix),
    Delimiter: delimiter === '' ? undefined : encoded(delimiter),
    MaxKeys: max,
    EncodingType: query.get('encoding-type') ?? undefined,
    IsTruncated: page.next !== undefined,
    ...version.fields(query, page.next, page.objects.length + page.folders.length, encoded),
    Contents: page.objects.map((object) => contents(object, encoded, version.owners(query))),
    CommonPrefixes: page.folders.map((folder) => ({ Prefix: encoded(folder) })),
  });
  return { status: 200, body };
}

const contents = (object: ObjectDocument, encoded: (text: string) => string, owner: boolean): Xml => ({
  Key: encoded(object.key),
  LastModified: new Date(object.modifiedAt).toISOString(),
  ETag: `"${object.etag}"`,
  ChecksumAlgorithm: Object.keys(object.checksums)[0],
  Size: object.size,
  StorageClass: 'STANDARD',
  ...(owner && { Owner: OWNER }),
});

/** As a form's field, but with slashes as they are. */
export const urlEncoded = (text: string): string =>
  new URLSearchParams([['', text]]).toString().slice(1).replaceAll('%2F', '/');

export function maxKeys(text: string | null): number {
  if (text === null) return MAX_KEYS;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 2 ** 31 - 1)
    throw invalidArgument('max-keys', text, 'Provided max-keys not an integer or within integer range');
  return Math.min(MAX_KEYS, number);
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
async function deleteObjects(request: S3Request, bucket: string, context: S3Context): Promise<S3Answer> {
  await bucketFor(request, bucket, context);
  const root = parseXml(await bodyText(request), 'Delete');
  const objects = children(root, 'Object');
  if (objects.length === 0 || objects.length > 1000) throw malformedXml();
  const deleted: Xml[] = [];
  for (const object of objects) {
    const key = exactTextOf(object, 'Key');
    if (key === undefined || key === '') throw malformedXml();
    await context.store.write(bucket, key, (current) => (current === undefined ? 'same' : 'gone'));
    deleted.push({ Key: key });
  }
  const quiet = textOf(root, 'Quiet') === 'true';
  return { status: 200, body: xmlDocument('DeleteResult', quiet ? {} : { Deleted: deleted }) };
}
