import { constants, write } from 'node:fs';
import { chmod, chown, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../clock.ts';
import { circumstance, codeOf, pathError } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { type Attributes, outputOf, type RegularOutput } from './output-target.ts';
import { makeOwnFolder, removeOwnFolder, sweepFolders } from './own-folder.ts';

/** How the folder of a draft begins: hidden, since it lies beside the file. */
const PURPOSE = '.rolecall-draft';

/** Codes of a folder that takes no new file, or of a file that can't be renamed over, such as a bind mount. */
const IN_PLACE = new Set<unknown>(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV']);

interface OutputOptions {
  /** Only this user may read the file, whatever was there before. */
  readonly secret?: boolean;
}

/** A file under a temporary name, for content that is too large for memory. */
export interface Draft {
  /** Has `write` make the file at an absolute path where nothing is yet. @throws UsageError; what `write` throws */
  fill<T>(write: (path: string) => Promise<T>): Promise<T>;
  /** Makes the draft the file at a path of the same file system. @throws UsageError */
  commit(path: string, options?: OutputOptions): Promise<void>;
  /** Removes the draft, if it still is one. Never throws. */
  discard(): Promise<void>;
}

/**
 * Writes a file that a command was asked for. This is the only way to do so: a regular file is replaced whole, a link is
 * followed, and a device, a pipe or a descriptor is written through.
 * @param path absolute
 * @throws UsageError
 */
export async function writeOutput(path: string, text: string, options: OutputOptions = {}): Promise<void> {
  const target = await outputOf(path);
  const bytes = Buffer.from(text);
  try {
    if (target.kind === 'stream') await writeThrough(target.path, bytes);
    else await replaceFile(target.path, target.old, bytes, options);
  } catch (error) {
    throw error instanceof UsageError ? error : pathError(path, 'written', error);
  }
}

/**
 * Adds to the end of a file that belongs to somebody else, such as the summary of a CI job.
 * @param path absolute
 * @throws UsageError
 */
export async function appendOutput(path: string, text: string): Promise<void> {
  const target = await outputOf(path);
  try {
    if (target.kind === 'stream') await writeThrough(target.path, Buffer.from(text));
    else await writeInPlace(target.path, 'a', Buffer.from(text));
  } catch (error) {
    throw pathError(path, 'written', error);
  }
}

/**
 * Begins a file beside the place that it is going to have.
 * @param folder absolute
 * @throws UsageError
 */
export async function draftIn(folder: string): Promise<Draft> {
  const own = await draftFolder(folder).catch((error: unknown) => {
    throw pathError(folder, 'written to', error);
  });
  const path = join(own, 'draft');
  return {
    fill: (write) =>
      write(path).catch((error: unknown) => {
        throw circumstance(error) === undefined ? error : pathError(folder, 'written to', error);
      }),
    commit: async (as, options = {}) => {
      const target = await regularOutput(as);
      await takePlace(path, target.path, target.old, options).catch((error: unknown) => {
        throw pathError(as, 'written', error);
      });
    },
    discard: () => removeOwnFolder(own),
  };
}

/** Where a file goes that can't be written through a device or a pipe. @throws UsageError for these */
export async function regularOutput(path: string): Promise<RegularOutput> {
  const target = await outputOf(path);
  if (target.kind === 'file') return target;
  throw new UsageError(`${path} is a device or a pipe`, { hint: 'name a regular file' });
}

async function replaceFile(
  path: string,
  old: Attributes | undefined,
  bytes: Buffer,
  options: OutputOptions,
): Promise<void> {
  let folder: string | undefined;
  try {
    folder = await draftFolder(dirname(path));
    const draft = join(folder, 'draft');
    await writeInPlace(draft, 'wx', bytes);
    await takePlace(draft, path, old, options);
  } catch (error) {
    // A secret never goes into a file that somebody else may have open.
    if (old === undefined || options.secret || !IN_PLACE.has(codeOf(error))) throw error;
    await writeInPlace(path, 'r+', bytes);
  } finally {
    if (folder !== undefined) await removeOwnFolder(folder);
  }
}

/** A folder for a draft, on the same file system as the file; drafts of killed processes are removed. */
async function draftFolder(base: string): Promise<string> {
  // A folder that may be written to, and not be read, is no reason to fail.
  await sweepFolders(base, PURPOSE, systemClock.now()).catch(() => undefined);
  return await makeOwnFolder(base, PURPOSE);
}

async function takePlace(
  draft: string,
  path: string,
  old: Attributes | undefined,
  { secret = false }: OutputOptions,
): Promise<void> {
  const mode = secret ? 0o600 : (old?.mode ?? 0o666 & ~process.umask());
  if (!secret && old !== undefined && old.uid !== process.geteuid?.())
    await chown(draft, old.uid, old.gid).catch(() => undefined);
  await chmod(draft, mode);
  await rename(draft, path);
}

async function writeInPlace(path: string, flag: 'wx' | 'r+' | 'a', bytes: Buffer): Promise<void> {
  const file = await open(path, flag, flag === 'wx' ? 0o600 : 0o666);
  try {
    if (flag === 'r+') await file.truncate();
    await file.writeFile(bytes);
    if (flag !== 'a') await file.sync();
  } finally {
    await file.close();
  }
}

/** How long a pipe may be without a reader, or without room, in milliseconds. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

const writeTo = promisify(write);

/**
 * Writes through a device, a pipe or a descriptor. No call blocks a thread: that would keep the process from ending.
 * @throws the error of open or write, with its `code`
 */
async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const own = ownDescriptor(path);
  if (own !== undefined) return await writeAll(own, bytes);
  const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
  const handle = await patiently('ENXIO', () => open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY));
  try {
    await writeAll(handle.fd, bytes);
  } finally {
    await handle.close();
  }
}

/** stdout and stderr: opened anew, a regular file behind them would have a second position to write at. */
function ownDescriptor(path: string): 1 | 2 | undefined {
  if (/^\/(dev\/stdout|(dev|proc\/self)\/fd\/1)$/.test(path)) return 1;
  return /^\/(dev\/stderr|(dev|proc\/self)\/fd\/2)$/.test(path) ? 2 : undefined;
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const from = at;
    const { bytesWritten } = await patiently('EAGAIN', () =>
      writeTo(descriptor, bytes, from, bytes.length - from, null),
    );
    at += bytesWritten;
  }
}

/** Repeats a call that fails with `code` for as long as somebody may still come and read. */
async function patiently<T>(code: string, call: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      return await call();
    } catch (error) {
      if (waitedMs >= PATIENCE_MS || codeOf(error) !== code) throw error;
      await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    }
  }
}
