import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { isNoRoom, reasonOf } from '../errno.ts';
import { checkAmzHeaders } from './amz-headers.ts';
import { bucketOperation } from './bucket-operations.ts';
import { listOperation } from './list-operations.ts';
import { multipartOperation } from './multipart-operations.ts';
import { objectOperation } from './object-operations.ts';
import { postObject } from './post-object.ts';
import type { Call, S3Answer, S3Context, S3Request } from './request.ts';
import { errorXml, notImplemented, S3Error, storageFull } from './s3-error.ts';

/** Answers one request. Never throws: a defect is S3's InternalError. */
export async function answerS3(
  request: S3Request,
  response: ServerResponse,
  context: S3Context,
): Promise<void> {
  const id = randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase();
  response.setHeader('x-amz-request-id', id);
  response.setHeader('x-amz-id-2', 'rolecall-local');
  response.setHeader('server', 'AmazonS3');
  try {
    checkAmzHeaders(request.headers, request.query);
    const call = callOf(request, context);
    const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
    const fault = context.fault(call.name, (match ?? noneMatch) !== undefined);
    if (fault.kind === 'refuse') throw fault.error;
    if (fault.kind === 'break-off' && request.method !== 'GET') return await breakOff(request, response);
    const answer = await call.run();
    if (fault.kind === 'lose-answer') return void response.destroy();
    await send(request, response, answer, fault.kind === 'break-off');
  } catch (error) {
    // A client that went away in the middle of its body is no defect, and hears no answer.
    if (!response.destroyed) refuse(request, response, asS3Error(error, context.log), id);
  }
}

function callOf(request: S3Request, context: S3Context): Call {
  const { method, key, query, bucket } = request;
  if (bucket === undefined) return bucketOperation(request, context);
  if (method === 'POST' && key === '' && !query.has('delete')) return postObject(request, bucket, context);
  const call =
    multipartOperation(request, bucket, context) ??
    (key === ''
      ? (listOperation(request, bucket, context) ?? bucketOperation(request, context))
      : undefined) ??
    (key === '' ? undefined : objectOperation(request, bucket, context));
  if (call === undefined) throw notImplemented(`${method} of this resource`);
  return call;
}

async function send(
  { method }: S3Request,
  response: ServerResponse,
  { status, headers = {}, body }: S3Answer,
  breakOffHalfway: boolean,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof body === 'string') {
    response.setHeader('content-type', 'application/xml');
    response.setHeader('content-length', Buffer.byteLength(body));
  }
  response.writeHead(status);
  if (body === undefined || method === 'HEAD') return void response.end();
  const whole = typeof body === 'string' ? [Buffer.from(body)] : body;
  const half = Number(response.getHeader('content-length') ?? 0) / 2;
  if (await pour(upTo(breakOffHalfway ? half : Number.POSITIVE_INFINITY, whole), response)) {
    if (breakOffHalfway) response.destroy();
    else response.end();
  }
}

/** @returns false where the other side went away, or the bytes could not be read: it sees that they end too early */
async function pour(chunks: AsyncIterable<Buffer>, response: ServerResponse): Promise<boolean> {
  try {
    for await (const chunk of chunks) {
      if (!response.write(chunk)) await drained(response);
      if (response.destroyed) return false;
    }
    return true;
  } catch {
    // The object was replaced while it was read, or the disk failed.
    response.destroy();
    return false;
  }
}

async function* upTo(
  limit: number,
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer, void> {
  let left = limit;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });

/** Reads half of the body, then breaks the connection. */
async function breakOff({ body, headers }: S3Request, response: ServerResponse): Promise<void> {
  let left = Number(headers['content-length'] ?? 0) / 2;
  try {
    for await (const chunk of body) {
      left -= chunk.length;
      if (left <= 0) break;
    }
  } finally {
    response.destroy();
  }
}

function refuse(
  { method, bucket = '', key }: S3Request,
  response: ServerResponse,
  error: S3Error,
  id: string,
): void {
  if (response.headersSent) return void response.destroy();
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  const body =
    method === 'HEAD' || error.status === 304 ? '' : errorXml(error, `/${bucket}${key && `/${key}`}`, id);
  if (body !== '') response.setHeader('content-type', 'application/xml');
  response.writeHead(error.status, { 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** A defect of the local cloud is S3's InternalError to the client; nothing of its inside goes out. */
function asS3Error(error: unknown, log: (line: string) => void): S3Error {
  if (error instanceof S3Error) return error;
  if (isNoRoom(error)) {
    log(`a write was refused: ${reasonOf(error)}`);
    return storageFull();
  }
  log(
    `a defect of the local cloud: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return new S3Error('InternalError', 'We encountered an internal error. Please try again.');
}
