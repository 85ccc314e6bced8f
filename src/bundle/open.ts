import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Entry, entriesOfTar, escapeOf } from '../archive/entries.ts';
import type { Compression } from '../archive/write.ts';
import { decompressZstd } from '../archive/zstd.ts';
import { RolecallError, UsageError } from '../errors.ts';
import type { BundleKey } from '../nouns.ts';
import { decrypting, firstBlock, wrongKey } from './cipher.ts';

/**
 * The members of a sealed file. Each one's content must be read to its end before the next comes.
 * @throws UsageError where it is no bundle, the key is another one, or it is damaged
 */
export async function* openBundle(path: string, key: BundleKey): AsyncGenerator<Entry, void> {
  const unpack = (await compressionOf(path, key)) === 'gzip' ? createGunzip() : decompressZstd();
  const tar = pipeline(createReadStream(path), decrypting(key), unpack, () => undefined);
  try {
    yield* entriesOfTar(tar, undefined);
  } catch (error) {
    if (error instanceof RolecallError) throw error;
    throw wrongKey();
  } finally {
    tar.destroy();
  }
}

async function compressionOf(path: string, key: BundleKey): Promise<Compression> {
  const file = await open(path).catch((error: Error) => {
    throw new UsageError(`${path} can't be read: ${error.message}`, {
      hint: 'give the path of a sealed bundle',
    });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
    const begins = firstBlock(buffer.subarray(0, bytesRead), key).toString('hex');
    // https://www.rfc-editor.org/rfc/rfc1952 (ID1, ID2), https://www.rfc-editor.org/rfc/rfc8878 (Magic_Number)
    if (begins.startsWith('1f8b')) return 'gzip';
    if (begins.startsWith('28b52ffd')) return 'zstd';
    throw wrongKey();
  } finally {
    await file.close();
  }
}

/** Writes the members into an empty folder, or a new one. @throws UsageError for a member that would leave it */
export async function unpackBundle(entries: AsyncIterable<Entry>, folder: string): Promise<number> {
  let files = 0;
  for await (const entry of entries) {
    refuseEscape(entry);
    const target = join(folder, entry.path);
    await mkdir(entry.kind === 'folder' ? target : dirname(target), { recursive: true, mode: 0o700 });
    if (entry.kind === 'link') await symlink(entry.target, target);
    if (entry.kind !== 'file') continue;
    files += 1;
    // Values may be secret: nobody else reads what was unpacked.
    await writeFile(target, entry.content, { flag: 'wx', mode: 0o600 });
    if (entry.executable) await chmod(target, 0o700);
  }
  return files;
}

/** @throws UsageError */
export function refuseEscape(entry: Entry): void {
  const reason = escapeOf(entry);
  if (reason === undefined) return;
  throw new UsageError(`the bundle holds ${entry.path}, which ${reason}`, {
    hint: 'rolecall makes no such bundle, and no machine unpacks it: do not use it',
  });
}
