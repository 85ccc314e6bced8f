import { join } from 'node:path';
import { namesIn, textOrNothing } from './files.ts';
import { type ObjectStore, segmentsOf } from './store.ts';
import { Uploads } from './uploads.ts';

/**
 * Removes what crashes have left: uploads that were being ended, and old blobs that nothing names.
 * @param now epoch milliseconds by the clock of the disk's files
 */
export async function sweep(store: ObjectStore, now: number): Promise<void> {
  await store.emptyTrash();
  const uploads = new Uploads(store);
  const named = new Set<string>();
  for (const { name } of await store.buckets()) {
    await uploads.recover(name);
    // Uploads before objects: the parts of one that is completed meanwhile are found in its object.
    for (const blob of await blobsOfUploads(join(store.folderOf(name), 'uploads'))) named.add(blob);
    for await (const document of store.objects(name, ''))
      for (const { blob } of segmentsOf(document)) named.add(blob);
  }
  await store.blobs.sweep(named, now);
}

/** What the uploads name, those that are being ended too. */
async function blobsOfUploads(folder: string): Promise<readonly string[]> {
  const blobs: string[] = [];
  for (let names = await namesIn(folder), last = ''; names.join() !== last; names = await namesIn(folder)) {
    // Again where a name has changed: an upload may have been claimed before its parts were read.
    last = names.join();
    for (const name of names)
      for (const part of await namesIn(join(folder, name))) {
        const text = (await textOrNothing(join(folder, name, part))) ?? '';
        for (const [, blob = ''] of text.matchAll(/"blob":"([0-9a-f]{32})"/g)) blobs.push(blob);
      }
  }
  return blobs;
}
