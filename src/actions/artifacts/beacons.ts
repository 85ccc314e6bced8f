import type { Bucket } from '../../aws/ports.ts';
import type { Role } from '../../catalogue/role.ts';
import { RolecallError } from '../../errors.ts';
import type { LaunchId } from '../../model.ts';
import { beaconLines, type PinnedBeacon } from '../../schemes/beacon.ts';
import { checkValue } from '../../schemes/lines.ts';

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
