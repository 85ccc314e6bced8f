import type { IncomingHttpHeaders } from 'node:http';
import type { Blobs } from './blobs.ts';
import type { ObjectDocument, Segment } from './document.ts';
import { S3Error } from './s3-error.ts';

/** Object keys have at most so many bytes of UTF-8. */
const MAX_KEY = 1_024;
/** Headers of a PUT that S3 keeps and gives back. */
const KEPT = new Set([
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
]);
/** Bytes of all names and values of x-amz-meta-. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA = 2_048;

/** Files that one reader holds open at most: an object of more parts can break off where it is replaced meanwhile. */
const HELD = 1_000;
/** Bytes read at once. */
const READ = 1024 * 1024;

/** What is kept of a request's headers. @throws S3Error MetadataTooLarge */
export function storedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && (KEPT.has(name) || name.startsWith('x-amz-meta-'))
      ? [[name, value] as const]
      : [],
  );
  const metadata = kept.filter(([name]) => name.startsWith('x-amz-meta-'));
  const size = metadata.reduce(
    (sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + value.length,
    0,
  );
  if (size > MAX_METADATA)
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      fields: { Size: String(size), MaxSizeAllowed: String(MAX_METADATA) },
    });
  const stored: Record<string, string> = Object.fromEntries(kept);
  const encodings = (stored['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'aws-chunked');
  delete stored['content-encoding'];
  // aws-chunked is how the body travelled, not what it is.
  return encodings.length === 0 ? stored : { ...stored, 'content-encoding': encodings.join(',') };
}

/** The object's bytes from one position up to another. */
export async function* contentOf(
  { content }: Pick<ObjectDocument, 'content'>,
  blobs: Blobs,
  from: number,
  to: number,
): AsyncGenerator<Buffer, void> {
  if (content.kind === 'inline') {
    yield Buffer.from(content.base64, 'base64').subarray(from, to);
    return;
  }
  const spans = spansOf(content.segments, from, to);
  const files = await blobs.open(spans.slice(0, HELD).map(({ segment }) => segment));
  try {
    for (const [index, { segment, first, end }] of spans.entries()) {
      const options = { start: first, end: end - 1, highWaterMark: READ };
      const stream = files[index]?.createReadStream(options) ?? blobs.read(segment, first, end);
      for await (const chunk of stream) yield chunk as Buffer;
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

/** Which bytes of which segments lie between two positions of the whole. */
function spansOf(segments: readonly Segment[], from: number, to: number) {
  let start = 0;
  return segments.flatMap((segment) => {
    const [first, end] = [Math.max(0, from - start), Math.min(segment.size, to - start)];
    start += segment.size;
    return first < end ? [{ segment, first, end }] : [];
  });
}

/** @throws S3Error */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY)
    throw new S3Error('KeyTooLongError', 'Your key is too long', {
      fields: { Size: String(size), MaxSizeAllowed: String(MAX_KEY) },
    });
}
