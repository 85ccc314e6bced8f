import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { Entry } from './entries.ts';
import { gzipMembers } from './gzip.ts';
import { Meter } from './meter.ts';
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

export interface WriteOptions {
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

/** Writes entries as a compressed tar into a new file. Memory stays flat, whatever their size. */
export async function writeArchive(
  entries: AsyncIterable<Entry>,
  path: string,
  { compression, level, seal, mode = 0o644, signal }: WriteOptions,
): Promise<Written> {
  const tar = pack();
  const inside = new Meter();
  const outside = new Meter();
  const packing = packAll(entries, tar).catch((error: Error) => {
    tar.destroy(error);
    throw error;
  });
  packing.catch(() => undefined);
  const compressor =
    compression === 'gzip'
      ? Duplex.from((chunks: AsyncIterable<Buffer>) => gzipMembers(chunks, level))
      : compressZstd();
  const file = createWriteStream(path, { flags: 'wx', mode, highWaterMark: 1024 * 1024 });
  const steps = [inside, compressor, ...(seal === undefined ? [] : [seal]), outside];
  try {
    await pipeline([Readable.from(tar), ...steps, file], { signal });
  } catch (error) {
    // What stopped the packing says more than the broken pipe behind it.
    await packing;
    throw error;
  }
  await packing;
  return {
    sha256: outside.digest(),
    size: outside.size,
    tarSha256: inside.digest(),
    tarSize: inside.size,
  };
}

async function packAll(entries: AsyncIterable<Entry>, tar: Pack): Promise<void> {
  for await (const entry of entries) await packOne(entry, tar);
  tar.finalize();
}

async function packOne(entry: Entry, tar: Pack): Promise<void> {
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
      const finished = once(sink, 'finish');
      for await (const chunk of entry.content) if (!sink.write(chunk)) await once(sink, 'drain');
      sink.end();
      await finished;
    }
  }
}
