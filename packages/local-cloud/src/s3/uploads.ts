import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { codeOf } from '../errno.ts';
import { lives, thisProcess } from '../holder.ts';
import type { PartDocument, UploadDocument } from './document.ts';
import { namesIn, textOrNothing } from './files.ts';
import { noSuchUpload } from './s3-error.ts';
import { byBytes, type ObjectStore, segmentsOf } from './store.ts';

/** Where an upload lies while it is ended, and by whom: nobody else can add to it, end it or complete it then. */
const CLAIMED = /^([0-9a-f]{32})\.claimed(?:\.(.*))?$/;

/** Uploads in parts: a folder each, with a document a part. The parts' blobs become the object's, without a copy. */
export class Uploads {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  #folder(bucket: string, id: string): string {
    // An id from outside must not lead elsewhere.
    if (!/^[0-9a-f]{32}$/.test(id)) throw noSuchUpload(id);
    return join(this.#all(bucket), id);
  }

  #all(bucket: string): string {
    return join(this.#store.folderOf(bucket), 'uploads');
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
    const folder = this.#folder(bucket, id);
    let upload = await uploadIn(folder);
    if (upload === undefined && (await this.#recover(bucket, id))) upload = await uploadIn(folder);
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
      await this.#store.files.move(join(folder, beside), path);
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
    await this.recover(bucket);
    const folder = this.#all(bucket);
    const ids = (await namesIn(folder)).filter((name) => /^[0-9a-f]{32}$/.test(name));
    const uploads = await Promise.all(ids.map((id) => uploadIn(join(folder, id))));
    return uploads
      .filter((upload) => upload !== undefined)
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
    let used: readonly PartDocument[];
    const parts = await this.#partsIn(claimed);
    try {
      used = await finish(parts);
    } catch (error) {
      await this.#store.files.move(claimed, this.#folder(bucket, id));
      throw error;
    }
    await this.#finished(claimed, parts, new Set(used.map(({ segment }) => segment.blob)));
  }

  /** Removes an upload whose object is there. The folder goes first, at once: a crash leaves blobs that nothing names. */
  async #finished(
    claimed: string,
    parts: readonly PartDocument[],
    named: ReadonlySet<string>,
  ): Promise<void> {
    await this.#store.discard(claimed);
    await this.#store.blobs.remove(
      parts.map(({ segment }) => segment).filter(({ blob }) => !named.has(blob)),
    );
  }

  /** One of those who end an upload at the same time gets it. @throws S3Error NoSuchUpload for the others */
  async #claim(bucket: string, id: string): Promise<string> {
    const folder = this.#folder(bucket, id);
    const claimed = `${folder}.claimed.${thisProcess()}`;
    try {
      // It lasts before the object is written: else the upload might come back beside the object, and own its bytes.
      await this.#store.files.move(folder, claimed);
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? noSuchUpload(id) : error;
    }
    return claimed;
  }

  /** Brings the uploads of a bucket to an end, or back, that died with the process which was ending them. */
  async recover(bucket: string): Promise<void> {
    for (const id of new Set((await this.#abandoned(bucket)).map(([of]) => of)))
      await this.#recover(bucket, id);
  }

  /** The claims of processes that are gone. */
  async #abandoned(bucket: string): Promise<(readonly [id: string, claimed: string])[]> {
    return (await namesIn(this.#all(bucket))).flatMap((name) => {
      const [, id, holder = ''] = CLAIMED.exec(name) ?? [];
      return id === undefined || lives(holder) ? [] : [[id, join(this.#all(bucket), name)] as const];
    });
  }

  /** @returns whether there was a claim to recover */
  async #recover(bucket: string, id: string): Promise<boolean> {
    const claimOf = async () => (await this.#abandoned(bucket)).find(([of]) => of === id)?.[1];
    const claimed = await claimOf();
    if (claimed === undefined) return false;
    const upload = await uploadIn(claimed);
    // Its document went when it was removed, so after its object was written.
    if (upload === undefined) await this.#store.discard(claimed);
    else
      await this.#store.holding(bucket, upload.key, async (current) => {
        // Somebody else may have recovered it while this waited.
        if ((await claimOf()) !== claimed) return;
        const parts = await this.#partsIn(claimed);
        const named = new Set(current === undefined ? [] : segmentsOf(current).map(({ blob }) => blob));
        if (await this.#isCompleted(parts, named)) await this.#finished(claimed, parts, named);
        else await this.#store.files.move(claimed, this.#folder(bucket, id));
      });
    return true;
  }

  /** Whether the object was written: it has the parts' bytes, or it has been replaced since, and they went with it. */
  async #isCompleted(parts: readonly PartDocument[], named: ReadonlySet<string>): Promise<boolean> {
    if (parts.some(({ segment }) => named.has(segment.blob))) return true;
    const there = await Promise.all(parts.map(({ segment }) => this.#store.blobs.exists(segment)));
    return there.includes(false);
  }
}

async function uploadIn(folder: string): Promise<UploadDocument | undefined> {
  const text = await textOrNothing(join(folder, 'upload.json'));
  return text === undefined ? undefined : (JSON.parse(text) as UploadDocument);
}
