import type { Bucket } from '../../aws/ports.ts';
import type { Clock } from '../../clock.ts';
import { UsageError } from '../../errors.ts';
import type { PinnedBeacon } from '../../schemes/beacon.ts';
import type { Payload } from '../../schemes/payload.ts';
import type { LaunchRequest } from '../launch-request.ts';
import type { Pins } from './artifacts.ts';
import type { BeaconPin } from './beacons.ts';
import type { Pin } from './build.ts';
import type { BundlePin } from './bundle.ts';

/** What of the pins stands in the payload. */
interface PayloadPins {
  readonly build?: Pick<Pin, 'pinned'> | undefined;
  readonly bundle?: Pick<BundlePin, 'pinned'> | undefined;
  readonly beacon?: BeaconPin | undefined;
}

/** The same with what its machines get, before anything is sent. */
export interface Intent extends LaunchRequest {
  readonly pins: Pins;
  readonly payload: Payload;
}

type PayloadDraft = Pick<LaunchRequest, 'role' | 'launch' | 'nonce'>;

/**
 * The payload of a role: the scheme's whose pin there is. Made anew for each batch whose pins differ. Beacons that there is
 * no room for are left out.
 * @throws UsageError for one that is too large even so
 */
export async function payloadFor(draft: PayloadDraft, pins: PayloadPins): Promise<Payload> {
  const beacon = pins.beacon?.pinned;
  if (beacon === undefined) return await schemePayload(draft, pins);
  try {
    return await schemePayload(draft, pins, beacon);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Whatever else is wrong with it is told again.
    return await schemePayload(draft, pins);
  }
}

/** Whether the machines that get this payload send beacons. */
export const sendsBeacons = ({ text }: Payload): boolean => /^rolecall_beacon_url=/m.test(text);

async function schemePayload(
  { role, launch, nonce }: PayloadDraft,
  { build, bundle }: PayloadPins,
  beacon?: PinnedBeacon,
): Promise<Payload> {
  if (bundle === undefined) {
    const { personalityPayload } = await import('../../schemes/personality/payload.ts');
    return personalityPayload(role, { launch, nonce, pinned: build?.pinned, beacon });
  }
  const [{ startUpPayload }, { startUpTemplate }] = await Promise.all([
    import('../../schemes/start-up-bundle/payload.ts'),
    import('./bundle.ts'),
  ]);
  return startUpPayload(role, { launch, nonce, bundle: bundle.pinned, beacon }, startUpTemplate());
}

/** Renders the payload. */
export async function completeIntent(draft: LaunchRequest, pins: Pins): Promise<Intent> {
  return { ...draft, pins, payload: await payloadFor(draft, pins) };
}

/** A URL that machines of a later batch would find expired is signed anew. */
const LEAST_MS = 3_600_000;

/**
 * The payload of each batch. The forms for its beacons are signed when it is made, since their life is the batch's; a
 * bundle's URL that is about to end is signed again, since a roll-out may take longer. An open batch of another launch, which
 * is settled, gets forms of that launch.
 * @param bucket the catalogue's; undefined where it has none
 */
export const payloadsOf =
  (draft: PayloadDraft, pins: Pins, bucket: Bucket | undefined, clock: Pick<Clock, 'now'>) =>
  async (): Promise<Payload> =>
    await payloadFor(draft, bucket === undefined ? pins : await signedAnew(draft, pins, bucket, clock.now()));

async function signedAnew(
  { role, launch }: PayloadDraft,
  pins: Pins,
  bucket: Bucket,
  now: number,
): Promise<Pins> {
  const { bundle, beacon } = pins;
  const ends = bundle?.published?.expiresAt;
  const isEnding = ends !== undefined && ends - now < LEAST_MS;
  return {
    ...pins,
    ...(beacon?.pinned !== undefined && {
      beacon: await (await import('./beacons.ts')).pinBeacon(launch, role, bucket),
    }),
    ...(bundle?.published !== undefined &&
      isEnding && {
        bundle: {
          ...bundle,
          pinned: {
            ...bundle.pinned,
            url: (await bucket.presignGet(bundle.published.key, (role.bundle?.expiresMs ?? LEAST_MS) / 1000))
              .url,
          },
        },
      }),
  };
}

/** What people should know of the pins before machines get them. */
export const pinNotices = (pins: Pins, payload: Payload): string[] =>
  [pins.build?.notice, pins.bundle?.notice, beaconNotice(pins, payload)].filter(
    (notice) => notice !== undefined,
  );

/** Why the machines of a launch send no beacons, though they were meant to. */
function beaconNotice({ beacon }: Pins, payload: Payload): string | undefined {
  if (beacon?.pinned === undefined || sendsBeacons(payload)) return beacon?.notice;
  return 'no beacons, the console alone tells how machines boot: the payload has no room for them';
}
