import { createHash } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { readBytes, readText, storedDigest } from './objects.ts';
import type { AwsTarget, Bucket, ObjectFacts } from './ports.ts';
import { presignForms, presignGet } from './presign.ts';
import {
  customEndpoint,
  headOf,
  isConflict,
  isMissing,
  openS3,
  type Place,
  type S3Session,
} from './s3-session.ts';
import { type ConnectOptions, impatient } from './session.ts';
import { uploader } from './upload.ts';

/** Which bucket, and the prefix of every key: empty, or ending in a slash. */
export interface BucketName {
  readonly bucket: string;
  readonly prefix: string;
  /** AWS account that must own the bucket; absent: anybody's will do. */
  readonly owner?: string | undefined;
}

/**
 * The Bucket port over the AWS SDK, which is loaded at the first request. Trouble that passes is waited out, but for a
 * `polling` one, whose caller asks again anyway.
 */
export function connectBucket(
  target: AwsTarget,
  { bucket, prefix, owner }: BucketName,
  { polling = false, ...options }: ConnectOptions & { readonly polling?: boolean } = {},
): Bucket {
  const open = openS3(target, bucket, options);
  const session = polling ? impatient(open) : open;
  const clock = options.clock ?? systemClock;
  const owned = owner === undefined ? {} : { ExpectedBucketOwner: owner };
  const at = (key: string): Place => ({ Bucket: bucket, Key: prefix + key, ...owned });
  const locate = (key: string) => `s3://${bucket}/${prefix}${key}`;
  return {
    name: bucket,
    prefix,
    region: target.region,
    endpoint: customEndpoint(target),
    locate,
    readText: (key) => orMissing(() => readText(session, at(key), locate(key))),
    createText: async (key, text) => {
      if ((await putText(session, at(key), text, { IfNoneMatch: '*' })) !== undefined) return true;
      // The answer to an earlier attempt may have been lost: then what lies there is ours.
      return (await orMissing(() => readText(session, at(key), locate(key))))?.text === text;
    },
    replaceText: (key, text, etag) => putText(session, at(key), text, { IfMatch: etag }),
    head: async (key) => {
      const head = await headOf(session, at(key));
      return (
        head && {
          key,
          size: head.ContentLength ?? 0,
          etag: head.ETag ?? '',
          modifiedAt: head.LastModified?.getTime() ?? 0,
          sha256: storedDigest(head),
        }
      );
    },
    read: (key) => orMissing(() => readBytes(session, at(key))),
    list: async (below) => (await listAll(session, at(below), prefix)).objects,
    folders: async (below) => (await listAll(session, at(below), prefix + below, '/')).folders,
    upload: uploader(session, at),
    presignGet: (key, seconds) => presignGet(session, { Bucket: bucket, Key: prefix + key }, seconds, clock),
    presignForms: (requests, seconds) => presignForms(session, { bucket, prefix }, requests, seconds, clock),
    plainUrl: (key) => plainUrl(customEndpoint(target), target.region, bucket, prefix + key),
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
function plainUrl(endpoint: string | undefined, region: string, bucket: string, key: string): string {
  const path = key.split('/').map(encodeURIComponent).join('/');
  if (endpoint !== undefined) return `${endpoint}/${bucket}/${path}`;
  const domain = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  // A certificate for *.s3 doesn't hold for a name with more dots.
  return bucket.includes('.') ? `https://${domain}/${bucket}/${path}` : `https://${bucket}.${domain}/${path}`;
}

async function orMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** @returns the ETag that it has now; undefined where the condition didn't hold */
async function putText(
  session: S3Session,
  place: Place,
  text: string,
  condition: { readonly IfMatch: string } | { readonly IfNoneMatch: '*' },
): Promise<string | undefined> {
  const Body = Buffer.from(text);
  const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
  const ContentType = place.Key.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8';
  try {
    const { ETag } = await session.call('PutObject', (client, sdk) =>
      client.send(new sdk.PutObjectCommand({ ...place, Body, ContentType, ChecksumSHA256, ...condition })),
    );
    return ETag ?? '';
  } catch (error) {
    // An object that is gone doesn't match either.
    if (isConflict(error) || isMissing(error)) return undefined;
    throw error;
  }
}

/** Every page of what lies below a key; keys and folders without `strip` at their beginning. */
async function listAll(
  session: S3Session,
  { Key: below, ...bucket }: Place,
  strip: string,
  delimiter?: string,
): Promise<{ readonly objects: ObjectFacts[]; readonly folders: string[] }> {
  const objects: ObjectFacts[] = [];
  const folders: string[] = [];
  let next: string | undefined;
  do {
    const page = await session.call('ListObjectsV2', (client, sdk) =>
      client.send(
        new sdk.ListObjectsV2Command({
          ...bucket,
          Prefix: below,
          Delimiter: delimiter,
          ContinuationToken: next,
        }),
      ),
    );
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
      objects.push({ key: Key.slice(strip.length), size: Size, modifiedAt: LastModified?.getTime() ?? 0 });
    for (const { Prefix = '' } of page.CommonPrefixes ?? [])
      folders.push(Prefix.slice(strip.length).replace(/\/$/, ''));
    next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (next !== undefined);
  return { objects, folders };
}
