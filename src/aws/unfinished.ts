import { AwsError } from '../errors.ts';
import type { UploadOptions } from './ports.ts';
import { isNoUpload, type Place, type S3Session } from './s3-session.ts';

/** One upload in parts, as S3 knows it. */
export interface Upload extends Place {
  readonly UploadId: string;
}

/** A part that S3 has; the checksum is base64. */
export interface Part {
  readonly PartNumber: number;
  readonly ETag: string;
  readonly ChecksumSHA256: string;
}

/** With its size in bytes. */
export type KnownPart = Part & { readonly Size: number };
export type KnownParts = ReadonlyMap<number, KnownPart>;

/** An upload, and the parts of it that S3 has. */
interface Begun {
  readonly upload: Upload;
  readonly parts: KnownParts;
}

export async function createUpload(
  session: S3Session,
  place: Place,
  { contentType }: UploadOptions,
): Promise<Upload> {
  return await session.call('CreateMultipartUpload', async (client, sdk) => {
    const command = new sdk.CreateMultipartUploadCommand({
      ...place,
      ContentType: contentType,
      ChecksumAlgorithm: 'SHA256',
    });
    const { UploadId = '' } = await client.send(command);
    return { ...place, UploadId };
  });
}

/**
 * The newest unfinished upload of this very key, with its parts. Two that go on with it at once do no harm: S3 completes
 * only the parts whose ETags it is given. Who may not list uploads begins anew.
 */
export async function findUnfinished(session: S3Session, place: Place): Promise<Begun | undefined> {
  const { Key: key, ...bucket } = place;
  try {
    const { Uploads = [] } = await session.call('ListMultipartUploads', (client, sdk) =>
      client.send(new sdk.ListMultipartUploadsCommand({ ...bucket, Prefix: key })),
    );
    const ours = Uploads.filter(
      ({ Key, ChecksumAlgorithm }) => Key === key && ChecksumAlgorithm === 'SHA256',
    );
    const times = (one: (typeof ours)[number]) => one.Initiated?.getTime() ?? 0;
    const [newest] = ours.sort((one, other) => times(other) - times(one));
    if (newest?.UploadId === undefined) return undefined;
    const upload = { ...place, UploadId: newest.UploadId };
    return { upload, parts: await partsOf(session, upload) };
  } catch (error) {
    if (isNoUpload(error) || (error instanceof AwsError && error.kind === 'permission')) return undefined;
    throw error;
  }
}

async function partsOf(session: S3Session, upload: Upload): Promise<KnownParts> {
  const parts = new Map<number, KnownPart>();
  let marker: string | undefined;
  do {
    const page = await session.call('ListParts', (client, sdk) =>
      client.send(new sdk.ListPartsCommand({ ...upload, PartNumberMarker: marker })),
    );
    for (const { PartNumber = 0, ETag = '', ChecksumSHA256 = '', Size = 0 } of page.Parts ?? [])
      parts.set(PartNumber, { PartNumber, ETag, ChecksumSHA256, Size });
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
}

/** Gives up an upload; what can't be given up is left to the bucket's lifecycle rules. */
export async function abort(session: S3Session, upload: Upload): Promise<void> {
  await session
    .call('AbortMultipartUpload', (client, sdk) => client.send(new sdk.AbortMultipartUploadCommand(upload)))
    .catch(() => undefined);
}
