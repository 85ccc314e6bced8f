import type { Line } from './lines.ts';

/** What machines send beacons with: one presigned form for small objects, and one for boot logs. */
export interface PinnedBeacon {
  /** Where the forms go. */
  readonly url: string;
  /** Of the bucket: empty, or ending in a slash. */
  readonly prefix: string;
  readonly credential: string;
  readonly date: string;
  /** Of temporary credentials. */
  readonly token?: string | undefined;
  /** Base64; allows keys below `beacons/<launch>/`. */
  readonly policy: string;
  readonly signature: string;
  /** Signed with the same credential, date and token, so that these stand in a payload once. */
  readonly log: { readonly policy: string; readonly signature: string };
}

/** For a personality: all as it is sent. */
export function beaconLines(beacon: PinnedBeacon): Line[] {
  const { url, prefix, credential, date, token, policy, signature, log } = beacon;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['rolecall_beacon_credential', credential],
    ['rolecall_beacon_date', date],
    ['rolecall_beacon_policy', policy],
    ['rolecall_beacon_prefix', prefix === '' ? undefined : prefix],
    ['rolecall_beacon_signature', signature],
    ['rolecall_beacon_token', token],
    ['rolecall_beacon_url', url],
    ['rolecall_log_policy', log.policy],
    ['rolecall_log_signature', log.signature],
  ];
  return lines.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}

/** For a start-up script: the same names, and the policies as JSON, which is shorter; the box makes base64 of them. */
export const beaconVariables = (beacon: PinnedBeacon): Line[] =>
  beaconLines(beacon).map(([key, value]) => [key, key.endsWith('_policy') ? plain(value) : value]);

const plain = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
