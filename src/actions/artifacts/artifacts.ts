import type { Bucket } from '../../aws/ports.ts';
import type { Role } from '../../catalogue/role.ts';
import type { Clock } from '../../clock.ts';
import { RolecallError, UsageError } from '../../errors.ts';
import { readLaunch } from '../../launch/book.ts';
import type { LaunchId } from '../../model.ts';
import { beaconLines, type PinnedBeacon } from '../../schemes/beacon.ts';
import { checkValue } from '../../schemes/lines.ts';
import type { Payload } from '../../schemes/payload.ts';
import type { LaunchRequest } from '../launch-request.ts';
import { requireBucket, type Session } from '../session.ts';
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
  return { ...artifacts, beacon: await signBeaconForms(launch, role, bucket()) };
}

/** The same with what its machines get, before anything is sent. */
export interface Intent extends LaunchRequest {
  readonly artifacts: Artifacts;
  readonly payload: Payload;
}

type PayloadDraft = Pick<LaunchRequest, 'role' | 'launch' | 'nonce'>;

/**
 * The payload of a role. Made anew for each batch whose artifacts differ. Beacons that there is no room for are left out.
 * @throws UsageError for one that is too large even so
 */
export function payloadFor(
  { role, launch, nonce }: PayloadDraft,
  { payload, beacon: forms }: Pick<Artifacts, 'payload' | 'beacon'>,
): Payload {
  const input = { role, launch, nonce };
  const beacon = forms?.pinned;
  if (beacon === undefined) return payload(input);
  try {
    return payload({ ...input, beacon });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Whatever else is wrong with it is told again.
    return payload(input);
  }
}

/** Whether the machines that get this payload send beacons. */
export const sendsBeacons = ({ text }: Payload): boolean => /^rolecall_beacon_url=/m.test(text);

/** Renders the payload. */
export const completeIntent = (draft: LaunchRequest, artifacts: Artifacts): Intent => ({
  ...draft,
  artifacts,
  payload: payloadFor(draft, artifacts),
});

/**
 * The payload of each batch. The forms for its beacons are signed when it is made, since their life is the batch's; a
 * bundle's URL that is about to end is signed again, since a roll-out may take longer. An open batch of another launch, which
 * is settled, gets forms of that launch.
 * @param bucket the catalogue's; undefined where it has none
 */
export const payloadsOf =
  (draft: PayloadDraft, artifacts: Artifacts, bucket: Bucket | undefined, clock: Pick<Clock, 'now'>) =>
  async (): Promise<Payload> =>
    payloadFor(
      draft,
      bucket === undefined ? artifacts : await signedAnew(draft, artifacts, bucket, clock.now()),
    );

async function signedAnew(
  { role, launch }: PayloadDraft,
  artifacts: Artifacts,
  bucket: Bucket,
  now: number,
): Promise<Artifacts> {
  const { beacon, renewed } = artifacts;
  const lasting = renewed === undefined ? artifacts : await renewed(bucket, now);
  if (beacon?.pinned === undefined) return { ...lasting, beacon };
  return { ...lasting, beacon: await signBeaconForms(launch, role, bucket) };
}

/** What people should know of the artifacts before machines get them. */
export function artifactNotices(
  { notices, beacon }: Pick<Artifacts, 'notices' | 'beacon'>,
  payload: Payload,
): string[] {
  const hasNoRoom = beacon?.pinned !== undefined && !sendsBeacons(payload);
  const notice = hasNoRoom ? NO_ROOM : beacon?.notice;
  return notice === undefined ? [...notices] : [...notices, notice];
}

/** Why the machines of a launch send no beacons, though they were meant to. */
const NO_ROOM = 'no beacons, the console alone tells how machines boot: the payload has no room for them';

/**
 * How long forms outlive the timeout, in seconds. The timeout counts from running: 15 minutes for the way there, and for
 * the boot log. And S3's clock may be 15 minutes ahead of ours: it refuses requests (RequestTimeTooSkewed) only beyond that.
 */
const MARGIN_SECONDS = 30 * 60;
/** A beacon holds the run's last markers. */
const MAX_BEACON_BYTES = 8_192;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** How the machines of a batch send beacons. */
export interface BeaconForms {
  /** Absent where nothing could be signed. */
  readonly pinned?: PinnedBeacon;
  /** Why there are none, or only for a part of the boot. */
  readonly notice?: string;
}

/**
 * Signs the forms with which the machines of one batch send beacons and boot logs, good for the role's timeout and a margin.
 * S3 is asked nothing. A failure doesn't stop the launch: the notice then says why there are no beacons.
 * @param bucket the catalogue's
 */
export async function signBeaconForms(
  launch: LaunchId,
  { timeoutMs }: Pick<Role, 'timeoutMs'>,
  bucket: Bucket,
): Promise<BeaconForms> {
  try {
    const { url, credential, date, token, forms, seconds, expiresAt } = await bucket.presignForms(
      {
        beacon: { keyPrefix: `beacons/${launch}/`, maxBytes: MAX_BEACON_BYTES },
        log: { keyPrefix: `logs/${launch}/`, maxBytes: MAX_LOG_BYTES },
      },
      Math.ceil(timeoutMs / 1000) + MARGIN_SECONDS,
    );
    const { beacon, log } = forms;
    const pinned: PinnedBeacon = { url, prefix: bucket.prefix, credential, date, token, ...beacon, log };
    // The box would refuse the whole payload.
    for (const line of beaconLines(pinned)) checkValue(line);
    if (seconds * 1000 >= timeoutMs) return { pinned };
    const ends = new Date(expiresAt).toISOString();
    return {
      pinned,
      notice: `beacons end at ${ends}, with the credentials that sign them and before the timeout: later only the console tells how machines boot`,
    };
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return { notice: `no beacons, the console alone tells how machines boot: ${error.message}` };
  }
}
