import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { checkAmzFields } from './amz-headers.ts';
import type { Received } from './blobs.ts';
import { accessDenied } from './bucket-operations.ts';
import type { ObjectDocument } from './document.ts';
import { checkPolicy } from './policy.ts';
import type { Call, PolicyFields, S3Answer, S3Context, S3Request } from './request.ts';
import { invalidArgument, S3Error } from './s3-error.ts';
import { checkKey, storedHeaders } from './stored.ts';
import { xmlDocument } from './xml.ts';

/** All fields but the file. @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
const MAX_FIELDS = 20_000;
const ONE_FILE = 'POST requires exactly one file upload per request.';
/** Stands in a key for the name of the file. */
const FILE_NAME = /\$\{filename\}/g;

/** A browser's upload: a form with a signed policy, and the file as its last field. */
export const postObject = (request: S3Request, bucket: string, context: S3Context): Call => ({
  name: 'PostObject',
  run: () => receiveForm(request, bucket, context),
});

async function receiveForm(request: S3Request, name: string, context: S3Context): Promise<S3Answer> {
  const { store } = context;
  const bucket = await store.needBucket(name);
  const { fields, received } = await readForm(request, name, context);
  const key = fields['key'] ?? '';
  const object: ObjectDocument = {
    key,
    size: received.size,
    etag: Buffer.from(received.digests.MD5, 'base64').toString('hex'),
    checksums: {},
    checksumType: 'FULL_OBJECT',
    headers: storedHeaders(fields),
    publicRead: /^public-read/.test(fields['acl'] ?? ''),
    modifiedAt: store.now(),
    content:
      received.content.kind === 'inline'
        ? received.content
        : { kind: 'segments', segments: [received.content.segment] },
  };
  await store.write(bucket.name, key, () => object);
  return answerOf(fields, name, object);
}

/** Reads the fields, judges them, and receives the file. @throws S3Error */
async function readForm(
  { headers, body }: S3Request,
  bucket: string,
  context: S3Context,
): Promise<{ readonly fields: PolicyFields; readonly received: Received }> {
  const type = headers['content-type'] ?? '';
  if (!/^multipart\/form-data/i.test(type))
    throw new S3Error('PreconditionFailed', 'Bucket POST must be of the enclosure-type multipart/form-data');
  const form = new Busboy({
    headers: { ...headers, 'content-type': type },
    limits: { files: 1, fieldSize: MAX_FIELDS },
  });
  const fields: Record<string, string> = {};
  let hasFile = false;
  const receiving = new Promise<Received>((resolve, reject) => {
    form.on('field', (name, value) => {
      fields[name.toLowerCase()] = value;
    });
    form.on('file', (name, file, filename) => {
      hasFile = true;
      takeFile(name, file, filename, fields, bucket, context).then(resolve, (error: unknown) => {
        file.resume();
        reject(error);
      });
    });
    form.on('error', () =>
      reject(
        new S3Error(
          'MalformedPOSTRequest',
          'The body of your POST request is not well-formed multipart/form-data.',
        ),
      ),
    );
    form.on('finish', () => {
      if (!hasFile) reject(invalidArgument('file', '', ONE_FILE));
    });
  });
  // Whoever is refused early still sends the rest of the form.
  receiving.catch(() => undefined);
  for await (const chunk of body) {
    if (!form.write(chunk)) await new Promise<void>((resolve) => form.once('drain', resolve));
  }
  form.end();
  return { fields, received: await receiving };
}

async function takeFile(
  name: string,
  file: Readable,
  filename: string | undefined,
  fields: Record<string, string>,
  bucket: string,
  context: S3Context,
): Promise<Received> {
  if (name !== 'file') throw invalidArgument(name, '', ONE_FILE);
  if (fields['key'] === undefined)
    throw invalidArgument(
      'key',
      '',
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
    );
  if (fields['policy'] === undefined) throw accessDenied();
  context.verifyPolicy(fields);
  checkAmzFields(fields);
  const { minBytes, maxBytes } = checkPolicy(fields, bucket, context.judgedAt);
  fields['key'] = fields['key'].replaceAll(FILE_NAME, filename ?? '');
  checkKey(fields['key']);
  return await context.store.blobs.receive(bounded(file, minBytes, maxBytes), [], true);
}

/** @throws S3Error where the file has more or fewer bytes than the policy allows */
async function* bounded(file: AsyncIterable<Buffer>, min: number, max: number): AsyncGenerator<Buffer, void> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > max)
      throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
        fields: { ProposedSize: String(size), MaxSizeAllowed: String(max) },
      });
    yield chunk;
  }
  if (size < min)
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      fields: { ProposedSize: String(size), MinSizeAllowed: String(min) },
    });
}

function answerOf(fields: PolicyFields, bucket: string, { key, etag }: ObjectDocument): S3Answer {
  const location = `/${bucket}/${encodeURIComponent(key)}`;
  const headers = { etag: `"${etag}"`, location };
  const redirect = fields['success_action_redirect'] ?? fields['redirect'];
  if (redirect !== undefined && URL.canParse(redirect)) {
    const url = new URL(redirect);
    url.searchParams.set('bucket', bucket);
    url.searchParams.set('key', key);
    url.searchParams.set('etag', `"${etag}"`);
    return { status: 303, headers: { ...headers, location: url.href } };
  }
  switch (fields['success_action_status']) {
    case '200':
      return { status: 200, headers };
    case '201': {
      const body = xmlDocument('PostResponse', {
        Location: location,
        Bucket: bucket,
        Key: key,
        ETag: `"${etag}"`,
      });
      return { status: 201, headers, body };
    }
    default:
      return { status: 204, headers };
  }
}
