import { createHash, randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestCloud, testCloud } from '../../../../test/support/local-cloud.ts';

const Bucket = 'shop-rolecall';
const MIB = 1024 * 1024;
let cloud: TestCloud;
let s3: S3Client;

beforeAll(async () => {
  cloud = await testCloud();
  s3 = cloud.s3;
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => await cloud[Symbol.asyncDispose]());

const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB + 1), randomBytes(17)];
const whole = Buffer.concat(parts);
const md5 = (body: Buffer) => createHash('md5').update(body).digest();

const begin = async (Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) =>
  (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? '';

const upload = async (
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
): Promise<CompletedPart> => {
  const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
  return { PartNumber, ETag };
};
const uploadAll = (Key: string, id: string) =>
  Promise.all(parts.map((body, index) => upload(Key, id, index + 1, body)));
const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
const bytes = async (Key: string) =>
  Buffer.from(
    (await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToByteArray()) ?? [],
  );

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'no refusal';
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return error.name;
  }
}

describe('an upload in parts', () => {
  test('becomes one object, with the ETag that S3 makes of its parts', async () => {
    const id = await begin('whole', { ContentType: 'x/y', Metadata: { a: '1' } });
    const { ETag } = await complete('whole', id, await uploadAll('whole', id));
    expect(ETag).toBe(`"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-3"`);
    expect((await bytes('whole')).equals(whole)).toBe(true);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'whole' }));
    expect(head).toMatchObject({
      ContentType: 'x/y',
      Metadata: { a: '1' },
      ContentLength: whole.length,
      ETag,
    });
    expect(await refused(complete('whole', id, [{ PartNumber: 1, ETag }]))).toBe('NoSuchUpload');
  });

  test('can not be seen before it is complete', async () => {
    const id = await begin('hidden');
    await uploadAll('hidden', id);
    expect(await refused(bytes('hidden'))).toBe('NoSuchKey');
  });

  test('takes the last of two parts with one number, and only the parts that are named', async () => {
    const id = await begin('again');
    await upload('again', id, 1, parts[1] as Buffer);
    const first = await upload('again', id, 1, parts[0] as Buffer);
    await upload('again', id, 2, parts[1] as Buffer);
    const last = await upload('again', id, 7, parts[2] as Buffer);
    await complete('again', id, [first, last]);
    expect((await bytes('again')).equals(Buffer.concat([parts[0] as Buffer, parts[2] as Buffer]))).toBe(true);
  });

  test('has a composite SHA-256 of its parts, where one is asked for', async () => {
    const id = await begin('summed', { ChecksumAlgorithm: 'SHA256' });
    const sent = await Promise.all(
      parts.map(async (Body, index) => {
        const input = { Bucket, Key: 'summed', UploadId: id, PartNumber: index + 1, Body };
        const answer = await s3.send(new UploadPartCommand({ ...input, ChecksumAlgorithm: 'SHA256' }));
        return { PartNumber: index + 1, ETag: answer.ETag, ChecksumSHA256: answer.ChecksumSHA256 };
      }),
    );
    await complete('summed', id, sent);
    const digests = parts.map((part) => createHash('sha256').update(part).digest());
    const composite = createHash('sha256').update(Buffer.concat(digests)).digest('base64');
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'summed', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ChecksumSHA256: `${composite}-3`, ChecksumType: 'COMPOSITE' });
  });

  test('has a checksum of the whole, where that is asked for', async () => {
    const id = await begin('full', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const sent = await uploadAll('full', id);
    expect(await refused(complete('full', id, sent, { ChecksumCRC32: 'AAAAAA==' }))).toBe('BadDigest');
    const { ChecksumCRC32 } = await complete('full', id, sent);
    const { ChecksumCRC32: single } = await s3.send(
      new PutObjectCommand({ Bucket, Key: 'single', Body: whole, ChecksumAlgorithm: 'CRC32' }),
    );
    expect(ChecksumCRC32).toBe(single);
  });

  test('is refused with its parts in disorder, wrong, missing, or too small', async () => {
    const id = await begin('bad');
    const [one, two, three] = await uploadAll('bad', id);
    if (one === undefined || two === undefined || three === undefined)
      throw new Error('three parts were sent');
    expect(await refused(complete('bad', id, [two, one]))).toBe('InvalidPartOrder');
    expect(await refused(complete('bad', id, [one, { ...two, ETag: one.ETag }]))).toBe('InvalidPart');
    expect(await refused(complete('bad', id, [one, { ...two, PartNumber: 9 }]))).toBe('InvalidPart');
    const small = await upload('bad', id, 4, parts[2] as Buffer);
    expect(await refused(complete('bad', id, [one, two, three, small]))).toBe('EntityTooSmall');
    expect(await refused(upload('bad', id, 10_001, parts[2] as Buffer))).toBe('InvalidArgument');
    // After every refusal it is as it was.
    await complete('bad', id, [one, two, three]);
    expect((await bytes('bad')).equals(whole)).toBe(true);
  });

  test('If-None-Match holds at its completion, and the upload stays', async () => {
    const id = await begin('taken');
    const sent = await uploadAll('taken', id);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'first' }));
    expect(await refused(complete('taken', id, sent, { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    expect((await bytes('taken')).toString()).toBe('first');
    const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket, Key: 'taken', UploadId: id }));
    expect(Parts).toHaveLength(3);
  });

  test('that is aborted is gone, with its parts', async () => {
    const id = await begin('aborted');
    await uploadAll('aborted', id);
    const where = { Bucket, Key: 'aborted', UploadId: id };
    await s3.send(new AbortMultipartUploadCommand(where));
    expect(await refused(s3.send(new ListPartsCommand(where)))).toBe('NoSuchUpload');
    expect(await refused(upload('aborted', id, 1, parts[2] as Buffer))).toBe('NoSuchUpload');
    expect(await refused(s3.send(new AbortMultipartUploadCommand(where)))).toBe('NoSuchUpload');
    const elsewhere = { ...where, UploadId: '../../../../etc' };
    expect(await refused(s3.send(new ListPartsCommand(elsewhere)))).toBe('NoSuchUpload');
  });

  test('is read to its end as it was, though it is replaced meanwhile', async () => {
    const id = await begin('replaced');
    const sent: CompletedPart[] = [];
    for (let number = 1; number <= 5; number += 1)
      sent.push(await upload('replaced', id, number, parts[0] as Buffer));
    await complete('replaced', id, sent);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'replaced' }));
    // The answer has begun, and waits for its reader.
    await s3.send(new PutObjectCommand({ Bucket, Key: 'replaced', Body: 'new' }));
    const read = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(read.equals(Buffer.concat(Array(5).fill(parts[0])))).toBe(true);
    expect((await bytes('replaced')).toString()).toBe('new');
  });

  test('one of two completions at once wins, and the object is whole', async () => {
    const id = await begin('twice');
    const sent = await uploadAll('twice', id);
    const answers = await Promise.all([1, 2, 3].map(() => refused(complete('twice', id, sent))));
    expect(answers.filter((answer) => answer === 'no refusal').length).toBeGreaterThan(0);
    expect((await bytes('twice')).equals(whole)).toBe(true);
  });
});

