import type { Bucket } from '../aws/ports.ts';
import type { BucketName } from '../aws/s3.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { UsageError } from '../errors.ts';
import { type CloudWords, findPlace, type Place } from './cloud.ts';
import type { Runtime } from './runtime.ts';

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
  runtime: Runtime,
): Promise<OpenBucket> {
  const name = bucketOf(catalogue);
  const place = await findPlace(words, region, runtime, { bucket: { name, region } });
  return { bucket: await bucketIn(place, catalogue), place, close: place.close };
}

/** The catalogue's bucket in a place that is connected already. @throws UsageError where the catalogue names no bucket */
export async function bucketIn(place: Place, catalogue: Catalogue): Promise<Bucket> {
  const { connectBucket } = await import('../aws/s3.ts');
  return connectBucket(place.target, bucketNameOf(catalogue, place), place.tools);
}

/** The same for a loop that asks again anyway; undefined where the catalogue has no bucket, or no beacons. */
export async function beaconStore(
  place: Place,
  catalogue: Catalogue | undefined,
): Promise<Bucket | undefined> {
  if (!catalogue?.beacons) return undefined;
  const { connectBucket } = await import('../aws/s3.ts');
  return connectBucket(place.target, bucketNameOf(catalogue, place), { ...place.tools, polling: true });
}

type BucketSettings = Pick<Catalogue, 'bucket' | 'bucketOwner' | 'prefix' | 'label'>;

/** The catalogue's bucket as requests name it. The local cloud has an account of its own, and is asked for no owner. */
export const bucketNameOf = (catalogue: BucketSettings, { local }: Pick<Place, 'local'>): BucketName => ({
  bucket: bucketOf(catalogue),
  prefix: catalogue.prefix,
  owner: local === undefined ? catalogue.bucketOwner : undefined,
});

/** @throws UsageError where the catalogue names no bucket */
export function bucketOf({ bucket, label }: Pick<Catalogue, 'bucket' | 'label'>): string {
  if (bucket !== undefined) return bucket;
  throw new UsageError(`${label} names no bucket`, {
    hint: 'write bucket: NAME at its top level: builds, their pointers and the records of launches lie there',
  });
}
