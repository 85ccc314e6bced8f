import { createReadStream } from 'node:fs';
import { chmod, open, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Entry, entriesOfTar } from '../archive/entries.ts';
import type { Compression } from '../archive/write.ts';
import { decompressZstd } from '../archive/zstd.ts';
import { reasonOf } from '../errno.ts';
import { RolecallError, UsageError } from '../errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { BundleKey } from '../model.ts';
import { decrypting, firstBlock, wrongKey } from './cipher.ts';
import { memberGuard } from './members.ts';

/**
 * The members of a sealed file. Each one's content must be read to its end before the next comes.
 * @throws UsageError where it is no bundle, the key is another one, or it is damaged
 */
export async function* openBundle(path: string, key: BundleKey): AsyncGenerator<Entry, void> {
  const unpack = (await compressionOf(path, key)) === 'gzip' ? createGunzip() : decompressZstd();
  const tar = pipeline(createReadStream(path), decrypting(key), unpack, () => undefined);
  try {
    for await (const entry of entriesOfTar(tar, undefined))
      yield entry.kind === 'file' ? { ...entry, content: undamaged(entry.content) } : entry;
  } catch (error) {
    throw damage(error);
  } finally {
    tar.destroy();
  }
}

/** Damage in the middle of a file is met by whoever reads that file. */
async function* undamaged(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  try {
    yield* content;
  } catch (error) {
    throw damage(error);
  }
}

const damage = (error: unknown): RolecallError => (error instanceof RolecallError ? error : wrongKey());

async function compressionOf(path: string, key: BundleKey): Promise<Compression> {
  const unreadable = (error: Error) => {
    throw new UsageError(`${path} can't be read: ${reasonOf(error)}`, {
      hint: 'give the path of a sealed bundle',
    });
  };
  const file = await open(path).catch(unreadable);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0).catch(unreadable);
    const begins = firstBlock(buffer.subarray(0, bytesRead), key).toString('hex');
    // https://www.rfc-editor.org/rfc/rfc1952 (ID1, ID2), https://www.rfc-editor.org/rfc/rfc8878 (Magic_Number)
    if (begins.startsWith('1f8b')) return 'gzip';
    if (begins.startsWith('28b52ffd')) return 'zstd';
    throw wrongKey();
  } finally {
    await file.close();
  }
}

/**
 * Writes the members into an empty folder, or a new one.
 * @returns how many files
 * @throws UsageError for a member that no bundle may hold, and where it can't be written
 */
export async function unpackBundle(entries: AsyncIterable<Entry>, folder: string): Promise<number> {
  const guard = memberGuard();
  let files = 0;
  for await (const entry of entries) {
    guard(entry);
    if (entry.kind === 'file') files += 1;
    await unpackOne(entry, join(folder, entry.path));
  }
  return files;
}

async function unpackOne(entry: Entry, target: string): Promise<void> {
  try {
    await makeFolder(entry.kind === 'folder' ? target : dirname(target), 0o700);
    if (entry.kind === 'link') await symlink(entry.target, target);
    if (entry.kind !== 'file') return;
    // Values may be secret: nobody else reads what was unpacked.
    await writeFile(target, entry.content, { flag: 'wx', mode: 0o600 });
    if (entry.executable) await chmod(target, 0o700);
  } catch (error) {
    if (error instanceof RolecallError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UsageError(`${target} can't be written: ${reasonOf(error)}`, {
      hint: 'check the rights and the room there, or name another folder with --to',
      cause: error,
    });
  }
}
