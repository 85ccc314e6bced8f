import { readLaunch } from '../../launch/book.ts';
import type { LaunchRequest } from '../launch-request.ts';
import type { Runtime } from '../runtime.ts';
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
 * @param purpose preview: for a look only; nothing is published, and nothing may be launched with it
 */
export const artifactsOf = (
  draft: LaunchRequest,
  choice: BuildChoice,
  session: Session,
  purpose: 'launch' | 'preview' = 'launch',
): Promise<Artifacts> =>
  made(draft, {
    choice,
    purpose,
    bucket: () => requireBucket(session),
    recorded: async () =>
      draft.isNew ? undefined : (await readLaunch(session.records, draft.launch))?.build,
    runtime: session.runtime,
  });

/** What of the artifacts takes signatures alone, for a look: S3 is asked nothing, and nothing is published. */
export const signedArtifacts = (
  draft: LaunchRequest,
  from: Pick<Session, 'bucket' | 'catalogue'>,
  runtime: Runtime,
): Promise<Artifacts> =>
  made(draft, {
    choice: {},
    purpose: 'signed',
    bucket: () => requireBucket(from),
    recorded: async () => undefined,
    runtime,
  });

async function made(
  { role, launch, source }: LaunchRequest,
  making: Omit<Making, 'role' | 'launch'>,
): Promise<Artifacts> {
  const artifacts = await source.make({ role, launch, ...making });
  if (!role.beacons) return artifacts;
  const { signBeaconForms } = await import('./beacons.ts');
  return { ...artifacts, beacon: await signBeaconForms(launch, role, making.bucket()) };
}
