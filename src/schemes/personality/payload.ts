import type { Role } from '../../catalogue/role.ts';
import type { Build, BuildAccess } from '../../model.ts';
import { beaconLines } from '../beacon.ts';
import { checkedPersonality, checkValue, type Line, sorted, timeoutSeconds } from '../lines.ts';
import { type Payload, type PayloadRun, payloadOf } from '../payload.ts';

/** The build that the machines of a launch deploy, and how they get at it. */
export interface PinnedBuild {
  readonly build: Pick<Build, 'app' | 'tag' | 'archive' | 'sha256'>;
  readonly bucket: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  readonly region: string;
  readonly access: BuildAccess;
  /** Gets the archive without credentials, where the access is presigned. */
  readonly url?: string | undefined;
  /** The S3 endpoint, where it isn't AWS's own. */
  readonly s3Url?: string | undefined;
  /** Builds that a machine keeps; absent: the bootstrapper's default. */
  readonly keep?: number | undefined;
}

/** What the payload of one launch holds beside the role's own keys. */
export interface PersonalityRun extends PayloadRun {
  readonly pinned?: PinnedBuild | undefined;
}

const TOO_LARGE =
  'shorten or remove keys of the personality; what is large belongs in a file that the init script fetches';

/**
 * The user data of scheme A: `key=value` lines, environment, role and context first, the others in byte order.
 * The same role and run give the same bytes.
 * @throws UsageError for a key or value that the box would refuse, for a secret in one, and for more than 16,384 bytes
 */
export function personalityPayload(role: Role, run: PersonalityRun): Payload {
  const [environment, name, context, ...own] = checkedPersonality(role);
  const ours: Line[] = [
    ['rolecall_launch', run.launch],
    ['rolecall_nonce', run.nonce],
    ['rolecall_timeout', timeoutSeconds(role)],
    ...(run.pinned === undefined ? [] : deployLines(run.pinned)),
    ...(run.beacon === undefined ? [] : beaconLines(run.beacon)),
  ];
  for (const line of ours) checkValue(line);
  const lines = [environment, name, context, ...sorted([...own, ...ours])] as Line[];
  const text = lines.map((line) => `${line.join('=')}\n`).join('');
  // The key, the equals sign, the value, the end of the line.
  const parts = lines.map(([key, value]) => ({
    name: key,
    bytes: Buffer.byteLength(key) + Buffer.byteLength(value) + 2,
  }));
  return payloadOf('personality', text, parts, TOO_LARGE);
}

function deployLines({ build, bucket, prefix, region, access, url, s3Url, keep }: PinnedBuild): Line[] {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['rolecall_app', build.app],
    ['rolecall_bucket', bucket],
    ['rolecall_build', build.tag],
    ['rolecall_build_archive', build.archive],
    ['rolecall_build_sha256', build.sha256],
    ['rolecall_build_url', access === 'presigned' ? url : undefined],
    ['rolecall_fetch', access],
    ['rolecall_keep', keep === undefined ? undefined : String(keep)],
    ['rolecall_prefix', prefix === '' ? undefined : prefix],
    ['rolecall_region', region],
    ['rolecall_s3_url', s3Url],
  ];
  return lines.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}
