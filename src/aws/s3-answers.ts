import type {
  AbortMultipartUploadCommandOutput as AbortOutput,
  CompleteMultipartUploadCommandOutput as CompleteOutput,
  CreateMultipartUploadCommandOutput as CreateOutput,
  GetObjectCommandOutput as GetOutput,
  HeadObjectCommandOutput as HeadOutput,
  ListObjectsV2CommandInput as ListInput,
  ListObjectsV2CommandOutput as ListOutput,
  ListPartsCommandInput as PartsInput,
  ListPartsCommandOutput as PartsOutput,
  PutObjectCommandOutput as PutOutput,
  ListMultipartUploadsCommandInput as UploadsInput,
  ListMultipartUploadsCommandOutput as UploadsOutput,
} from '@aws-sdk/client-s3';
import { type Answers, read, write } from './answers.ts';

export type S3Operation =
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
export const S3_ANSWERS: Answers<S3Operation> = {
  AbortMultipartUpload: write((_output: AbortOutput, _input, { status }) =>
    status === 204 ? undefined : 'it is not 204 No Content',
  ),
  // S3 may take minutes, and sends white space meanwhile.
  CompleteMultipartUpload: write((output: CompleteOutput) => etag(output), { totalMs: 600_000 }),
  CreateMultipartUpload: write((output: CreateOutput) =>
    output.UploadId ? undefined : 'it has no upload id',
  ),
  GetObject: read((output: GetOutput) => etag(output), { streamed: true }),
  HeadObject: read((output: HeadOutput) => etag(output)),
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