test('uploads and parts are listed, page by page', async () => {
  const ids = [await begin('list/a'), await begin('list/b'), await begin('list/b')];
  const first = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'list/', MaxUploads: 2 }));
  const next = await s3.send(
    new ListMultipartUploadsCommand({
      Bucket,
      Prefix: 'list/',
      KeyMarker: first.NextKeyMarker,
      UploadIdMarker: first.NextUploadIdMarker,
    }),
  );
  const all = [...(first.Uploads ?? []), ...(next.Uploads ?? [])];
  expect([first.IsTruncated, next.IsTruncated]).toEqual([true, false]);
  expect(all.map(({ Key }) => Key)).toEqual(['list/a', 'list/b', 'list/b']);
  expect(new Set(all.map(({ UploadId }) => UploadId))).toEqual(new Set(ids));
  const where = { Bucket, Key: 'list/a', UploadId: ids[0] };
  for (const number of [3, 1, 2]) await upload('list/a', ids[0] ?? '', number, parts[2] as Buffer);
  const page = await s3.send(new ListPartsCommand({ ...where, MaxParts: 2 }));
  expect(page).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
  const rest = await s3.send(new ListPartsCommand({ ...where, PartNumberMarker: page.NextPartNumberMarker }));
  const numbers = [...(page.Parts ?? []), ...(rest.Parts ?? [])].map(({ PartNumber }) => PartNumber);
  expect(numbers).toEqual([1, 2, 3]);
});

test('a part can be copied out of an object', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: whole }));
  const id = await begin('to');
  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({
      Bucket,
      Key: 'to',
      UploadId: id,
      PartNumber: 1,
      CopySource: `${Bucket}/from`,
      CopySourceRange: 'bytes=10-99',
    }),
  );
  await complete('to', id, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
  expect((await bytes('to')).equals(whole.subarray(10, 100))).toBe(true);
});
