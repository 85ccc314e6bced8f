import { createHash, type Hash } from 'node:crypto';
import { type Scope, scopeText, sha256Hex, signatureOf } from './canonical.ts';
import { sameSecret } from './keyring.ts';

/** What chunk signatures are checked with. */
export interface ChunkKey {
  readonly key: Buffer;
  readonly scope: Scope;
  readonly time: string;
  /** The request's own signature. */
  readonly seed: string;
}

/** A body in aws-chunked encoding that isn't as it should be. */
export class ChunkFault extends Error {
  readonly kind: 'form' | 'signature' | 'length';

  constructor(kind: ChunkFault['kind']) {
    super(`aws-chunked body: bad ${kind}`);
    this.name = 'ChunkFault';
    this.kind = kind;
  }
}

/** Longer header lines than any client sends. */
const MAX_LINE = 8_192;

/**
 * Decodes an aws-chunked body and checks the signature of each chunk, where chunks are signed.
 * @param trailers filled with the trailing headers, in lower case
 * @throws ChunkFault
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export async function* decodeChunked(
  body: AsyncIterable<Buffer>,
  chunkKey: ChunkKey | undefined,
  decodedLength: number,
  trailers: Record<string, string>,
): AsyncGenerator<Buffer, void> {
  const input = new ByteReader(body);
  let previous = chunkKey?.seed ?? '';
  let length = 0;
  for (;;) {
    const { size, signature } = chunkHead(await input.line());
    const hash = createHash('sha256');
    for await (const piece of input.take(size)) {
      if (chunkKey !== undefined) hash.update(piece);
      yield piece;
    }
    length += size;
    previous = checkChunk(chunkKey, previous, signature, hash);
    if (size === 0) break;
    if ((await input.line()) !== '') throw new ChunkFault('form');
  }
  await readTrailers(input, chunkKey, previous, trailers);
  if (length !== decodedLength) throw new ChunkFault('length');
}

/** `400;chunk-signature=HEX`, or the size alone where chunks aren't signed. @throws ChunkFault */
function chunkHead(line: string): { readonly size: number; readonly signature: string } {
  const [, hex = '', signature = ''] =
    /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? [];
  if (hex === '') throw new ChunkFault('form');
  return { size: Number.parseInt(hex, 16), signature };
}

/** @returns what the next chunk's signature goes on from @throws ChunkFault */
function checkChunk(chunkKey: ChunkKey | undefined, previous: string, signature: string, hash: Hash): string {
  if (chunkKey === undefined) return previous;
  if (!sameSecret(signature, signChunk(chunkKey, previous, hash.digest('hex'))))
    throw new ChunkFault('signature');
  return signature;
}

const signChunk = ({ key, scope, time }: ChunkKey, previous: string, hash: string): string =>
  signatureOf(
    key,
    ['AWS4-HMAC-SHA256-PAYLOAD', time, scopeText(scope), previous, sha256Hex(''), hash].join('\n'),
  );

const signTrailers = ({ key, scope, time }: ChunkKey, previous: string, trailers: string): string =>
  signatureOf(
    key,
    ['AWS4-HMAC-SHA256-TRAILER', time, scopeText(scope), previous, sha256Hex(trailers)].join('\n'),
  );

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
async function readTrailers(
  input: ByteReader,
  chunkKey: ChunkKey | undefined,
  previous: string,
  trailers: Record<string, string>,
): Promise<void> {
  let signed = '';
  let signature: string | undefined;
  for (let line = await input.line(true); line !== ''; line = await input.line(true)) {
    const at = line.indexOf(':');
    // What comes behind the signature would be signed by nobody.
    if (at < 1 || signature !== undefined) throw new ChunkFault('form');
    const [name, value] = [line.slice(0, at).toLowerCase().trim(), line.slice(at + 1).trim()];
    if (name === 'x-amz-trailer-signature') {
      signature = value;
      continue;
    }
    trailers[name] = value;
    signed += `${name}:${value}\n`;
  }
  if (chunkKey === undefined || signed === '') return;
  if (!sameSecret(signature ?? '', signTrailers(chunkKey, previous, signed)))
    throw new ChunkFault('signature');
}

/** Reads lines and runs of bytes from a stream of buffers. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }

  /** Up to the next CR LF, which is left out. @param endCounts whether the end of the body ends a line too */
  async line(endCounts = false): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString('latin1');
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (this.#rest.length > MAX_LINE) throw new ChunkFault('form');
      if (await this.#more()) continue;
      if (!endCounts) throw new ChunkFault('length');
      const line = this.#rest.toString('latin1');
      this.#rest = Buffer.alloc(0);
      return line;
    }
  }

  /** The next `count` bytes, in pieces as they come. */
  async *take(count: number): AsyncGenerator<Buffer, void> {
    let left = count;
    while (left > 0) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new ChunkFault('length');
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
}
