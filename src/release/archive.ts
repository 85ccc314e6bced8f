import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Duplex, Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { UsageError } from '../errors.ts';
import { type Entry, escapeOf } from './entries.ts';
import { gzipMembers } from './gzip.ts';
import { SecretSearch, type Suspect, suspectName } from './suspects.ts';

/** What was written, and what was seen on the way. */
export interface Archived {
  /** Hex SHA-256 of the archive's bytes, and how many they are. */
  readonly sha256: string;
  readonly size: number;
  /** The same of the tar inside. */
  readonly tarSha256: string;
  readonly tarSize: number;
  readonly files: number;
  /** Paths below `init/` that end in `.sh`, sorted. */
  readonly init: readonly string[];
  readonly suspects: readonly Suspect[];
  /** Entries that lie or lead outside of the build. */
  readonly escapes: readonly Suspect[];
}

/** The time of every member: the same files give the same bytes, whenever and from whichever commit they are built. */
const TIME = new Date('2000-01-01T00:00:00Z');

/** Writes entries as a compressed tar. Memory stays flat, whatever their size. */
export async function writeArchive(
  entries: AsyncIterable<Entry>,
  compression: 'gzip' | 'zstd',
  path: string,
  signal: AbortSignal,
): Promise<Archived> {
  const tar = pack();
  const inside = new Meter();
  const outside = new Meter();
  const seen = new Seen();
  const packing = packAll(entries, tar, seen).catch((error: Error) => {
    tar.destroy(error);
    throw error;
  });
  packing.catch(() => undefined);
  const compressor = compression === 'gzip' ? Duplex.from(gzipMembers) : zstd();
  const file = createWriteStream(path, { flags: 'wx', mode: 0o644, highWaterMark: 1024 * 1024 });
  try {
    await pipeline(Readable.from(tar), inside, compressor, outside, file, { signal });
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
    files: seen.files,
    init: seen.init.sort(),
    suspects: seen.suspects,
    escapes: seen.escapes,
  };
}

/** What is noted of the entries as they pass. */
class Seen {
  files = 0;
  readonly init: string[] = [];
  readonly suspects: Suspect[] = [];
  readonly escapes: Suspect[] = [];
}

async function packAll(entries: AsyncIterable<Entry>, tar: Pack, seen: Seen): Promise<void> {
  for await (const entry of entries) {
    const reason = escapeOf(entry);
    if (reason !== undefined) seen.escapes.push({ path: entry.path, why: reason });
    await packOne(entry, tar, seen);
  }
  tar.finalize();
}

async function packOne(entry: Entry, tar: Pack, seen: Seen): Promise<void> {
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
      const search = new SecretSearch();
      const sink: NodeJS.WritableStream = tar.entry({
        ...common,
        name,
        size,
        type: 'file',
        mode: executable ? 0o755 : 0o644,
      });
      const finished = once(sink, 'finish');
      for await (const chunk of entry.content) {
        search.feed(chunk);
        if (!sink.write(chunk)) await once(sink, 'drain');
      }
      sink.end();
      await finished;
      note(name, search, seen);
    }
  }
}

function note(path: string, search: SecretSearch, seen: Seen): void {
  seen.files += 1;
  const [, script] = /^init\/(.+\.sh)$/.exec(path) ?? [];
  if (script !== undefined) seen.init.push(script);
  const why = suspectName(path) ?? search.found;
  if (why !== undefined) seen.suspects.push({ path, why });
}

/** Passes bytes on, and hashes and counts them. */
class Meter extends Transform {
  size = 0;
  readonly #hash: Hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }

  /** Hex. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** The zstd command: Node 20 has none built in. One thread, since the bytes must not depend on how many there are. */
function zstd(): NodeJS.ReadWriteStream {
  const child = spawn('zstd', ['--quiet', '--single-thread', '-3', '--stdout'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return duplexOf(child);
}

function duplexOf(child: ReturnType<typeof spawn>): NodeJS.ReadWriteStream {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('zstd was started without pipes');
  const through = Duplex.from({ writable: stdin, readable: stdout });
  child.once('error', (error: NodeJS.ErrnoException) =>
    through.destroy(
      error.code === 'ENOENT'
        ? new UsageError('zstd is not installed', {
            hint: 'install it (apt-get install zstd), or build with --compression gzip',
          })
        : error,
    ),
  );
  child.once('close', (code) => {
    if (code !== 0)
      through.destroy(
        new UsageError(`zstd ended with status ${code}`, { hint: 'build with --compression gzip' }),
      );
  });
  return through;
}
