import type { Role } from '../../catalogue/role.ts';
import type { BundleKey } from '../../model.ts';
import { beaconVariables } from '../beacon.ts';
import { checkedPersonality, timeoutSeconds } from '../lines.ts';
import { type Payload, type PayloadPart, type PayloadRun, payloadOf } from '../payload.ts';

/** A sealed bundle as machines get at it. */
export interface PinnedBundle {
  /** Holds a signature, unless the bundle is public. */
  readonly url: string;
  readonly key: BundleKey;
  /** Hex SHA-256 of the sealed file: what the box checks before it decrypts. */
  readonly sha256: string;
  readonly compression: 'gzip' | 'zstd';
}

/** What the payload of one launch holds beside the role's own keys. */
export interface StartUpRun extends PayloadRun {
  readonly bundle: PinnedBundle;
}

const TOO_LARGE =
  'shorten or remove keys of the personality; what is large belongs in variables or files, which travel in the bundle';

const SETTINGS = /^# ---- settings:.*\n[\s\S]*?^# ---- end of settings\n/m;

/**
 * The user data of scheme B: templates/start-up.sh with this launch's settings, without comments.
 * The same role, run and template give the same bytes.
 * @param template the text of templates/start-up.sh, joined from its parts
 * @throws UsageError for a key or value that can't be in it, for a secret in one, and for more than 16,384 bytes
 */
export function startUpPayload(
  role: Role,
  { launch, nonce, bundle, beacon }: StartUpRun,
  template: string,
): Payload {
  const personality = checkedPersonality(role);
  const settings = [
    `rolecall_launch=${launch}`,
    `rolecall_nonce=${nonce}`,
    `rolecall_timeout=${timeoutSeconds(role)}`,
    `rolecall_bundle_url=${quoted(bundle.url)}`,
    `rolecall_bundle_key=${bundle.key}`,
    `rolecall_bundle_sha256=${bundle.sha256}`,
    `rolecall_bundle_compression=${bundle.compression}`,
    ...(beacon === undefined ? [] : beaconVariables(beacon)).map(([key, value]) => `${key}=${quoted(value)}`),
  ];
  const pairs = personality.map(([key, value]) => `${key}=${quoted(value)}`);
  // A function, since `$` in a replacement text has a meaning.
  const block = [...settings, 'personality=(', ...pairs.map((pair) => `  ${pair}`), ')', ''].join('\n');
  if (!SETTINGS.test(template)) throw new Error('templates/start-up.sh has no block of settings');
  const script = withoutComments(template.replace(SETTINGS, () => block));
  return payloadOf('start-up-bundle', script, partsOf(script, block, bundle, personality), TOO_LARGE);
}

/** What is large, where a payload is too large. */
const partsOf = (
  script: string,
  block: string,
  bundle: PinnedBundle,
  personality: readonly (readonly [string, string])[],
): PayloadPart[] => [
  { name: 'the script itself', bytes: Buffer.byteLength(script) - Buffer.byteLength(block) },
  { name: 'the URL of the bundle', bytes: Buffer.byteLength(bundle.url) },
  ...personality.map(([key, value]) => ({
    name: `personality.${key}`,
    bytes: Buffer.byteLength(key) + Buffer.byteLength(value) + 6,
  })),
];

/** Lines that hold nothing but a comment, or nothing at all, go, and so does indentation; the first one (`#!`) stays. */
const withoutComments = (script: string): string =>
  script
    .split('\n')
    .filter((line, index, { length }) => index === 0 || index === length - 1 || !/^\s*(?:#|$)/.test(line))
    .map((line) => line.trimStart())
    .join('\n');

/** For bash: nothing in it means anything. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
