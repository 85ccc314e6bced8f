import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestCloud, testCloud } from '../../../../test/support/local-cloud.ts';
import { ACCOUNT } from '../../src/geography.ts';
import { checkAmzFields, checkAmzHeaders } from '../../src/s3/amz-headers.ts';

const Bucket = 'headers';
const OTHER = '123456789012';
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await testCloud();
  await cloud.s3.send(new CreateBucketCommand({ Bucket }));
  await cloud.s3.send(new PutObjectCommand({ Bucket, Key: 'there', Body: 'there' }));
});
afterAll(async () => await cloud[Symbol.asyncDispose]());

const refused = (name: string) => ({
  name: 'NotImplemented',
  message: expect.stringContaining(`The local cloud's S3 has no header ${name}`),
});

test.each<[string, Partial<PutObjectCommandInput>]>([
  ['x-amz-server-side-encryption: aws:kms', { ServerSideEncryption: 'aws:kms' }],
  ['x-amz-server-side-encryption-aws-kms-key-id', { SSEKMSKeyId: 'alias/shop' }],
  ['x-amz-server-side-encryption-bucket-key-enabled', { BucketKeyEnabled: true }],
  ['x-amz-storage-class: GLACIER', { StorageClass: 'GLACIER' }],
  ['x-amz-tagging', { Tagging: 'a=b' }],
  ['x-amz-object-lock-mode', { ObjectLockMode: 'COMPLIANCE' }],
  ['x-amz-object-lock-legal-hold', { ObjectLockLegalHoldStatus: 'ON' }],
  ['x-amz-website-redirect-location', { WebsiteRedirectLocation: '/b' }],
  ['x-amz-request-payer', { RequestPayer: 'requester' }],
  ['x-amz-acl: authenticated-read', { ACL: 'authenticated-read' }],
  ['x-amz-acl: public-read-write', { ACL: 'public-read-write' }],
  ['x-amz-grant-read', { GrantRead: 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' }],
  ['x-amz-write-offset-bytes', { WriteOffsetBytes: 5 }],
])('a write with %s is refused by name, and writes nothing', async (name, more) => {
  const put = new PutObjectCommand({ Bucket, Key: 'refused', Body: 'x', ...more });
  await expect(cloud.s3.send(put)).rejects.toMatchObject(refused(name));
  await expect(cloud.s3.send(new HeadObjectCommand({ Bucket, Key: 'refused' }))).rejects.toMatchObject({
    name: 'NotFound',
  });
});

test('so is the same with reads, copies, uploads in parts and buckets', async () => {
  const at = { Bucket, Key: 'there' };
  await expect(
    cloud.s3.send(new GetObjectCommand({ ...at, RequestPayer: 'requester' })),
  ).rejects.toMatchObject(refused('x-amz-request-payer'));
  const copy = { Bucket, Key: 'copy', CopySource: `${Bucket}/there` };
  await expect(
    cloud.s3.send(new CopyObjectCommand({ ...copy, TaggingDirective: 'REPLACE' })),
  ).rejects.toMatchObject(refused('x-amz-tagging-directive'));
  await expect(
    cloud.s3.send(new CreateMultipartUploadCommand({ ...at, StorageClass: 'STANDARD_IA' })),
  ).rejects.toMatchObject(refused('x-amz-storage-class: STANDARD_IA'));
  await expect(
    cloud.s3.send(new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true })),
  ).rejects.toMatchObject(refused('x-amz-bucket-object-lock-enabled'));
});

test('what the local S3 does anyway is taken', async () => {
  const usual = {
    ACL: 'bucket-owner-full-control',
    StorageClass: 'STANDARD',
    ServerSideEncryption: 'AES256',
    ExpectedBucketOwner: ACCOUNT,
    Metadata: { constructor: 'x' },
  } as const;
  await cloud.s3.send(new PutObjectCommand({ Bucket, Key: 'usual', Body: 'x', ...usual }));
  const { Metadata } = await cloud.s3.send(new HeadObjectCommand({ Bucket, Key: 'usual' }));
  expect(Metadata).toEqual({ constructor: 'x' });
});

test('a bucket of another account is expected in vain', async () => {
  const put = { Bucket, Key: 'other', Body: 'x', ExpectedBucketOwner: OTHER };
  await expect(cloud.s3.send(new PutObjectCommand(put))).rejects.toMatchObject({ name: 'AccessDenied' });
  const copy = { Bucket, Key: 'copy', CopySource: `${Bucket}/there`, ExpectedSourceBucketOwner: OTHER };
  await expect(cloud.s3.send(new CopyObjectCommand(copy))).rejects.toMatchObject({ name: 'AccessDenied' });
});

test.each([
  [
    'a customer’s key, which needs TLS',
    () => checkAmzHeaders({ 'x-amz-server-side-encryption-customer-key': 'a2V5' }, new URLSearchParams()),
  ],
  ['a presigned query', () => checkAmzHeaders({}, new URLSearchParams({ 'X-Amz-Tagging': 'a=b' }))],
  [
    'a presigned query with an ACL',
    () => checkAmzHeaders({}, new URLSearchParams({ 'x-amz-acl': 'private' })),
  ],
  ['a form', () => checkAmzFields({ 'x-amz-storage-class': 'GLACIER' })],
  ['a form with an ACL', () => checkAmzFields({ acl: 'public-read-write' })],
  ['a form with a checksum', () => checkAmzFields({ 'x-amz-checksum-sha256': 'x' })],
  [
    'a header named like a prototype',
    () => checkAmzHeaders({ 'x-amz-constructor': 'x' }, new URLSearchParams()),
  ],
])('%s is judged the same way', (_, judge) => {
  expect(judge).toThrow(expect.objectContaining({ code: 'NotImplemented' }));
});
