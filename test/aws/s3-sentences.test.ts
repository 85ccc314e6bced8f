import { describe, expect, test } from '@jest/globals';
import type { CallContext } from '../../src/aws/sentence.ts';
import { awsError } from '../../src/aws/sentences.ts';

const CONTEXT: CallContext = {
  service: 'S3',
  bucket: 'shop-rolecall',
  operation: 'PutObject',
  writes: false,
  region: 'eu-west-1',
  address: 's3.eu-west-1.amazonaws.com',
  local: false,
};

const answered = (code: string, status: number, more: object = {}) =>
  Object.assign(new Error('No.'), {
    name: code,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
    ...more,
  });

const of = (thrown: unknown, context: Partial<CallContext> = {}) =>
  awsError(thrown, { ...CONTEXT, ...context });

describe('what S3 refuses, in words', () => {
  test.each([
    [
      'NoSuchBucket',
      404,
      'there is no bucket shop-rolecall (NoSuchBucket): No',
      /check `bucket` .* aws s3 mb/,
      'invalid',
    ],
    ['AccessDenied', 403, /may not do PutObject in the bucket shop-rolecall/, /docs\/aws\.md/, 'permission'],
    ['SlowDown', 503, /S3 kept throttling PutObject/, /wait a minute/, 'throttle'],
    ['EntityTooLarge', 400, /S3 refused PutObject/, /ErrorResponses/, 'invalid'],
    ['RequestTimeTooSkewed', 403, /doesn't accept this computer's time/, /set the clock/, 'credentials'],
    ['SignatureDoesNotMatch', 403, /doesn't accept these credentials/, /access key/, 'credentials'],
    ['InvalidToken', 400, /doesn't accept these credentials/, /access key/, 'credentials'],
    ['ExpiredToken', 400, /have expired/, /sign in again/, 'credentials'],
    ['InternalError', 500, /error of its own at PutObject/, /run the same command again/, 'server'],
    ['BadDigest', 400, /broke or fell silent during PutObject/, /nothing is written twice/, 'endpoint'],
  ] as const)('%s', (code, status, message, hint, kind) => {
    const error = of(answered(code, status));
    expect(error).toMatchObject({ code, kind });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test('a bucket in another region: where it is, as far as S3 tells', () => {
    const headers = { 'x-amz-bucket-region': 'us-east-1' };
    const redirected = of(answered('PermanentRedirect', 301, { $response: { headers } }));
    expect(redirected.message).toBe(
      'the bucket shop-rolecall is in us-east-1, not in eu-west-1 (PermanentRedirect): No',
    );
    expect(redirected.hint).toMatch(/--region us-east-1/);
    const malformed = of(answered('AuthorizationHeaderMalformed', 400, { Region: 'us-east-2' }));
    expect(malformed.message).toMatch(/^the bucket shop-rolecall is in us-east-2, not in eu-west-1/);
    expect(of(answered('301', 301)).message).toMatch(/is in another region, not in eu-west-1/);
  });

  test('in the local cloud a missing bucket is made with its own keys', () => {
    expect(of(answered('NoSuchBucket', 404), { local: true }).hint).toMatch(/rolecall local env/);
  });
});
