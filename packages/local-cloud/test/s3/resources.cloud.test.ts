import {
  CreateBucketCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectTaggingCommand,
  ListObjectsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestCloud, testCloud } from '../../../../test/support/local-cloud.ts';

const Bucket = 'resources';
let cloud: TestCloud;
let s3: S3Client;

beforeAll(async () => {
  cloud = await testCloud();
  s3 = cloud.s3Client({ region: 'eu-west-1' });
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ['a', 'b/1', 'b/2', 'c ü'])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
});
afterAll(async () => await cloud[Symbol.asyncDispose]());

test('a bucket tells its region, whoever asks from where', async () => {
  expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe('eu-west-1');
  expect((await cloud.s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe(
    'eu-west-1',
  );
});

test('there are no versions, and one owner who may do everything', async () => {
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
  const full = [{ Permission: 'FULL_CONTROL', Grantee: expect.objectContaining({ ID: 'rolecall-local' }) }];
  expect((await s3.send(new GetBucketAclCommand({ Bucket }))).Grants).toEqual(full);
  expect((await s3.send(new GetObjectAclCommand({ Bucket, Key: 'a' }))).Grants).toEqual(full);
});

test('the older listing pages by markers', async () => {
  const first = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 2, Delimiter: '/' }));
  expect(first.Contents?.map(({ Key }) => Key)).toEqual(['a']);
  expect(first.CommonPrefixes).toEqual([{ Prefix: 'b/' }]);
  expect(first).toMatchObject({ IsTruncated: true, NextMarker: 'b/' });
  const rest = await s3.send(
    new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: first.NextMarker, EncodingType: 'url' }),
  );
  expect(rest.Contents?.map(({ Key }) => Key)).toEqual(['c+%C3%BC']);
});

test.each([
  ['a bucket', () => s3.send(new GetBucketTaggingCommand({ Bucket })), /tagging/],
  ['an object', () => s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'a' })), /tagging/],
])('what S3 has and this has not is refused by name: tags of %s', async (_name, ask, message) => {
  await expect(ask()).rejects.toMatchObject({
    name: 'NotImplemented',
    message: expect.stringMatching(message),
  });
});
