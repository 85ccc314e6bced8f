import { OTHER_REGION } from './classify.ts';
import type { Failure } from './failure.ts';
import { type CallContext, type Sentence, saidBy } from './sentence.ts';

/**
 * What S3's own failures mean for somebody who uses rolecall; undefined where they mean the same for every service.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
export function s3Sentence(failure: Failure, context: CallContext): Sentence | undefined {
  const { service, operation, bucket = 'the bucket', region, local } = context;
  if (service !== 'S3') return undefined;
  const said = saidBy(failure);
  if (failure.code === 'NoSuchBucket') {
    return {
      message: `there is no bucket ${bucket} ${said}`,
      hint: local
        ? `make it: rolecall local env, then aws s3 mb s3://${bucket}`
        : `check \`bucket\` in the catalogue, or make it: aws s3 mb s3://${bucket} --region ${region}`,
    };
  }
  if (OTHER_REGION.has(failure.code ?? '') || failure.status === 301) {
    const where = failure.bucketRegion ?? 'another region';
    return {
      message: `the bucket ${bucket} is in ${where}, not in ${region} ${said}`,
      hint: `give a bucket in ${region}, the catalogue's region, or --region ${failure.bucketRegion ?? "with the bucket's"}`,
    };
  }
  switch (failure.kind) {
    case 'permission':
      return {
        message: `these credentials may not do ${operation} in the bucket ${bucket} ${said}`,
        hint: 'give them the policy for S3 in docs/aws.md; check the policy of the bucket, and bucket_owner in the catalogue',
      };
    case 'invalid':
    case 'refused':
    case 'not-found':
      return {
        message: `S3 refused ${operation} in the bucket ${bucket} ${said}`,
        hint: 'the code is explained at https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html',
      };
    case 'throttle':
      return {
        message: `S3 kept throttling ${operation} ${said}`,
        hint: 'wait a minute and run the same command again',
      };
    default:
      return undefined;
  }
}
