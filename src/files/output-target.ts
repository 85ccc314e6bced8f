import { constants } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { codeOf, pathError } from '../errno.ts';
import { UsageError } from '../errors.ts';

/** Where the bytes that a command writes to a path go. */
export type Output =
  | RegularOutput
  /** A device, a pipe, or a descriptor of a process: written through, never replaced. */
  | { readonly kind: 'stream'; readonly path: string };

/** A regular file, or nothing yet: replaced whole. */
export interface RegularOutput {
  readonly kind: 'file';
  /** Without a link at its end. */
  readonly path: string;
  readonly old: Attributes | undefined;
}

/** What a replaced file keeps. */
export interface Attributes {
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const LINKS = 40;

/** Paths that stand for an open descriptor, also one of a regular file: replacing the file would leave it behind. */
const DESCRIPTOR = /^\/(dev\/(stdin|stdout|stderr|fd\/\d+)|proc\/[^/]+\/fd\/\d+)$/;

/**
 * Finds out where the bytes for `path` go; links are followed.
 * @param path absolute
 * @throws UsageError for a folder, a disk, a socket, a link that somebody else planted, and what can't be looked at
 */
export async function outputOf(path: string, links = LINKS): Promise<Output> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw pathError(path, 'written', error);
  });
  if (found === undefined) return { kind: 'file', path, old: undefined };
  if (found.isFile()) {
    const { mode, uid, gid } = found;
    return { kind: 'file', path, old: { mode: mode & 0o7777, uid, gid } };
  }
  if (found.isFIFO() || found.isSymbolicLink()) await requireOwn(path, found.uid);
  if (found.isFIFO() || found.isCharacterDevice()) return { kind: 'stream', path };
  if (!found.isSymbolicLink()) {
    const what = found.isDirectory() ? 'a folder' : found.isSocket() ? 'a socket' : 'a disk';
    throw new UsageError(`${path} is ${what}`, { hint: 'name a file' });
  }
  if (DESCRIPTOR.test(path)) return { kind: 'stream', path };
  if (links === 0) throw new UsageError(`${path} leads through too many links`, { hint: 'name a file' });
  return await outputOf(await targetOf(path), links - 1);
}

async function targetOf(link: string): Promise<string> {
  const target = await readlink(link);
  if (isAbsolute(target)) return target;
  return resolve(await realpath(dirname(link)).catch(() => dirname(link)), target);
}

/**
 * The kernel's rule for open(2) (proc(5), protected_symlinks and protected_fifos), which a rename would go round: in a folder
 * where everybody may put files, only one's own links and pipes are used, and those of the folder's owner.
 */
async function requireOwn(path: string, owner: number): Promise<void> {
  const folder = await stat(dirname(path));
  const shared = (folder.mode & constants.S_IWOTH) !== 0;
  if (!shared || owner === process.geteuid?.() || owner === folder.uid) return;
  throw new UsageError(`${path} belongs to another user, in a folder that everybody may write to`, {
    hint: 'name another file',
  });
}
