import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import type { BundleKey } from '../model.ts';
import { memberGuard } from './members.ts';
import { openBundle } from './open.ts';

/** A member of a bundle, without its content. */
export interface Member {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Bytes; of a file. */
  readonly size: number;
}

/** What a sealed bundle holds. */
export interface Inspected {
  /** Hex SHA-256 of the sealed file. */
  readonly sha256: string;
  readonly members: readonly Member[];
  /** In the order in which they are started. */
  readonly modules: readonly string[];
}

/**
 * Reads a sealed bundle to its end.
 * @param expected hex SHA-256 that the file must have
 * @throws UsageError where it isn't that file, can't be decrypted, or holds what no machine would run
 */
export async function inspectBundle(path: string, key: BundleKey, expected?: string): Promise<Inspected> {
  const sha256 = await sha256Of(path);
  if (expected !== undefined && sha256 !== expected)
    throw new UsageError(`${path} is another file: its SHA-256 is ${sha256}`, {
      hint: 'the payload of its launch names the right one; machines refuse any other, before they decrypt it',
    });
  const members: Member[] = [];
  const guard = memberGuard();
  let list = '';
  for await (const entry of openBundle(path, key)) {
    guard(entry);
    const { path: name, kind } = entry;
    members.push({ path: name, kind, size: kind === 'file' ? entry.size : 0 });
    const content = kind === 'file' ? await textOf(entry.content, name === LIST) : '';
    if (name === LIST) list = content;
  }
  return { sha256, members, modules: checkedModules(list, members) };
}

const LIST = 'start-up-bundle/modules.list';

/** Reads it to its end. @returns its text where that is wanted */
async function textOf(content: AsyncIterable<Buffer>, wanted: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) if (wanted) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws UsageError where no machine can start from them */
function checkedModules(list: string, members: readonly Member[]): readonly string[] {
  const files = new Set(members.filter(({ kind }) => kind === 'file').map(({ path }) => path));
  const modules = modulesOf(list, files);
  const lacking = modules.find((name) => !files.has(`start-up-bundle/${name}/start-up.sh`));
  if (lacking === undefined && modules.length > 0) return modules;
  throw new UsageError(
    lacking === undefined
      ? 'the bundle has no modules'
      : `the bundle lacks start-up-bundle/${lacking}/start-up.sh, though its modules.list names ${lacking}`,
    { hint: 'no machine can start from it: build it again' },
  );
}

/** As the machine finds them: those of modules.list, else every folder with a start-up.sh. */
function modulesOf(list: string, files: ReadonlySet<string>): string[] {
  if (list !== '') return list.split('\n').flatMap((line) => line.split(' ')[0] || []);
  const scripts = [...files].map((path) => /^start-up-bundle\/([^/.][^/]*)\/start-up\.sh$/.exec(path)?.[1]);
  return scripts.filter((name) => name !== undefined).sort();
}

const notAFile = (path: string): UsageError =>
  new UsageError(`${path} is no file`, { hint: 'give the path of a sealed bundle' });

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    // A device or a pipe may never end.
    if (!(await stat(path)).isFile()) throw notAFile(path);
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} can't be read: ${reasonOf(error)}`, {
      hint: 'give the path of a sealed bundle',
    });
  }
  return hash.digest('hex');
}
