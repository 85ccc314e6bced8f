import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { decompressZstd } from '../archive/zstd.ts';
import { partBytesOf } from '../aws/parts.ts';
import { IN_PARTS_FROM } from '../aws/upload.ts';
import { UsageError } from '../errors.ts';
import type { Build, PartsDigest } from '../model.ts';

/** What an archive's bytes tell. */
export interface Digests {
  /** Hex SHA-256 of the archive. */
  readonly sha256: string;
  /** Bytes of the archive. */
  readonly size: number;
  /** Hex SHA-256 of the tar inside; undefined for an archive that can't be unpacked. */
  readonly tarSha256: string | undefined;
}

/** Reads an archive to its end. @param archive its name, which tells its compression */
export async function digestsOf(body: Readable, archive: string): Promise<Digests> {
  const [outside, inside] = [createHash('sha256'), createHash('sha256')];
  let size = 0;
  const unpacker = unpackerOf(archive);
  const unpacked = (async () => {
    for await (const chunk of unpacker) inside.update(chunk as Buffer);
    return inside.digest('hex');
  })().catch(noTar);
  unpacked.catch(() => undefined);
  try {
    for await (const chunk of body) {
      outside.update(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (!unpacker.destroyed && !unpacker.write(chunk)) await drained(unpacker);
    }
  } catch (error) {
    unpacker.destroy();
    throw error;
  }
  unpacker.end();
  return { sha256: outside.digest('hex'), size, tarSha256: await unpacked };
}

/** The composite checksum that S3 has of a file; undefined for one that goes up whole. */
export async function partsDigestOf(path: string, size: number): Promise<PartsDigest | undefined> {
  if (size <= IN_PARTS_FROM) return undefined;
  const partSize = partBytesOf(size);
  const whole = createHash('sha256');
  let part = createHash('sha256');
  let filled = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    for (let rest = chunk as Buffer; rest.length > 0; ) {
      const piece = rest.subarray(0, partSize - filled);
      part.update(piece);
      filled += piece.length;
      rest = rest.subarray(piece.length);
      if (filled < partSize) continue;
      whole.update(part.digest());
      part = createHash('sha256');
      filled = 0;
    }
  }
  if (filled > 0) whole.update(part.digest());
  return { partSize, sha256: whole.digest('hex') };
}

/** What an archive passes through to become its tar. */
export const unpackerOf = (archive: string): Duplex =>
  archive.endsWith('.zst') ? decompressZstd() : createGunzip();

/** An archive that isn't one has no tar; without its unpacker nobody knows. */
function noTar(error: unknown): undefined {
  if (error instanceof UsageError && error.cause !== undefined) throw error;
}

/** Waits until a stream takes more, or never will. */
const drained = (stream: Duplex): Promise<void> =>
  new Promise((resolve) => {
    const events = ['drain', 'close', 'error'] as const;
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });

/**
 * Reads an archive on this machine: the tar that is published is the file's own, not the one that its manifest tells.
 * @returns the manifest's build, once the file is what it tells
 * @throws UsageError
 */
export async function checkedFile(path: string, build: Build): Promise<Build> {
  const file = createReadStream(path);
  const found = await digestsOf(file, build.archive).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} can't be read (${error.code})`, {
      hint: 'give the archive that `rolecall release build` made',
      cause: error,
    });
  });
  const wrong = (['size', 'sha256', 'tarSha256'] as const).find((name) => found[name] !== build[name]);
  if (wrong === undefined) return build;
  const names = { size: 'size', sha256: 'SHA-256', tarSha256: 'SHA-256 of its tar' } as const;
  throw new UsageError(
    `${path} is not what its manifest tells: its ${names[wrong]} is ${found[wrong] ?? 'none, since it can not be unpacked'}, not ${build[wrong]}`,
    { hint: 'build it again, then run the same command again; nothing was published' },
  );
}
