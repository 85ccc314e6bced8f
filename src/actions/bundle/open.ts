import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Inspected, inspectBundle } from '../../bundle/inspect.ts';
import { openBundle, unpackBundle } from '../../bundle/open.ts';
import { UsageError } from '../../errors.ts';
import type { OpenedBundle } from '../../results/bundle.ts';
import type { Runtime } from '../runtime.ts';
import { readSecrets } from './key.ts';

/** Which sealed bundle is read, and with which key. */
interface BundleFile {
  readonly file: string;
  /** Absent: the file of that name with `.key` behind it. */
  readonly keyFile?: string | undefined;
}

/** Which bundle is opened. */
export interface BundleOpenInput extends BundleFile {
  /** Folder to unpack into: a new or an empty one. */
  readonly to?: string | undefined;
}

/** Which bundle is verified. */
export interface BundleVerifyInput extends BundleFile {
  /** Hex SHA-256 that it must have. */
  readonly sha256?: string | undefined;
}

/** Reads a sealed bundle, and unpacks it where a folder is named. @throws UsageError, also for a folder that holds something */
export async function openSealed(
  input: BundleOpenInput,
  runtime: Pick<Runtime, 'cwd'>,
): Promise<OpenedBundle> {
  const file = resolve(runtime.cwd, input.file);
  const { key, sha256 } = await readSecrets(file, input.keyFile, runtime);
  const folder = input.to === undefined ? undefined : emptyFolder(resolve(runtime.cwd, input.to));
  const opened = await inspectBundle(file, key, sha256);
  if (folder === undefined) return opened;
  return { ...opened, unpacked: { folder, files: await unpackBundle(openBundle(file, key), folder) } };
}

/** Reads a sealed bundle as a machine would. @returns what it holds; `pinned`: whether a SHA-256 was known to compare with */
export async function verifySealed(
  input: BundleVerifyInput,
  runtime: Pick<Runtime, 'cwd'>,
): Promise<{ readonly opened: Inspected; readonly pinned: boolean }> {
  const { sha256: given } = input;
  if (given !== undefined && !/^[0-9a-f]{64}$/.test(given))
    throw new UsageError('--sha256 must be 64 hex digits', { hint: 'the payload of the launch holds it' });
  const file = resolve(runtime.cwd, input.file);
  const secrets = await readSecrets(file, input.keyFile, runtime);
  const expected = given ?? secrets.sha256;
  return { opened: await inspectBundle(file, secrets.key, expected), pinned: expected !== undefined };
}

function emptyFolder(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.isDirectory() && readdirSync(path).length === 0)) return path;
  throw new UsageError(`${path} is ${found.isDirectory() ? 'not empty' : 'no folder'}`, {
    hint: 'name a new folder with --to',
  });
}
