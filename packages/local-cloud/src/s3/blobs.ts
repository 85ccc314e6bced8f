import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Algorithm, type Checksums, type Hasher, hasherOf } from './checksums.ts';
import type { Segment } from './document.ts';
import { type Files, namesIn, syncFolder } from './files.ts';

/** What was received: in memory while it is small, else in a file. */
export interface Received {
  readonly size: number;
  /** Base64, with MD5 always. */
  readonly digests: Checksums & { readonly MD5: string };
  readonly content:
    | { readonly kind: 'inline'; readonly base64: string }
    | { readonly kind: 'blob'; readonly segment: Segment };
}

/** Bodies up to here lie in their object's document: one file to write in place of two. Bytes. */
const INLINE = 16_384;
/** Bytes gathered before they are written: a socket gives 64 KB at a time. */
const GATHER = 4 * 1024 * 1024;
/** A blob that nothing names is left from a crash, once no request can be under way with it. */
const ORPHAN_MS = 24 * 3_600_000;

/** Bytes on disk, in files that never change once they are named. */
export class Blobs {
  readonly #folder: string;
  readonly #files: Files;

  constructor(folder: string, files: Files) {
    this.#folder = folder;
    this.#files = files;
  }

  path(blob: string): string {
    return join(this.#folder, blob);
  }

  /**
   * Receives a body; what it leaves on disk is lasting when this resolves.
   * @param inlineToo whether a small body may stay in memory
   */
  async receive(
    body: AsyncIterable<Buffer>,
    algorithms: readonly Algorithm[],
    inlineToo: boolean,
  ): Promise<Received> {
    const hashers = new Map<Algorithm | 'MD5', Hasher>(
      (['MD5', ...algorithms] as const).map((name) => [name, hasherOf(name)]),
    );
    const writer = new BlobWriter(this.#folder, this.#files);
    try {
      let size = 0;
      for await (const chunk of body) {
        for (const hasher of hashers.values()) hasher.update(chunk);
        size += chunk.length;
        await writer.write(chunk);
      }
      const digests = await digestsOf(hashers);
      if (inlineToo && size <= INLINE) {
        return { size, digests, content: { kind: 'inline', base64: writer.pending().toString('base64') } };
      }
      return { size, digests, content: { kind: 'blob', segment: { blob: await writer.finish(), size } } };
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  /** A stream of a part of a segment. */
  read({ blob }: Segment, from: number, to: number): Readable {
    return createReadStream(this.path(blob), { start: from, end: to - 1, highWaterMark: 1024 * 1024 });
  }

  /** Opens segments: they can be read though their object is replaced meanwhile. Whoever asks closes them. */
  async open(segments: readonly Segment[]): Promise<FileHandle[]> {
    const opened: FileHandle[] = [];
    try {
      for (const { blob } of segments) opened.push(await open(this.path(blob), 'r'));
      return opened;
    } catch (error) {
      await Promise.all(opened.map((file) => file.close()));
      throw error;
    }
  }

  async exists({ blob }: Segment): Promise<boolean> {
    return await stat(this.path(blob)).then(
      () => true,
      () => false,
    );
  }

  /** Another name for the same bytes, so that each object's blobs are its own. */
  async share({ blob, size }: Segment): Promise<Segment> {
    const copy = newName();
    await link(this.path(blob), this.path(copy));
    await syncFolder(this.#folder);
    return { blob: copy, size };
  }

  async remove(segments: readonly Segment[]): Promise<void> {
    for (const { blob } of segments) await rm(this.path(blob), { force: true });
  }

  /** Removes what crashes have left: old blobs that are not among `named`. */
  async sweep(named: ReadonlySet<string>, now: number): Promise<void> {
    for (const name of await namesIn(this.#folder)) {
      if (named.has(name)) continue;
      const found = await stat(this.path(name)).catch(() => undefined);
      if (found !== undefined && now - found.mtimeMs > ORPHAN_MS) await rm(this.path(name), { force: true });
    }
  }
}

const newName = (): string => randomBytes(16).toString('hex');

async function digestsOf(
  hashers: ReadonlyMap<Algorithm | 'MD5', Hasher>,
): Promise<Checksums & { readonly MD5: string }> {
  const digests: Record<string, string> = {};
  for (const [name, hasher] of hashers) digests[name] = (await hasher.digest()).toString('base64');
  return digests as unknown as Checksums & { readonly MD5: string };
}

/** Gathers a body, and writes it to a file from the first gathering on. */
class BlobWriter {
  readonly #folder: string;
  readonly #files: Files;
  readonly #name = newName();
  #gathered: Buffer[] = [];
  #length = 0;
  #file: FileHandle | undefined;

  constructor(folder: string, files: Files) {
    this.#folder = folder;
    this.#files = files;
  }

  pending(): Buffer {
    return Buffer.concat(this.#gathered);
  }

  async write(chunk: Buffer): Promise<void> {
    this.#gathered.push(chunk);
    this.#length += chunk.length;
    if (this.#length >= GATHER) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#file === undefined) {
      const path = join(this.#folder, this.#name);
      this.#file = await open(path, 'wx', 0o600);
      await this.#files.own(path);
    }
    const chunks = this.#gathered;
    this.#gathered = [];
    this.#length = 0;
    if (chunks.length > 0) await this.#file.appendFile(Buffer.concat(chunks));
  }

  /** @returns the blob's name, once its bytes last */
  async finish(): Promise<string> {
    await this.#flush();
    await this.#file?.sync();
    await this.#file?.close();
    await syncFolder(this.#folder);
    return this.#name;
  }

  async discard(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#file.close().catch(() => undefined);
    await rm(join(this.#folder, this.#name), { force: true });
  }
}
