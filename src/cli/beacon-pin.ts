import type { Bucket, PresignedPost } from '../aws/ports.ts';
import type { Role } from '../catalogue/role.ts';
import { RolecallError } from '../errors.ts';
import type { LaunchId } from '../nouns.ts';
import type { PinnedBeacon } from '../payload/beacon.ts';

/** As long as presigned URLs: seven days, or until the credentials that signed it end. */
const EXPIRES_SECONDS = 604_800;
/** A beacon holds the run's last markers. */
const MAX_BEACON_BYTES = 8_192;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** How the machines of a batch send beacons. */
export interface BeaconPin {
  /** Absent where nothing could be signed. */
  readonly pinned?: PinnedBeacon;
  /** Why there are none. */
  readonly notice?: string;
}

/**
 * Signs the forms with which machines send beacons and boot logs; asks nothing of S3. Failing is no reason not to launch:
 * the notice then says so.
 * @param bucket the catalogue's
 */
export async function pinBeacon(launch: LaunchId, bucket: Bucket): Promise<BeaconPin> {
  try {
    return { pinned: await signed(launch, bucket) };
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error;
    return { notice: `no beacons, the console alone tells how machines boot: ${error.message}` };
  }
}

async function signed(launch: LaunchId, bucket: Bucket): Promise<PinnedBeacon> {
  const expiresSeconds = EXPIRES_SECONDS;
  for (;;) {
    const beacon = await bucket.presignPost({
      keyPrefix: `beacons/${launch}/`,
      maxBytes: MAX_BEACON_BYTES,
      expiresSeconds,
    });
    const log = await bucket.presignPost({
      keyPrefix: `logs/${launch}/`,
      maxBytes: MAX_LOG_BYTES,
      expiresSeconds,
    });
    // Both share what else would stand in a payload twice; between two seconds they don't.
    if (!sharesSigner(beacon, log)) continue;
    const { url, credential, date, token, policy, signature } = beacon;
    const { prefix } = bucket;
    return {
      url,
      prefix,
      credential,
      date,
      token,
      policy,
      signature,
      log: { policy: log.policy, signature: log.signature },
    };
  }
}

const sharesSigner = (one: PresignedPost, other: PresignedPost): boolean =>
  one.credential === other.credential && one.date === other.date && one.token === other.token;

/** What a launch would send beacons with, of about the real one's length; nothing is signed. */
export function previewBeacon({ bucket = '', prefix, region }: Role): PinnedBeacon {
  // What a policy holds beside these is as long for every launch, but for temporary credentials' token.
  const policyBytes = 300 + bucket.length + prefix.length + region.length;
  const policy = Buffer.from('made at launch'.padEnd(policyBytes)).toString('base64');
  const signature = '0'.repeat(64);
  return {
    url: `https://${bucket}.s3.${region}.amazonaws.com/`,
    prefix,
    credential: `${'made-at-launch'.padEnd(20, '-')}/20260101/${region}/s3/aws4_request`,
    date: '20260101T000000Z',
    policy,
    signature,
    log: { policy, signature },
  };
}
