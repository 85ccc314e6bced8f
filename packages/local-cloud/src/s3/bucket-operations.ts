import { createHash } from 'node:crypto';
import type { Call, S3Answer, S3Context, S3Request } from './request.ts';
import { hashMismatch, S3Error } from './s3-error.ts';
import { parseXml, textOf, xmlDocument } from './xml.ts';

/** Whose buckets they are. */
export const OWNER = { ID: 'rolecall-local', DisplayName: 'rolecall-local' };

/** Bytes; a list of 1,000 keys of 1,024 bytes, or of 10,000 parts with their checksums, has more than one MiB. */
const MAX_XML = 2 * 1024 * 1024;

/** The operations on buckets themselves; undefined where the request is none of them. */
export function bucketOperation(request: S3Request, context: S3Context): Call {
  const { method, bucket, query } = request;
  if (bucket === undefined) {
    if (method === 'GET') return owned(request, 'ListBuckets', () => listBuckets(context));
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }
  switch (method) {
    case 'PUT':
      if (query.size === 0)
        return owned(request, 'CreateBucket', () => createBucket(request, bucket, context));
      break;
    case 'DELETE':
      if (query.size === 0)
        return owned(request, 'DeleteBucket', () => deleteBucket(request, bucket, context));
      break;
    case 'HEAD':
      return owned(request, 'HeadBucket', async () => {
        const { region } = await bucketFor(request, bucket, context);
        return { status: 200, headers: { 'x-amz-bucket-region': region } };
      });
  }
  const [resource = ''] = query.keys();
  throw new S3Error(
    'NotImplemented',
    `The local cloud's S3 has no ${method} of a bucket's ${resource || 'content'}.`,
  );
}

/** An operation that only the cloud's own keys may do. */
export const owned = (request: S3Request, name: string, run: () => Promise<S3Answer>): Call => ({
  name,
  run: async () => {
    if (request.principal === 'anonymous') throw accessDenied();
    return await run();
  },
});

export const accessDenied = (): S3Error => new S3Error('AccessDenied', 'Access Denied');

/**
 * The bucket of a request, which must be signed for the bucket's region.
 * @throws S3Error NoSuchBucket; PermanentRedirect with the region that it is in
 */
export async function bucketFor({ region }: S3Request, name: string, { store }: S3Context) {
  const bucket = await store.needBucket(name);
  if (region === undefined || region === bucket.region) return bucket;
  throw new S3Error(
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
    { fields: { Region: bucket.region }, headers: { 'x-amz-bucket-region': bucket.region } },
  );
}

async function listBuckets({ store }: S3Context): Promise<S3Answer> {
  const Bucket = (await store.buckets()).map(({ name, region, createdAt }) => ({
    Name: name,
    CreationDate: new Date(createdAt).toISOString(),
    BucketRegion: region,
  }));
  return { status: 200, body: xmlDocument('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket } }) };
}

async function createBucket(request: S3Request, name: string, { store }: S3Context): Promise<S3Answer> {
  if (!isBucketName(name))
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', {
      fields: { BucketName: name },
    });
  const text = (await bodyText(request)).trim();
  const constraint =
    text === '' ? undefined : textOf(parseXml(text, 'CreateBucketConfiguration'), 'LocationConstraint');
  const signed = request.region ?? 'us-east-1';
  const region = constraint || signed;
  if (region !== signed && signed !== 'us-east-1')
    throw new S3Error(
      'IllegalLocationConstraintException',
      `The ${region} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  const bucket = { name, region, publicRead: isPublic(request), createdAt: store.now() };
  if (!(await store.createBucket(bucket)))
    throw new S3Error(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { fields: { BucketName: name } },
    );
  return { status: 200, headers: { location: `/${name}`, 'content-length': 0 } };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const isBucketName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
  !/\.\.|^\d+\.\d+\.\d+\.\d+$|^xn--|^sthree-|-s3alias$|--ol-s3$/.test(name);

/** The one canned ACL that means something here. */
export const isPublic = ({ headers }: Pick<S3Request, 'headers'>): boolean =>
  /^public-read/.test(String(headers['x-amz-acl'] ?? ''));

async function deleteBucket(request: S3Request, name: string, context: S3Context): Promise<S3Answer> {
  await bucketFor(request, name, context);
  if (!(await context.store.deleteBucket(name)))
    throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty', {
      fields: { BucketName: name },
    });
  return { status: 204 };
}

/** A request's XML, as text. @throws S3Error */
export async function bodyText({ body, signedSha256 }: S3Request): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_XML) throw new S3Error('MaxMessageLengthExceeded', 'Your request was too big.');
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (signedSha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== signedSha256)
    throw hashMismatch(signedSha256);
  return bytes.toString('utf8');
}
