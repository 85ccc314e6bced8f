import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Entry } from '../archive/entries.ts';
import { UsageError } from '../errors.ts';
import { git, need } from './git-run.ts';
import { someOf } from './some.ts';

/** Bytes: git-lfs takes no larger file for a pointer. @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
const MAX_POINTER = 1024;
const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n$/;

/** The file that a pointer of Git LFS names. */
interface LfsObject {
  /** Hex SHA-256 of its bytes. */
  readonly oid: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Puts the files of Git LFS in place of their pointers. Their content comes from the clone's own LFS folder and is checked
 * against the pointer, so the result depends on the commit alone, and no filter of this machine runs.
 */
export class LfsFiles {
  readonly #paths: ReadonlySet<string>;
  readonly #folder: string;
  /** Files whose content this clone lacks. */
  readonly missing: string[] = [];

  private constructor(paths: readonly string[], folder: string) {
    this.#paths = new Set(paths);
    this.#folder = folder;
  }

  /** @param paths the files with the attribute filter=lfs, from the top of the repository */
  static async open(repository: string, paths: readonly string[]): Promise<LfsFiles> {
    return new LfsFiles(paths, paths.length === 0 ? '' : await objectFolder(repository));
  }

  /** Entries with each pointer replaced. @param prefix what stands before their paths in the repository */
  async *fill(entries: AsyncIterable<Entry>, prefix: string): AsyncGenerator<Entry, void> {
    for await (const entry of entries) {
      const path = `${prefix}${entry.path}`;
      if (entry.kind === 'file' && entry.size <= MAX_POINTER && this.#paths.has(path)) {
        const committed = await buffer(entry.content);
        const object = await this.#find(path, committed);
        yield object === undefined
          ? { ...entry, content: single(committed) }
          : { ...entry, size: object.size, content: this.#contentOf(path, object) };
      } else yield entry;
    }
  }

  /** The same in a folder that holds the whole commit. */
  async fillFolder(folder: string): Promise<void> {
    for (const path of this.#paths) {
      const file = join(folder, path);
      const found = await lstat(file).catch(() => undefined);
      if (!found?.isFile() || found.size > MAX_POINTER) continue;
      const object = await this.#find(path, await readFile(file));
      if (object !== undefined) await pipeline(this.#contentOf(path, object), createWriteStream(file));
    }
  }

  /** @throws UsageError where content is missing, with every path at once */
  refuseMissing(commit: string): void {
    if (this.missing.length === 0) return;
    const lines = someOf(this.missing).map((path) => `  ${path}`);
    throw new UsageError(['this clone lacks the content of these files of Git LFS:', ...lines].join('\n'), {
      hint: `fetch it: git lfs fetch origin ${commit} (in GitHub Actions: lfs: true for actions/checkout), or leave them out (.gitattributes: PATH export-ignore)`,
    });
  }

  async #find(path: string, committed: Buffer): Promise<LfsObject | undefined> {
    if (!committed.toString('latin1').startsWith('version https://git-lfs')) return undefined;
    const [, oid = '', size = ''] = POINTER.exec(committed.toString('latin1')) ?? [];
    const found = oid === '' ? undefined : await stat(this.#pathOf(oid)).catch(() => undefined);
    if (found?.size === Number(size) && oid !== '') return { oid, size: Number(size) };
    this.missing.push(path);
    return undefined;
  }

  readonly #pathOf = (oid: string): string => join(this.#folder, oid.slice(0, 2), oid.slice(2, 4), oid);

  async *#contentOf(path: string, { oid }: LfsObject): AsyncGenerator<Buffer, void> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.#pathOf(oid))) {
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
    if (hash.digest('hex') !== oid)
      throw new UsageError(`the content of ${path} in this clone's Git LFS folder is damaged`, {
        hint: 'run git lfs fsck in the repository, then git lfs fetch',
      });
  }
}

/** Where git-lfs keeps content. @see https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-config.adoc */
async function objectFolder(repository: string): Promise<string> {
  const common = resolve(repository, await need(repository, ['rev-parse', '--git-common-dir']));
  const { stdout } = await git(repository, ['config', '--type=path', '--get', 'lfs.storage']);
  return join(resolve(common, stdout === '' ? 'lfs' : stdout), 'objects');
}

async function* single(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield bytes;
}
