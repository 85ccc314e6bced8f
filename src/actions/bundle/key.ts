import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isBundleKey } from '../../bundle/cipher.ts';
import { reasonOf } from '../../errno.ts';
import { UsageError } from '../../errors.ts';
import type { BundleKey } from '../../model.ts';
import type { Runtime } from '../runtime.ts';

/** What opens a bundle: its key, and where a payload names it, the SHA-256 that it must have. */
export interface BundleSecrets {
  readonly key: BundleKey;
  readonly sha256: string | undefined;
}

/** @throws UsageError */
export async function readSecrets(
  file: string,
  keyFile: string | undefined,
  runtime: Pick<Runtime, 'cwd'>,
): Promise<BundleSecrets> {
  const path = keyFile === undefined ? keyFileOf(file) : resolve(runtime.cwd, keyFile);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `the key can't be read: ${error.code === 'ENOENT' ? `there is no ${path}` : reasonOf(error)}`,
      {
        hint: 'name its file with --key-file: what `rolecall bundle build` wrote, or a saved payload',
      },
    );
  });
  const entry = (name: string) =>
    new RegExp(`^rolecall_bundle_${name}=(['"]?)([0-9a-f]{64})\\1\\r?$`, 'm').exec(text)?.[2];
  const key = entry('key') ?? text.trim();
  if (isBundleKey(key)) return { key, sha256: entry('sha256') };
  throw new UsageError(`${path} holds no key of a bundle`, {
    hint: 'it must hold 64 hex digits, or user data with a line rolecall_bundle_key=',
  });
}

/** Where the key of a sealed file lies, unless it is said. */
export const keyFileOf = (file: string): string => `${file}.key`;
