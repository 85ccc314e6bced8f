import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Owner } from '../cloud-file.ts';
import { codeOf } from '../errno.ts';
import { Blobs } from './blobs.ts';
import type { BucketDocument, ObjectDocument, Segment } from './document.ts';
import { Files, namesIn, textOrNothing } from './files.ts';
import { holding } from './key-lock.ts';
import { encodedKey, isPart, joined, keyOf, keyPath } from './key-path.ts';
import { noSuchBucket } from './s3-error.ts';

/** The file of an object's folder that tells all about it. */
const DOCUMENT = 'object.json';
/** Object folders read at once. */
const AT_ONCE = 32;

/**
 * Buckets and objects on disk. Nothing is remembered in memory, so that several clouds can serve one folder.
 *
 * An object is a folder with one document, which is replaced by renaming, by whoever holds the folder's token. So each
 * write is atomic, and conditions hold, among processes too; a crash leaves the old version or the new one.
 */
export class ObjectStore {
  readonly blobs: Blobs;
  readonly files: Files;
  readonly #root: string;
  readonly #clock: Pick<Clock, 'now'>;

  private constructor(root: string, files: Files, clock: Pick<Clock, 'now'>) {
    this.#root = root;
    this.#clock = clock;
    this.files = files;
    this.blobs = new Blobs(join(root, 'blobs'), this.files);
  }

  /**
   * Opens the store of a folder, which is made where it isn't there.
   * @param lasting whether writes have to survive a loss of power
   */
  static async open(
    root: string,
    owner: Owner | undefined,
    clock: Pick<Clock, 'now'>,
    lasting = true,
  ): Promise<ObjectStore> {
    const store = new ObjectStore(root, new Files(owner, lasting), clock);
    for (const name of ['buckets', 'blobs', 'trash']) await store.files.folder(join(root, name));
    return store;
  }

  now(): number {
    return this.#clock.now();
  }

  /** The folder of a bucket. */
  folderOf(bucket: string): string {
    return join(this.#root, 'buckets', bucket);
  }

  async bucket(name: string): Promise<BucketDocument | undefined> {
    const text = await textOrNothing(join(this.folderOf(name), 'bucket.json'));
    return text === undefined ? undefined : (JSON.parse(text) as BucketDocument);
  }

  async needBucket(name: string): Promise<BucketDocument> {
    const bucket = await this.bucket(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  }

  async buckets(): Promise<BucketDocument[]> {
    const names = (await namesIn(join(this.#root, 'buckets'))).sort();
    const found = await Promise.all(names.map((name) => this.bucket(name)));
    return found.filter((bucket) => bucket !== undefined);
  }

  /** @returns false where the bucket is there already */
  async createBucket(bucket: BucketDocument): Promise<boolean> {
    const folder = this.folderOf(bucket.name);
    for (const name of ['objects', 'uploads']) await this.files.folder(join(folder, name));
    return await this.files.create(join(folder, 'bucket.json'), JSON.stringify(bucket));
  }

  /** Removes a bucket that is empty. @returns false where it isn't */
  async deleteBucket(name: string): Promise<boolean> {
    for await (const _object of this.objects(name, '')) return false;
    await this.discard(this.folderOf(name));
    return true;
  }

  /** Takes a folder away at once, then empties it. @returns false where somebody else did */
  async discard(folder: string): Promise<boolean> {
    const trash = join(this.#root, 'trash', randomBytes(8).toString('hex'));
    try {
      await this.files.move(folder, trash);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    await rm(trash, { recursive: true, force: true });
    return true;
  }

  #objectFolder(bucket: string, key: string): string {
    return join(this.folderOf(bucket), 'objects', ...keyPath(key));
  }

  /** The object as it stands. */
  async object(bucket: string, key: string): Promise<ObjectDocument | undefined> {
    return await documentIn(this.#objectFolder(bucket, key));
  }

  /**
   * Writes the next version of an object, while nobody else does.
   * @param decide judges the object as it stands: gives the new version, `gone`, or `same` to leave it; what it throws is
   *   thrown
   */
  async write(
    bucket: string,
    key: string,
    decide: (current: ObjectDocument | undefined) => ObjectDocument | 'gone' | 'same',
  ): Promise<void> {
    await this.holding(bucket, key, async (current, path) => {
      const next = decide(current);
      if (next === 'same') return;
      if (next === 'gone') await this.files.remove(path);
      else await this.files.replace(path, JSON.stringify(next));
      // What only the old version needs goes last: a crash before leaves bytes that nothing names, for sweep.
      const needed = new Set(next === 'gone' ? [] : segmentsOf(next).map(({ blob }) => blob));
      if (current !== undefined)
        await this.blobs.remove(segmentsOf(current).filter(({ blob }) => !needed.has(blob)));
    });
  }

  /** Works with an object as it stands, while nobody writes it; `path` is its document's. */
  async holding(
    bucket: string,
    key: string,
    work: (current: ObjectDocument | undefined, path: string) => Promise<void>,
  ): Promise<void> {
    const folder = this.#objectFolder(bucket, key);
    await holding(folder, this.files, async () => work(await documentIn(folder), join(folder, DOCUMENT)));
  }

  /** The objects whose keys begin with `prefix` and come after `after`, in the order of their keys' bytes. */
  async *objects(bucket: string, prefix: string, after = ''): AsyncGenerator<ObjectDocument, void> {
    const keys = await this.#keysAfter(bucket, prefix, after);
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const group = keys.slice(at, at + AT_ONCE);
      const documents = await Promise.all(group.map((key) => this.object(bucket, key)));
      for (const document of documents) if (document !== undefined) yield document;
    }
  }

  async #keysAfter(bucket: string, prefix: string, after: string): Promise<string[]> {
    const keys: string[] = [];
    await this.#collect(join(this.folderOf(bucket), 'objects'), [], encodedKey(prefix), keys);
    const start = Buffer.from(after);
    // Each key becomes bytes once, not once a comparison: a bucket may hold many thousands.
    return keys
      .map((key) => ({ key, bytes: Buffer.from(key) }))
      .filter(({ bytes }) => Buffer.compare(bytes, start) > 0)
      .sort((one, other) => Buffer.compare(one.bytes, other.bytes))
      .map(({ key }) => key);
  }

  /** Adds the keys below a folder whose encoded form begins with `prefix`. */
  async #collect(folder: string, path: readonly string[], prefix: string, keys: string[]): Promise<void> {
    for (const name of await namesIn(folder)) {
      // A folder that is being made.
      if (name.startsWith('.')) continue;
      const whole = [...path, name];
      const encoded = joined(whole);
      if (isPart(name)) {
        if (encoded.startsWith(prefix) || prefix.startsWith(encoded))
          await this.#collect(join(folder, name), whole, prefix, keys);
      } else if (encoded.startsWith(prefix)) keys.push(keyOf(whole));
    }
  }

  /** Removes what was taken away by those who died before they had emptied it. */
  async emptyTrash(): Promise<void> {
    const trash = join(this.#root, 'trash');
    for (const name of await namesIn(trash)) await rm(join(trash, name), { recursive: true, force: true });
  }
}

/** The order of S3's listings: that of the bytes of UTF-8. */
export const byBytes = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other));

async function documentIn(folder: string): Promise<ObjectDocument | undefined> {
  const text = await textOrNothing(join(folder, DOCUMENT));
  return text === undefined ? undefined : (JSON.parse(text) as ObjectDocument);
}

export const segmentsOf = ({ content }: ObjectDocument): readonly Segment[] =>
  content.kind === 'segments' ? content.segments : [];
