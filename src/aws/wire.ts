/** One HTTP exchange with AWS: sent and received under deadlines, and its answer is an AWS document or an error. */
import { Readable } from 'node:stream';
import { type Deadlines, type Timer, Watchdog } from './deadlines.ts';
import { UnintelligibleAnswer } from './failure.ts';

/** The answer as it came over the wire. */
export interface Heard {
  readonly status: number;
  /** The body, at most its first 64 KiB; empty where the body is streamed. */
  readonly text: string;
}

/** One request of the SDK, as the wire treats it and what the wire learns of it. */
export interface Exchange {
  readonly deadlines: Deadlines;
  readonly timer: Timer;
  /** The body of a good answer is an object's, which the caller reads; called when the body has ended. */
  readonly onStreamed?: () => void;
  /** The request was handed to the network: from here on AWS may have got it. */
  handed: boolean;
  heard?: Heard;
  /** Closes a streamed body that nobody is going to read: its connection would keep the process alive. */
  discard?: () => void;
}

/** Options of a request, passed through the SDK to its HTTP handler. */
export interface WireOptions {
  readonly abortSignal?: AbortSignal;
  readonly exchange?: Exchange;
}

interface WireRequest {
  readonly method: string;
  body?: unknown;
}

interface WireResponse {
  statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  body?: unknown;
}

interface Handler {
  handle(request: WireRequest, options?: WireOptions): Promise<{ readonly response: WireResponse }>;
}

/** Puts the wire under a client's HTTP handler. Requests without an Exchange (STS, SSO) pass as they are. */
export function putWireUnder(client: { readonly config: object }): void {
  const config = client.config as { requestHandler: Handler };
  const inner = config.requestHandler;
  config.requestHandler = Object.create(inner, {
    handle: {
      value: (request: WireRequest, options: WireOptions = {}) =>
        options.exchange === undefined
          ? inner.handle(request, options)
          : exchanged(inner, request, options.exchange, options.abortSignal),
    },
  });
}

async function exchanged(
  inner: Handler,
  request: WireRequest,
  exchange: Exchange,
  signal: AbortSignal | undefined,
): Promise<{ readonly response: WireResponse }> {
  const { timer, deadlines, onStreamed } = exchange;
  const watchdog = new Watchdog(timer, deadlines, signal);
  const given = new AbortController();
  const sending = new Sending(watchdog, request);
  exchange.handed = true;
  try {
    const answered = inner.handle(request, { abortSignal: given.signal });
    answered.catch(() => undefined);
    const { response } = await sending.untilAnswered(answered);
    const body = received(response, request.method, watchdog);
    const isGood = response.statusCode >= 200 && response.statusCode < 300;
    if (isGood && onStreamed !== undefined) {
      const stream = streamed(response.body, body, onStreamed);
      response.body = stream;
      exchange.discard = () => stream.destroy();
      exchange.heard = { status: response.statusCode, text: '' };
      return { response };
    }
    const bytes = await collected(body);
    response.body = bytes;
    exchange.heard = { status: response.statusCode, text: bytes.subarray(0, TEXT_BYTES).toString('utf8') };
    refuseForeign(request, response, exchange.heard);
    return { response };
  } catch (error) {
    given.abort();
    throw error;
  }
}

/** The body as the caller reads it. To close it closes the connection's body too, also before the first read, when no generator runs. */
const streamed = (source: unknown, body: AsyncIterable<Buffer>, onStreamed: () => void): Readable =>
  Readable.from(body, { objectMode: false }).once('close', () => {
    if (source instanceof Readable) source.destroy();
    onStreamed();
  });

const TEXT_BYTES = 64 * 1024;

/** Only an AWS error document is AWS's refusal: a sign-in page, a proxy's page or an empty answer is not. */
function refuseForeign(request: WireRequest, response: WireResponse, { status, text }: Heard): void {
  const isError = isErrorDocument(text);
  // S3 begins some answers with a 200 before it knows how they end.
  if (status < 300 && isError) response.statusCode = 503;
  // An answer to HEAD has no body.
  if (status < 300 || isError || request.method === 'HEAD') return;
  const what = text.trim() === '' ? 'an empty body' : 'no AWS error document';
  throw new UnintelligibleAnswer(`HTTP ${status} with ${what}`, status);
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#api-error-response */
const isErrorDocument = (text: string): boolean =>
  /^\s*(?:<\?xml[^>]*\?>\s*)?<(?:Response|ErrorResponse|Error)[\s>]/.test(text) &&
  /<Code>\s*[^<\s]+\s*<\/Code>/.test(text);

/** The bytes of an answer's body, all of them. */
async function* received(
  { body, headers, statusCode }: WireResponse,
  method: string,
  watchdog: Watchdog,
): AsyncGenerator<Buffer, void> {
  if (!(body instanceof Readable)) return;
  const length = method === 'HEAD' || statusCode === 204 ? undefined : headers['content-length'];
  const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  let count = 0;
  try {
    for (;;) {
      const next = await watchdog.bytes(chunks.next());
      if (next.done === true) break;
      count += next.value.length;
      watchdog.moved(next.value.length);
      yield next.value;
    }
  } finally {
    body.destroy();
  }
  if (length !== undefined && count !== Number(length)) throw new CutOff(`${count} of ${length} bytes came`);
}

/** An answer that ends before its announced length. */
class CutOff extends Error {
  override readonly name = 'IncompleteBody';
}

async function collected(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bodies above this size are sent chunk by chunk, so that their progress shows. */
const CHUNK_BYTES = 64 * 1024;

/** The request's body on its way. */
class Sending {
  readonly #watchdog: Watchdog;
  #isSent = true;
  #wake: () => void = () => undefined;

  constructor(watchdog: Watchdog, request: WireRequest) {
    this.#watchdog = watchdog;
    const { body } = request;
    if (!(body instanceof Uint8Array) || body.length <= CHUNK_BYTES) return;
    this.#isSent = false;
    request.body = Readable.from(this.#chunks(body), { objectMode: false });
  }

  async untilAnswered<T>(answered: Promise<T>): Promise<T> {
    for (;;) {
      if (this.#isSent) return await this.#watchdog.answer(answered);
      const moved = new Promise<undefined>((resolve) => {
        this.#wake = () => resolve(undefined);
      });
      const answer = await this.#watchdog.bytes(Promise.race([answered, moved]));
      if (answer !== undefined) return answer;
    }
  }

  async *#chunks(body: Uint8Array): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < body.length; at += CHUNK_BYTES) {
      const chunk = body.subarray(at, at + CHUNK_BYTES);
      yield chunk;
      this.#moved(chunk.length);
    }
    this.#isSent = true;
    this.#moved(0);
  }

  #moved(bytes: number): void {
    this.#watchdog.moved(bytes);
    this.#wake();
  }
}
