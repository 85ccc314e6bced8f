import type { Bucket } from '../../aws/ports.ts';
import type { Role } from '../../catalogue/role.ts';
import { readLaunch } from '../../launch/book.ts';
import type { LaunchId } from '../../model.ts';
import type { LaunchRequest } from '../launch-request.ts';
import type { Runtime } from '../runtime.ts';
import { requireBucket, type Session } from '../session.ts';
import type { BeaconPin } from './beacons.ts';
import type { BuildChoice, Pin } from './build.ts';
import type { BundlePin } from './bundle.ts';

/** What all machines of a launch get. */
export interface Pins {
  /** The build that they deploy; absent for a role that deploys none. */
  readonly build?: Pin | undefined;
  /** The bundle that they start from; a role without modules has none. */
  readonly bundle?: BundlePin | undefined;
  /** How they send beacons; absent where the catalogue has no bucket, or wants none. */
  readonly beacon?: BeaconPin | undefined;
}

/**
 * The build of this launch (an earlier run's, where it isn't new), or its bundle, and the forms for beacons.
 * @param preview for a look only: the bundle is not published, and nothing may be launched with it
 */
export async function pinsOf(
  draft: LaunchRequest,
  choice: BuildChoice,
  session: Session,
  { preview = false }: { readonly preview?: boolean } = {},
): Promise<Pins> {
  const { role, bundle, launch, isNew } = draft;
  if (role.app === undefined && bundle === undefined && !role.beacons) return {};
  const bucket = requireBucket(session);
  const { records, runtime } = session;
  if (bundle !== undefined) {
    if (preview) return await signedPins(draft, bucket, runtime);
    const { pinBundle } = await import('./bundle.ts');
    return {
      bundle: await pinBundle(bundle, launch, bucket, runtime),
      ...(await beaconOf(role, launch, bucket)),
    };
  }
  const recorded = isNew ? undefined : (await readLaunch(records, launch))?.build;
  return {
    build: await (await import('./build.ts')).pinBuild(role, bucket, choice, recorded),
    ...(await beaconOf(role, launch, bucket)),
  };
}

/** What of the pins takes signatures alone, for a look: S3 is asked nothing, and nothing is published. */
export async function signedPins(
  { role, bundle, launch }: LaunchRequest,
  bucket: Bucket,
  runtime: Runtime,
): Promise<Pins> {
  const beacon = await beaconOf(role, launch, bucket);
  if (bundle === undefined) return beacon;
  const { previewBundle } = await import('./bundle.ts');
  return { bundle: await previewBundle(bundle, launch, bucket, runtime), ...beacon };
}

async function beaconOf(role: Role, launch: LaunchId, bucket: Bucket): Promise<Pick<Pins, 'beacon'>> {
  if (!role.beacons) return {};
  return { beacon: await (await import('./beacons.ts')).pinBeacon(launch, role, bucket) };
}
