import { randomBytes } from 'node:crypto';
import type { Entry } from '../archive/entries.ts';
import { type Compression, type Written, writeArchive } from '../archive/write.ts';
import { InterruptedError } from '../errors.ts';
import type { BundleKey } from '../model.ts';
import { encrypting, newBundleKey, type RandomBytes } from './cipher.ts';

/** A sealed bundle on this machine. */
export interface SealedFile extends Written {
  /** Absolute. */
  readonly path: string;
  /** Secret. */
  readonly key: BundleKey;
  readonly compression: Compression;
  /** Members that are files. */
  readonly files: number;
}

/** It is made for each launch, and read once a machine: fast before small. */
const LEVEL = 1;

export interface SealOptions {
  readonly compression: Compression;
  readonly signal: AbortSignal;
  /** Absent: the system's. */
  readonly random?: RandomBytes;
  /** Absent: a fresh one. */
  readonly key?: BundleKey;
}

/**
 * Packs, compresses and encrypts entries into a new file that only its owner reads. Memory stays flat, whatever their size.
 * A failure leaves no file.
 */
export async function sealBundle(
  entries: AsyncIterable<Entry>,
  path: string,
  { compression, signal, random = randomBytes, key = newBundleKey(random) }: SealOptions,
): Promise<SealedFile> {
  let files = 0;
  const counted = async function* () {
    for await (const entry of entries) {
      if (entry.kind === 'file') files += 1;
      yield entry;
    }
  };
  try {
    const seal = encrypting(key, random);
    const written = await writeArchive(counted(), path, {
      compression,
      level: LEVEL,
      seal,
      mode: 0o600,
      signal,
    });
    return { ...written, path, key, compression, files };
  } catch (error) {
    throw signal.aborted ? new InterruptedError('building the bundle was interrupted') : error;
  }
}
