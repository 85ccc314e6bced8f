import { posix } from 'node:path';
import { type Entry, escapeOf } from '../archive/entries.ts';
import { SecretSearch, type Suspect, suspectName } from '../archive/suspects.ts';
import { type Compression, type Written, writeArchive } from '../archive/write.ts';
import { MOST_SCRIPT_BYTES, type Script, startOf } from '../scripts/script.ts';

type EntryOf<K extends Entry['kind']> = Extract<Entry, { readonly kind: K }>;

/** What was written, and what was seen on the way. */
export interface Archived extends Written {
  readonly files: number;
  /** Paths below `init/` that end in `.sh`, sorted. */
  readonly init: readonly string[];
  readonly suspects: readonly Suspect[];
  /** Files that are only pointers of Git LFS. */
  readonly lfsPointers: readonly string[];
  /** Entries that lie or lead outside of the build. */
  readonly escapes: readonly Suspect[];
  /** What machines would run: the scripts below `init/`. */
  readonly scripts: readonly Script[];
}

/** gzip's own default, at which `git archive | gzip` is compared with it. */
const LEVEL = 6;

/** @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: the version line is the first of a pointer. */
const LFS_POINTER = Buffer.from('version https://git-lfs.github.com/spec/v1\n');

/** Writes entries as a build's archive. */
export async function archiveEntries(
  entries: AsyncIterable<Entry>,
  compression: Compression,
  path: string,
  signal: AbortSignal,
): Promise<Archived> {
  const seen = new Seen();
  const written = await writeArchive(seen.pass(entries), path, { compression, level: LEVEL, signal });
  return {
    ...written,
    files: seen.files,
    init: seen.init.sort(),
    suspects: seen.suspects,
    lfsPointers: seen.lfsPointers,
    escapes: seen.escapes(),
    scripts: seen.scripts,
  };
}

/** What is noted of the entries as they pass. */
class Seen {
  files = 0;
  readonly init: string[] = [];
  readonly suspects: Suspect[] = [];
  readonly lfsPointers: string[] = [];
  readonly scripts: Script[] = [];
  readonly #links = new Map<string, string>();
  readonly #escapes: Suspect[] = [];

  async *pass(entries: AsyncIterable<Entry>): AsyncGenerator<Entry, void> {
    for await (const entry of entries) {
      const reason = escapeOf(entry);
      if (reason !== undefined) this.#escapes.push({ path: entry.path, why: reason });
      else if (entry.kind === 'link') this.#links.set(entry.path, entry.target);
      yield entry.kind === 'file' ? { ...entry, content: this.#look(entry, entry.content) } : entry;
    }
  }

  escapes(): Suspect[] {
    const out = linksOut(this.#links).map((path) => ({
      path,
      why: `leads to ${this.#links.get(path)}, outside of it`,
    }));
    return [...this.#escapes, ...out];
  }

  async *#look(
    { path, size, executable }: EntryOf<'file'>,
    content: AsyncIterable<Buffer>,
  ): AsyncGenerator<Buffer, void> {
    const search = new SecretSearch();
    const [, script] = /^init\/(.+\.sh)$/.exec(path) ?? [];
    const kept: Buffer[] = [];
    let start = Buffer.alloc(0);
    for await (const chunk of content) {
      search.feed(chunk);
      if (script !== undefined && size <= MOST_SCRIPT_BYTES) kept.push(chunk);
      if (start.length < LFS_POINTER.length)
        start = Buffer.concat([start, chunk.subarray(0, LFS_POINTER.length)]);
      yield chunk;
    }
    this.files += 1;
    if (start.subarray(0, LFS_POINTER.length).equals(LFS_POINTER)) this.lfsPointers.push(path);
    if (script !== undefined) {
      this.init.push(script);
      const start = startOf(script, executable);
      if (size <= MOST_SCRIPT_BYTES) this.scripts.push({ file: path, bytes: Buffer.concat(kept), start });
    }
    const why = suspectName(path) ?? search.found;
    if (why !== undefined) this.suspects.push({ path, why });
  }
}

/** As many links as Linux follows on the way to one file. @see https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const MAX_LINKS = 40;

/**
 * The links that lead out of a folder by way of other links in it, as they are followed on a disk: there `a/..` isn't the
 * folder that holds `a`, where `a` is a link.
 * @param links path to target, both relative
 */
const linksOut = (links: ReadonlyMap<string, string>): string[] =>
  [...links.keys()].filter((path) => leadsOut(path, links));

function leadsOut(path: string, links: ReadonlyMap<string, string>): boolean {
  const ahead = path.split('/').reverse();
  const way: string[] = [];
  for (let followed = 0; ; ) {
    const name = ahead.pop();
    if (name === undefined) return false;
    if (name === '..' && way.pop() === undefined) return true;
    if (['', '.', '..'].includes(name)) continue;
    const target = links.get(posix.join(...way, name));
    if (target === undefined) way.push(name);
    else if (++followed > MAX_LINKS) return false;
    else ahead.push(...target.split('/').reverse());
  }
}
