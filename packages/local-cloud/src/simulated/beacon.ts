import type { Identity } from './identity.ts';

/** The forms of a payload, which S3 takes small objects by; docs/payload.md. */
export interface BeaconForms {
  readonly url: string;
  /** Of the bucket: empty, or ending in a slash. */
  readonly prefix: string;
  readonly credential: string;
  readonly date: string;
  readonly token: string | undefined;
  readonly beacon: Signed;
  readonly log: Signed;
}

interface Signed {
  readonly policy: string;
  readonly signature: string;
}

/** One object on its way to S3. */
export interface Parcel {
  readonly url: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

/** The forms in user data, where they are whole; `entry` gives the value of a line. */
export function formsOf(entry: (key: string) => string | undefined): BeaconForms | undefined {
  const url = entry('rolecall_beacon_url');
  const credential = entry('rolecall_beacon_credential');
  const date = entry('rolecall_beacon_date');
  const beacon = signedOf(entry, 'beacon');
  const log = signedOf(entry, 'log');
  if (url === undefined || credential === undefined || date === undefined) return undefined;
  if (beacon === undefined || log === undefined) return undefined;
  const prefix = entry('rolecall_beacon_prefix') ?? '';
  return { url, prefix, credential, date, token: entry('rolecall_beacon_token'), beacon, log };
}

function signedOf(entry: (key: string) => string | undefined, kind: 'beacon' | 'log'): Signed | undefined {
  const policy = entry(`rolecall_${kind}_policy`);
  const signature = entry(`rolecall_${kind}_signature`);
  return policy === undefined || signature === undefined ? undefined : { policy, signature };
}

/** A verdict, by the beacon's name; `text` is what the object holds: the markers that tell it. */
export const verdictParcel = (
  forms: BeaconForms,
  { launch }: Identity,
  instanceId: string,
  name: string,
  text: string,
): Parcel => parcel(forms, 'beacon', `beacons/${launch}/v/${instanceId}/${name}`, text);

/** The boot log of a machine that failed, by its name. */
export const logParcel = (
  forms: BeaconForms,
  { launch }: Identity,
  instanceId: string,
  name: string,
  text: string,
): Parcel => parcel(forms, 'log', `logs/${launch}/${instanceId}/${name}`, text);

const parcel = (forms: BeaconForms, kind: 'beacon' | 'log', key: string, text: string): Parcel => ({
  url: forms.url,
  fields: [
    ['key', `${forms.prefix}${key}`],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', forms.credential],
    ['X-Amz-Date', forms.date],
    ['Policy', forms[kind].policy],
    ['X-Amz-Signature', forms[kind].signature],
    ...(forms.token === undefined ? [] : [['X-Amz-Security-Token', forms.token] as const]),
  ],
  text,
});
