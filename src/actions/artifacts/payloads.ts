import type { Bucket } from '../../aws/ports.ts';
import type { Clock } from '../../clock.ts';
import { UsageError } from '../../errors.ts';
import type { Payload } from '../../schemes/payload.ts';
import type { LaunchRequest } from '../launch-request.ts';
import type { Artifacts } from './artifacts.ts';

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
  const { signBeaconForms } = await import('./beacons.ts');
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
