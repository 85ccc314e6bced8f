import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { Duplex, Readable, Transform, type TransformCallback, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import type { Entry } from './entries.ts';
import { compressZstd } from './zstd.ts';

export type Compression = 'gzip' | 'zstd';

/** A file that was written. */
export interface Written {
  /** Hex SHA-256 of the file's bytes, and how many they are. */
  readonly sha256: string;
  readonly size: number;
  /** The same of the tar inside. */
  readonly tarSha256: string;
  readonly tarSize: number;
}

interface WriteOptions {
  readonly compression: Compression;
  /** gzip's level, 1 to 9. */
  readonly level: number;
  /** What the compressed bytes go through on their way to the file. */
  readonly seal?: Duplex;
  /** Permission bits of the file. */
  readonly mode?: number;
  readonly signal: AbortSignal;
}

/** The time of every member: the same files give the same bytes, whenever and from wherever they come. */
const TIME = new Date('2000-01-01T00:00:00Z');

/**
 * Writes entries as a compressed tar into a new file. Memory stays flat, whatever their size; a failure leaves no file.
 * @throws the errors of open and write, with `code` and `path`; what the entries throw
 */
export async function writeArchive(
  entries: AsyncIterable<Entry>,
  path: string,
  { compression, level, seal, mode = 0o644, signal }: WriteOptions,
): Promise<Written> {
  const handle = await open(path, 'wx', mode);
  try {
    const file = handle.createWriteStream({ highWaterMark: 1024 * 1024 });
    return await write(entries, file, { compression, level, seal, signal });
  } catch (error) {
    await rm(path, { force: true });
    throw withPath(error, path);
  }
}

/** Names the file in the error of a write, such as ENOSPC: Node names only what it opens. */
function withPath(error: unknown, path: string): unknown {
  return error instanceof Error && 'syscall' in error && !('path' in error)
    ? Object.assign(error, { path })
    : error;
}

type Through = Pick<WriteOptions, 'compression' | 'level' | 'signal'> & { readonly seal: Duplex | undefined };

async function write(
  entries: AsyncIterable<Entry>,
  file: Writable,
  { compression, level, seal, signal }: Through,
): Promise<Written> {
  const inside = new Meter();
  const outside = new Meter();
  const compressor =
    compression === 'gzip'
      ? Duplex.from((chunks: AsyncIterable<Buffer>) => gzipMembers(chunks, level))
      : compressZstd();
  const steps = [inside, compressor, ...(seal === undefined ? [] : [seal]), outside, file];
  await packThrough(entries, steps, signal);
  return {
    sha256: outside.digest(),
    size: outside.size,
    tarSha256: inside.digest(),
    tarSize: inside.size,
  };
}

/** Returns the hex SHA-256 of the tar that entries make. Nothing is written. @throws what the entries throw */
export async function tarSha256(entries: AsyncIterable<Entry>, signal: AbortSignal): Promise<string> {
  const inside = new Meter();
  await packThrough(entries, [inside, new Writable({ write: (_chunk, _encoding, done) => done() })], signal);
  return inside.digest();
}

async function packThrough(
  entries: AsyncIterable<Entry>,
  steps: readonly (Duplex | Writable)[],
  signal: AbortSignal,
): Promise<void> {
  const tar = pack();
  const ending = new AbortController();
  let stopped: Error | undefined;
  const packing = packAll(entries, tar, ending.signal).catch((error: Error) => {
    stopped ??= error;
    tar.destroy(error);
  });
  try {
    await pipeline([Readable.from(tar), ...steps], { signal });
    await packing;
  } catch (error) {
    // What stopped the packing says more than the broken pipe behind it.
    const reason = stopped ?? error;
    ending.abort();
    throw reason;
  }
}

async function packAll(entries: AsyncIterable<Entry>, tar: Pack, ending: AbortSignal): Promise<void> {
  for await (const entry of entries) await packOne(entry, tar, ending);
  tar.finalize();
}

async function packOne(entry: Entry, tar: Pack, signal: AbortSignal): Promise<void> {
  const common = { uid: 0, gid: 0, mtime: TIME } as const;
  switch (entry.kind) {
    case 'folder':
      tar.entry({ ...common, name: `${entry.path}/`, type: 'directory', mode: 0o755 });
      return;
    case 'link':
      tar.entry({ ...common, name: entry.path, type: 'symlink', mode: 0o777, linkname: entry.target });
      return;
    case 'file': {
      const { path: name, size, executable } = entry;
      const mode = executable ? 0o755 : 0o644;
      const sink: NodeJS.WritableStream = tar.entry({ ...common, name, size, type: 'file', mode });
      // The tar is destroyed with whatever goes wrong, and its entry with it: that is told elsewhere.
      sink.on('error', () => undefined);
      const finished = once(sink, 'finish', { signal });
      finished.catch(() => undefined);
      for await (const chunk of entry.content) if (!sink.write(chunk)) await once(sink, 'drain', { signal });
      sink.end();
      await finished;
    }
  }
}

/** Passes bytes on, and hashes and counts them. */
class Meter extends Transform {
  size = 0;
  readonly #hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }

  /** Hex SHA-256 of what has passed. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

const compress = promisify(gzip);

/** Bytes of a member: small enough to keep all cores busy, large enough to cost nothing. */
const BLOCK = 1024 * 1024;
/** Members in work at once: as many as Node's pool has threads. */
const AT_ONCE = 4;

/**
 * Compresses a stream as a row of gzip members, which gunzip takes for one (RFC 1952, section 2.2), each on a thread of its
 * own. The bytes don't depend on how the input is cut, nor on how many cores there are.
 * @param level 1 to 9
 */
async function* gzipMembers(chunks: AsyncIterable<Buffer>, level: number): AsyncGenerator<Buffer, void> {
  const pending: Promise<Buffer>[] = [];
  for await (const block of blocksOf(chunks)) {
    pending.push(compress(block, { level }));
    // Whoever throws while others wait must not leave a rejection that nobody sees.
    pending.at(-1)?.catch(() => undefined);
    if (pending.length >= AT_ONCE) yield await (pending.shift() as Promise<Buffer>);
  }
  for (const member of pending) yield await member;
}

/** The same bytes in blocks of one size, but for the last. */
async function* blocksOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (length + rest.length >= BLOCK) {
      const taken = BLOCK - length;
      yield Buffer.concat([...parts, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(parts);
}
