import type { Bucket } from '../aws/ports.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import type { LaunchRecords } from '../launch/records.ts';
import type { BeaconStore } from '../watch/beacons.ts';
import { beaconStore, bucketIn } from './bucket.ts';
import { type Cloud, type CloudWords, connectCloud } from './cloud.ts';
import { recordsOf } from './records.ts';
import type { Runtime } from './runtime.ts';

/** Where machines of a role are launched and watched. */
export interface LaunchPlace {
  readonly cloud: Cloud;
  readonly records: LaunchRecords;
  /** The catalogue's; undefined where it has none. */
  readonly bucket: Bucket | undefined;
  /** Where the role's machines send beacons, if it wants any. */
  readonly beacons: BeaconStore | undefined;
}

/**
 * Connects to where machines of a role are launched, for as long as the work takes.
 * @param alone in a local cloud of its own, though another may be up
 */
export async function inLaunchPlace<T>(
  words: CloudWords,
  role: Role,
  catalogue: Catalogue,
  runtime: Runtime,
  work: (place: LaunchPlace) => Promise<T>,
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<T> {
  const { region, ami } = role;
  const name = catalogue.bucket;
  const needs = { alone, image: { catalogue, ami }, ...(name !== undefined && { bucket: { name, region } }) };
  const cloud = await connectCloud(words, region, runtime, needs);
  try {
    const records = await recordsOf(cloud, catalogue, runtime);
    const bucket = name === undefined ? undefined : await bucketIn(cloud, catalogue);
    const beacons = role.beacons ? await beaconStore(cloud, catalogue) : undefined;
    return await work({ cloud, records, bucket, beacons });
  } finally {
    await cloud.close();
  }
}
