import { createHash } from 'node:crypto';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import {
  type Build,
  type BuildAccess,
  isPathName,
  type LaunchId,
  type Nonce,
  PERSONALITY_KEY,
  PERSONALITY_URL,
  PERSONALITY_VALUE,
} from '../nouns.ts';
import { findSecret } from '../secrets.ts';
import { MAX_PAYLOAD_BYTES, type Payload } from './payload.ts';

const LARGEST_SHOWN = 5;
/** These form paths on the box. */
const PATH_KEYS = new Set(['environment', 'role', 'context', 'machine_id', 'rolecall_launch']);
/** A user's key of one of these names would be a second voice. */
const OWN_KEYS = new Set(['environment', 'role', 'context']);

type Line = readonly [key: string, value: string];

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

/** What the payload of one launch holds besides the role's own words. */
export interface PayloadRun {
  readonly launch: LaunchId;
  readonly nonce: Nonce;
  readonly pinned?: PinnedBuild | undefined;
}

/**
 * The user data of scheme A: `key=value` lines, environment, role and context first, the others in byte order.
 * The same role and run give the same bytes.
 * @throws UsageError for a key or value that the box would refuse, for a secret in one, and for more than 16,384 bytes
 */
export function personalityPayload(role: Role, run: PayloadRun): Payload {
  const own = Object.entries(role.personality);
  for (const [key, value] of own) checkUserLine(key, value);
  // Keys are ASCII, so that the order of UTF-16 units is the order of bytes.
  const others: Line[] = [
    ...own,
    ['rolecall_launch', run.launch] as const,
    ['rolecall_nonce', run.nonce] as const,
    ...(run.pinned === undefined ? [] : deployLines(run.pinned)),
  ].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines: Line[] = [
    ['environment', role.environment],
    ['role', role.role],
    ['context', role.context],
    ...others,
  ];
  for (const [key, value] of lines) checkValue(key, value);
  const text = lines.map((line) => `${line.join('=')}\n`).join('');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PAYLOAD_BYTES) throw tooLarge(bytes, lines);
  return { scheme: 'personality', text, bytes, sha256: createHash('sha256').update(text).digest('hex') };
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

function checkUserLine(key: string, value: string): void {
  if (OWN_KEYS.has(key) || key.startsWith('rolecall_')) {
    throw new UsageError(`personality.${key} is set by rolecall itself`, {
      hint: 'choose another name for the key',
    });
  }
  if (!PERSONALITY_KEY.test(key)) {
    throw new UsageError(`${JSON.stringify(key)} can't be a key of a personality`, {
      hint: 'a key is a lower-case letter, then lower-case letters, digits and _, at most 64 in all',
    });
  }
  const secret = findSecret(value, key);
  if (secret === undefined) return;
  throw new UsageError(`personality.${key} holds ${secret}`, {
    hint: 'user data is no place for keys: give the machines an instance_profile instead',
  });
}

function checkValue(key: string, value: string): void {
  const { allowed, hint } = grammarOf(key);
  if (allowed(value)) return;
  throw new UsageError(`the value of ${key} can't be in a personality`, { hint: `${key} takes ${hint}` });
}

function grammarOf(key: string): { allowed: (value: string) => boolean; hint: string } {
  if (PATH_KEYS.has(key)) {
    return {
      allowed: isPathName,
      hint: '1 to 64 letters, digits and . _ - that begin with a letter or digit',
    };
  }
  if (key.endsWith('_url')) {
    return { allowed: (value) => PERSONALITY_URL.test(value), hint: 'a URL of at most 4,096 characters' };
  }
  return {
    allowed: (value) => PERSONALITY_VALUE.test(value),
    hint: 'at most 1,024 letters, digits, spaces and . _ : , / @ % + = ~ - without a space at an end',
  };
}

function tooLarge(bytes: number, lines: readonly Line[]): UsageError {
  const sizes = lines
    // The key, the equals sign, the value, the end of the line.
    .map(([key, value]) => ({ key, size: Buffer.byteLength(key) + Buffer.byteLength(value) + 2 }))
    .sort((one, other) => other.size - one.size || (one.key < other.key ? -1 : 1));
  const shown = sizes.slice(0, LARGEST_SHOWN).map(({ key, size }) => `  ${number(size)} bytes  ${key}`);
  const rest = sizes.slice(LARGEST_SHOWN);
  const restSize = rest.reduce((sum, { size }) => sum + size, 0);
  const tail = rest.length === 0 ? [] : [`  ${number(restSize)} bytes  in ${rest.length} more`];
  const over = `${number(bytes - MAX_PAYLOAD_BYTES)} over EC2's limit of ${number(MAX_PAYLOAD_BYTES)}`;
  return new UsageError(
    [`the payload has ${number(bytes)} bytes, ${over}; its parts, largest first:`, ...shown, ...tail].join(
      '\n',
    ),
    {
      hint: 'shorten or remove keys of the personality; what is large belongs in a file that the init script fetches',
    },
  );
}

const number = (value: number): string => value.toLocaleString('en-US');
