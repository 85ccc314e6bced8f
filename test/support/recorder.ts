import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { S3Exchange } from './authorizations.ts';

/** The requests to AWS that the servers of this process got, oldest first. */
export interface Recorder extends Disposable {
  /** EC2's forms. */
  readonly ec2: readonly URLSearchParams[];
  readonly s3: readonly S3Exchange[];
}

interface Published {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Notes what the HTTP servers of this process are asked, by Node's own diagnostics.
 * @see https://nodejs.org/api/diagnostics_channel.html#built-in-channels
 */
export function recorder(): Recorder {
  const start = channel('http.server.request.start');
  const finish = channel('http.server.response.finish');
  const bodies = new WeakMap<IncomingMessage, Buffer[]>();
  const ec2: URLSearchParams[] = [];
  const s3: S3Exchange[] = [];
  const started = (message: unknown) => {
    const { request } = message as Published;
    bodies.set(request, chunksOf(request));
  };
  const finished = (message: unknown) => {
    const { request, response } = message as Published;
    const { method = '', url = '', headers } = request;
    const service = /\/(ec2|s3)\/aws4_request/.exec(headers.authorization ?? '')?.[1];
    const body = () => Buffer.concat(bodies.get(request) ?? []).toString('latin1');
    const isForm = headers['content-type']?.startsWith('multipart/form-data') === true;
    if (service === 'ec2') ec2.push(new URLSearchParams(body()));
    else if (service === 's3' || url.includes('X-Amz-Signature=') || isForm)
      s3.push({
        method,
        url,
        status: response.statusCode,
        formKey: isForm ? keyIn(body()) : undefined,
        isOwn: service === 's3',
        owner: headers['x-amz-expected-bucket-owner']?.toString(),
      });
  };
  start.subscribe(started);
  finish.subscribe(finished);
  return {
    ec2,
    s3,
    [Symbol.dispose]: () => {
      start.unsubscribe(started);
      finish.unsubscribe(finished);
    },
  };
}

/** The body as it comes in, whoever reads it. */
function chunksOf(request: IncomingMessage): Buffer[] {
  const chunks: Buffer[] = [];
  const push = request.push.bind(request);
  request.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    return push(chunk, encoding);
  };
  return chunks;
}

const keyIn = (form: string): string | undefined =>
  /name="key"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n/.exec(form)?.[1];
