import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartDocument, UploadDocument } from './document.ts';
import { codeOf, namesIn, textOrNothing } from './files.ts';
import { noSuchUpload } from './s3-error.ts';
import { byBytes, type ObjectStore } from './store.ts';

/** Where an upload lies while it is completed: nobody else can add to it, end it or complete it then. */
const CLAIMED = '.claimed';

/** Uploads in parts: a folder each, with a document a part. The parts' blobs become the object's, without a copy. */
export class Uploads {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  #folder(bucket: string, id: string): string {
    // An id from outside must not lead elsewhere.
    if (!/^[0-9a-f]{32}$/.test(id)) throw noSuchUpload(id);
    return join(this.#store.folderOf(bucket), 'uploads', id);
  }

  async begin(bucket: string, upload: Omit<UploadDocument, 'id'>): Promise<UploadDocument> {
    const document = { ...upload, id: randomBytes(16).toString('hex') };
    const folder = this.#folder(bucket, document.id);
    await this.#store.files.folder(folder);
    await this.#store.files.create(join(folder, 'upload.json'), JSON.stringify(document));
    return document;
  }

  /** @throws S3Error NoSuchUpload */
  async need(bucket: string, key: string, id: string): Promise<UploadDocument> {
    const text = await textOrNothing(join(this.#folder(bucket, id), 'upload.json'));
    const upload = text === undefined ? undefined : (JSON.parse(text) as UploadDocument);
    if (upload?.key !== key) throw noSuchUpload(id);
    return upload;
  }

  /** Keeps a part; the last one of a number counts. @throws S3Error NoSuchUpload */
  async keep(bucket: string, id: string, part: PartDocument): Promise<void> {
    const folder = this.#folder(bucket, id);
    const path = join(folder, `${part.number}.json`);
    const earlier = await textOrNothing(path);
    const beside = `.${part.number}-${randomBytes(8).toString('hex')}`;
    try {
      await this.#store.files.create(join(folder, beside), JSON.stringify(part));
      await rename(join(folder, beside), path);
    } catch (error) {
      await this.#store.blobs.remove([part.segment]);
      throw codeOf(error) === 'ENOENT' ? noSuchUpload(id) : error;
    }
    if (earlier !== undefined)
      await this.#store.blobs.remove([(JSON.parse(earlier) as PartDocument).segment]);
  }

  /** The parts by number, in order. */
  async parts(bucket: string, id: string): Promise<PartDocument[]> {
    return await this.#partsIn(this.#folder(bucket, id));
  }

  async #partsIn(folder: string): Promise<PartDocument[]> {
    const names = (await namesIn(folder)).filter((name) => /^\d+\.json$/.test(name));
    const texts = await Promise.all(names.map((name) => textOrNothing(join(folder, name))));
    return texts
      .flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as PartDocument]))
      .sort((one, other) => one.number - other.number);
  }

  /** The uploads whose keys begin with `prefix`, by key, then by age. */
  async list(bucket: string, prefix: string): Promise<UploadDocument[]> {
    const folder = join(this.#store.folderOf(bucket), 'uploads');
    const ids = (await namesIn(folder)).filter((name) => /^[0-9a-f]{32}$/.test(name));
    const texts = await Promise.all(ids.map((id) => textOrNothing(join(folder, id, 'upload.json'))));
    return texts
      .flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as UploadDocument]))
      .filter(({ key }) => key.startsWith(prefix))
      .sort((one, other) => byBytes(one.key, other.key) || one.initiatedAt - other.initiatedAt);
  }

  /** Ends an upload, with its parts. @throws S3Error NoSuchUpload */
  async abort(bucket: string, id: string): Promise<void> {
    const claimed = await this.#claim(bucket, id);
    const parts = await this.#partsIn(claimed);
    await this.#store.discard(claimed);
    await this.#store.blobs.remove(parts.map(({ segment }) => segment));
  }

  /**
   * Makes an object of an upload: `finish` gets its parts, and gives those that the object consists of; after a failure the
   * upload is as it was.
   * @throws S3Error NoSuchUpload
   */
  async complete(
    bucket: string,
    id: string,
    finish: (parts: readonly PartDocument[]) => Promise<readonly PartDocument[]>,
  ): Promise<void> {
    const claimed = await this.#claim(bucket, id);
    let used: ReadonlySet<number>;
    const parts = await this.#partsIn(claimed);
    try {
      used = new Set((await finish(parts)).map(({ number }) => number));
    } catch (error) {
      await rename(claimed, this.#folder(bucket, id));
      throw error;
    }
    await this.#store.blobs.remove(
      parts.filter(({ number }) => !used.has(number)).map(({ segment }) => segment),
    );
    await rm(claimed, { recursive: true, force: true });
  }

  /** One of those who end an upload at the same time gets it. @throws S3Error NoSuchUpload for the others */
  async #claim(bucket: string, id: string): Promise<string> {
    const folder = this.#folder(bucket, id);
    try {
      await rename(folder, folder + CLAIMED);
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? noSuchUpload(id) : error;
    }
    return folder + CLAIMED;
  }
}
