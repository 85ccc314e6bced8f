import type {
  AbortMultipartUploadCommandOutput as AbortOutput,
  CompleteMultipartUploadCommandOutput as CompleteOutput,
  CreateMultipartUploadCommandOutput as CreateOutput,
  GetObjectCommandOutput as GetOutput,
  HeadObjectCommandOutput,
  ListObjectsV2CommandInput as ListInput,
  ListObjectsV2CommandOutput as ListOutput,
  ListPartsCommandInput as PartsInput,
  ListPartsCommandOutput as PartsOutput,
  PutObjectCommandOutput as PutOutput,
  S3Client,
  ListMultipartUploadsCommandInput as UploadsInput,
  ListMultipartUploadsCommandOutput as UploadsOutput,
} from '@aws-sdk/client-s3';
import { AwsError } from '../errors.ts';
import { type Answers, read, write } from './answers.ts';
import { IN_PLACE_OF_RETRIES } from './clients.ts';
import type { Deadlines } from './deadlines.ts';
import type { AwsTarget } from './ports.ts';
import { type ConnectOptions, endpointFromEnv, openSession, type Service, type Session } from './session.ts';

type Sdk = typeof import('./s3-sdk.ts');

/** A connection to S3; the SDK is loaded at its first request. */
export type S3Session = Session<S3Client, Sdk, S3Operation>;

const DEADLINES: Deadlines = { answerMs: 30_000, stallMs: 30_000, totalMs: 60_000 };

/** Where an object lies, and who must own the bucket: S3 refuses the request where it is somebody else's. */
export interface Place {
  readonly Bucket: string;
  readonly Key: string;
  /** AWS account id. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html */
  readonly ExpectedBucketOwner?: string;
}

/** Opens a session for requests about one bucket. */
export function openS3(target: AwsTarget, bucket: string, options: ConnectOptions): S3Session {
  const service: Service<S3Client, Sdk, S3Operation> = {
    name: 'S3',
    answers: S3_ANSWERS,
    deadlines: DEADLINES,
    bucket,
    open: async (config) => {
      const sdk = await import('./s3-sdk.ts');
      const client = new sdk.S3Client({
        ...config,
        // Other vendors' endpoints seldom have a name for every bucket.
        forcePathStyle: customEndpoint(target) !== undefined,
        // Checksums are given where they mean something; else a presigned URL would hold one of an empty body.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      });
      client.middlewareStack.add((next) => (args) => next(args), IN_PLACE_OF_RETRIES);
      client.middlewareStack.add((next) => (args) => next(withPayloadHash(args)), {
        step: 'build',
        priority: 'low',
      });
      return { client, sdk };
    },
  };
  return openSession(service, target, options);
}

/** The SHA-256 that S3 verifies is the hash that the signature covers: once is enough for a large part. */
function withPayloadHash<T extends { readonly request: unknown }>(args: T): T {
  const { headers } = args.request as { headers: Record<string, string> };
  const checksum = headers['x-amz-checksum-sha256'];
  if (checksum !== undefined)
    headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex');
  return args;
}

/** The endpoint in use where it isn't AWS's own, without a slash at its end. */
export const customEndpoint = (target: AwsTarget): string | undefined =>
  (target.endpoint ?? endpointFromEnv('S3', process.env))?.replace(/\/+$/, '');

const codeOf = (error: unknown): string | undefined => (error instanceof AwsError ? error.code : undefined);

/** S3 has no such object. HEAD has no body to name a code in, so that the SDK calls it NotFound. */
export const isMissing = (error: unknown): boolean => ['NoSuchKey', 'NotFound'].includes(codeOf(error) ?? '');

/**
 * A condition of a write didn't hold: 412. The 409 of a write that met another one has told nothing yet; it is tried again.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export const isConflict = (error: unknown): boolean => codeOf(error) === 'PreconditionFailed';

/** What S3 tells of an object without its bytes; undefined where there is none. */
export async function headOf(session: S3Session, place: Place): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await session.call('HeadObject', (client, sdk) =>
      client.send(new sdk.HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' })),
    );
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The upload was ended meanwhile. */
export const isNoUpload = (error: unknown): boolean => codeOf(error) === 'NoSuchUpload';

type S3Operation =
  | 'AbortMultipartUpload'
  | 'CompleteMultipartUpload'
  | 'CreateMultipartUpload'
  | 'GetObject'
  | 'HeadObject'
  | 'ListMultipartUploads'
  | 'ListObjectsV2'
  | 'ListParts'
  | 'PutObject'
  | 'UploadPart';

const etag = ({ ETag }: { readonly ETag?: string | undefined }): string | undefined =>
  ETag ? undefined : 'it has no ETag';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
const S3_ANSWERS: Answers<S3Operation> = {
  AbortMultipartUpload: write((_output: AbortOutput, _input, { status }) =>
    status === 204 ? undefined : 'it is not 204 No Content',
  ),
  // S3 may take minutes, and sends white space meanwhile.
  CompleteMultipartUpload: write((output: CompleteOutput) => etag(output), { totalMs: 600_000 }),
  CreateMultipartUpload: write((output: CreateOutput) =>
    output.UploadId ? undefined : 'it has no upload id',
  ),
  GetObject: read((output: GetOutput) => etag(output), { streamed: true }),
  HeadObject: read((output: HeadObjectCommandOutput) => etag(output)),
  ListMultipartUploads: read((output: UploadsOutput, input: UploadsInput) =>
    output.Bucket === input.Bucket ? undefined : 'it lists no uploads of this bucket',
  ),
  ListObjectsV2: read((output: ListOutput, input: ListInput) =>
    output.Name === input.Bucket ? undefined : 'it lists no objects of this bucket',
  ),
  ListParts: read((output: PartsOutput, input: PartsInput) =>
    output.UploadId === input.UploadId ? undefined : 'it lists no parts of this upload',
  ),
  PutObject: write((output: PutOutput) => etag(output)),
  UploadPart: write((output: PutOutput) => etag(output)),
};
