import type { Bucket } from '../aws/ports.ts';
import type { Clock } from '../io/clock.ts';
import type { Payload } from '../payload/payload.ts';
import { type Draft, type Pins, payloadFor } from './intent.ts';

/** A URL that machines of a later batch would find expired is signed anew. */
const LEAST_MS = 3_600_000;

/**
 * The payload of each batch: the forms for its beacons are signed when it is made, and a bundle's URL that is about to end is
 * signed again. A roll-out may take longer than a signature.
 * @param bucket the catalogue's; undefined where it has none
 */
export const payloadsOf =
  (
    draft: Pick<Draft, 'role' | 'launch' | 'nonce'>,
    pins: Pins,
    bucket: Bucket | undefined,
    clock: Pick<Clock, 'now'>,
  ) =>
  async (batch: number): Promise<Payload> => {
    // The first batch goes out at once, with what has just been signed.
    if (batch === 1 || bucket === undefined) return await payloadFor(draft, pins);
    return await payloadFor(draft, await signedAnew(draft, pins, bucket, clock.now()));
  };

async function signedAnew(
  { role, launch }: Pick<Draft, 'role' | 'launch'>,
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
      beacon: await (await import('./beacon-pin.ts')).pinBeacon(launch, bucket),
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
