import { readLaunch } from '../../launch/book.ts';
import type { LaunchRequest } from '../launch-request.ts';
import { requireBucket, type Session } from '../session.ts';
import type { BeaconForms } from './beacons.ts';
import type { BuildChoice } from './build.ts';
import { personalityArtifacts } from './personality.ts';
import type { Making, SchemeArtifacts } from './scheme.ts';

/** What all machines of a launch get. */
export interface Artifacts extends SchemeArtifacts {
  /** How they send beacons; absent where the catalogue has no bucket, or wants none. */
  readonly beacon?: BeaconForms | undefined;
}

/** For a launch that launches nothing. */
export const NO_ARTIFACTS: Artifacts = personalityArtifacts();

/**
 * What the machines of this launch get by their scheme, and the forms for beacons.
 * @param session without `records` no earlier run of the launch is looked for
 */
export async function artifactsOf(
  { role, launch, isNew, source }: LaunchRequest,
  choice: BuildChoice,
  session: Pick<Session, 'bucket' | 'catalogue' | 'runtime'> & Partial<Pick<Session, 'records'>>,
  purpose: Making['purpose'] = 'launch',
): Promise<Artifacts> {
  const bucket = () => requireBucket(session);
  const { runtime } = session;
  // A session opens its records where they are asked for.
  const recorded = async () => {
    const { records } = isNew ? {} : session;
    return records && (await readLaunch(records, launch))?.build;
  };
  const artifacts = await source.make({ role, launch, choice, purpose, bucket, recorded, runtime });
  if (!role.beacons) return artifacts;
  const { signBeaconForms } = await import('./beacons.ts');
  return { ...artifacts, beacon: await signBeaconForms(launch, role, bucket()) };
}
