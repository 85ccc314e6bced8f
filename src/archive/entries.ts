import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { pathError } from '../errno.ts';
import { UsageError } from '../errors.ts';

/** One member of an archive, before it is written. */
export type Entry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Bytes. */
      readonly size: number;
      readonly executable: boolean;
      /** Absolute path of the file of this machine that it was read from; absent for any other content. */
      readonly source?: string;
      /** Must be read to its end before the next entry comes. */
      readonly content: AsyncIterable<Buffer>;
    };

/** The members of a tar as `git archive` makes it, below a folder of it. */
export function entriesOfTar(tar: Readable, below: string | undefined): AsyncGenerator<Entry, void> {
  const reader = extract();
  // At once, and not when the first entry is asked for: what a process has left unread when it ends is thrown away, and so
  // are members that are read before anybody listens.
  const members = reader[Symbol.asyncIterator]();
  tar.pipe(reader);
  tar.once('error', (error) => reader.destroy(error));
  return entriesOf(
    { [Symbol.asyncIterator]: () => members },
    below === undefined ? '' : `${below.replace(/\/+$/, '')}/`,
  );
}

async function* entriesOf(members: AsyncIterable<TarEntry>, prefix: string): AsyncGenerator<Entry, void> {
  for await (const member of members) {
    const path = named(member.header.name).replace(/\/$/, '');
    if (prefix !== '' && !`${path}/`.startsWith(prefix)) {
      member.resume();
      continue;
    }
    const inside = path.slice(prefix.length);
    if (inside === '' || `${path}/` === prefix) member.resume();
    else yield entryOf(member, inside);
  }
}

/** A name in other bytes than UTF-8 was damaged by its decoding: the file would have another name in the archive. */
function named(path: string): string {
  if (!path.includes('\ufffd')) return path;
  throw new UsageError(`${path} has a name that is no UTF-8`, { hint: 'rename it, or leave it out' });
}

type TarEntry = ReturnType<typeof extract> extends AsyncIterable<infer Member> ? Member : never;

function entryOf(member: TarEntry, path: string): Entry {
  const { type, size = 0, mode = 0, linkname } = member.header;
  switch (type) {
    case 'directory':
      member.resume();
      return { kind: 'folder', path };
    case 'symlink':
      member.resume();
      return { kind: 'link', path, target: named(linkname ?? '') };
    case 'file':
    case 'contiguous-file':
      return {
        kind: 'file',
        path,
        size,
        executable: (mode & 0o111) !== 0,
        content: member as AsyncIterable<Buffer>,
      };
    default:
      throw new UsageError(`${path} is a ${type ?? 'member'} that no archive can hold`, {
        hint: 'leave it out',
      });
  }
}

/** The files of a folder, in the order of their names' bytes. */
export async function* entriesOfFolder(root: string, below = ''): AsyncGenerator<Entry, void> {
  const names = await readdir(join(root, below)).catch(unreadable(below));
  names.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  for (const name of names) {
    const path = named(posix.join(below, name));
    const found = await lstat(join(root, path)).catch(unreadable(path));
    if (found.isDirectory()) {
      yield { kind: 'folder', path };
      yield* entriesOfFolder(root, path);
    } else {
      yield await entryOfFile(root, path, found);
    }
  }
}

/** One file as an entry under its own name; a link is followed. */
export const fileEntry = async (source: string): Promise<Entry> =>
  await entryOfFile(dirname(source), basename(source), await stat(source));

async function entryOfFile(root: string, path: string, found: Stats): Promise<Entry> {
  if (found.isSymbolicLink()) return { kind: 'link', path, target: await readlink(join(root, path)) };
  if (found.isFile()) {
    const { size, mode } = found;
    return {
      kind: 'file',
      path,
      size,
      executable: (mode & 0o111) !== 0,
      source: join(root, path),
      content: contentOf(root, path, size),
    };
  }
  throw new UsageError(`${path} is a device, a socket or a pipe: no archive can hold it`, {
    hint: 'remove it, or leave it out',
  });
}

/** Opens the file when it is asked for its first bytes: most entries of a folder may be left out. */
async function* contentOf(root: string, path: string, size: number): AsyncGenerator<Buffer, void> {
  let rest = size;
  try {
    for await (const chunk of createReadStream(join(root, path))) {
      rest -= (chunk as Buffer).length;
      if (rest < 0) break;
      yield chunk as Buffer;
    }
  } catch (error) {
    unreadable(path)(error);
  }
  if (rest !== 0)
    throw new UsageError(`${path} changed while it was read`, {
      hint: 'wait until nobody writes it any more',
    });
}

const unreadable = (path: string) => (error: unknown) => {
  throw pathError(path, 'read', error);
};

/** What is wrong with where an entry lies or leads to; undefined where nothing is. */
export function escapeOf(entry: Entry): string | undefined {
  if (leaves(entry.path)) return 'lies outside of it';
  if (entry.kind !== 'link') return undefined;
  if (posix.isAbsolute(entry.target)) return `leads to ${entry.target}, an absolute path`;
  return leaves(posix.join(posix.dirname(entry.path), entry.target))
    ? `leads to ${entry.target}, outside of it`
    : undefined;
}

function leaves(path: string): boolean {
  const normal = posix.normalize(path);
  return posix.isAbsolute(path) || normal === '..' || normal.startsWith('../');
}
