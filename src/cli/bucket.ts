import type { Bucket } from '../aws/ports.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { UsageError } from '../errors.ts';
import { type CloudWords, findPlace, type Place } from './cloud.ts';
import type { Host } from './host.ts';

/** The catalogue's bucket, as a command uses it. */
export interface OpenBucket {
  readonly bucket: Bucket;
  readonly place: Place;
  /** Ends a local cloud that was started for it; what was stored stays. */
  close(): Promise<void>;
}

/**
 * Connects to the catalogue's bucket, on AWS or (with `--local`) in the local cloud: the one that is up, else one for this
 * command alone. Nothing is asked of AWS yet.
 * @throws UsageError where the catalogue names no bucket
 */
export async function openBucket(
  words: CloudWords,
  catalogue: Catalogue,
  region: string,
  host: Host,
): Promise<OpenBucket> {
  const name = bucketOf(catalogue);
  const place = await findPlace(words, region, host, { bucket: { name, region } });
  return { bucket: await bucketIn(place, catalogue), place, close: place.close };
}

/** The catalogue's bucket in a place that is connected already. @throws UsageError where the catalogue names no bucket */
export async function bucketIn({ target, tools }: Place, catalogue: Catalogue): Promise<Bucket> {
  const { connectBucket } = await import('../aws/s3.ts');
  return connectBucket(target, { bucket: bucketOf(catalogue), prefix: catalogue.prefix }, tools);
}

/** The same for a loop that asks again anyway; undefined where the catalogue has no bucket, or no beacons. */
export async function beaconStore(
  { target, tools }: Place,
  catalogue: Catalogue | undefined,
): Promise<Bucket | undefined> {
  if (!catalogue?.beacons) return undefined;
  const { connectBucket } = await import('../aws/s3.ts');
  const name = { bucket: bucketOf(catalogue), prefix: catalogue.prefix };
  return connectBucket(target, name, { ...tools, polling: true });
}

/** @throws UsageError where the catalogue names no bucket */
export function bucketOf({ bucket, label }: Catalogue): string {
  if (bucket !== undefined) return bucket;
  throw new UsageError(`${label} names no bucket`, {
    hint: 'write bucket: NAME at its top level: builds, their pointers and the records of launches lie there',
  });
}
