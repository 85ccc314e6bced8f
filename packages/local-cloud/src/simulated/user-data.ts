import { type BeaconForms, formsOf } from './beacon.ts';
import type { Identity } from './identity.ts';

/** What a box finds in its user data; the same rules as the programs of templates/. */
export type Boot =
  /** Scheme A: key=value lines. */
  | ({ readonly scheme: 'personality'; readonly identity: Identity | undefined } & Words)
  /** Scheme B: rolecall's start-up script. */
  | ({ readonly scheme: 'start-up-bundle'; readonly identity: Identity } & Words)
  /** A script of somebody else, which says nothing. */
  | { readonly scheme: 'foreign' }
  | { readonly scheme: 'none' };

interface Words {
  readonly role: string;
  /** It brings a build to the machine first. */
  readonly deploys: boolean;
  /** Without it the box sends no beacons. */
  readonly forms: BeaconForms | undefined;
}

/** Reads user data as the box's programs do. */
export function bootOf(userData: Buffer | undefined): Boot {
  if (userData === undefined) return { scheme: 'none' };
  const text = userData.toString('utf8');
  const identity = identityOf(text);
  const forms = formsOf((key) => entry(text, key));
  if (!text.startsWith('#!'))
    return {
      scheme: 'personality',
      identity,
      forms,
      role: entry(text, 'role') ?? '-',
      deploys: entry(text, 'rolecall_app') !== undefined,
    };
  if (identity === undefined || entry(text, 'rolecall_bundle_sha256') === undefined)
    return { scheme: 'foreign' };
  const role = /[\s(]role='?([A-Za-z0-9._-]+)/.exec(text)?.[1] ?? '-';
  return { scheme: 'start-up-bundle', identity, forms, role, deploys: false };
}

function identityOf(text: string): Identity | undefined {
  const launch = entry(text, 'rolecall_launch');
  const nonce = entry(text, 'rolecall_nonce');
  if (launch === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(launch)) return undefined;
  return nonce !== undefined && /^[0-9a-f]{32}$/.test(nonce) ? { launch, nonce } : undefined;
}

/** The value of a `key=value` line, without the quotes that a script has around it. */
const entry = (text: string, key: string): string | undefined =>
  new RegExp(`^${key}=('?)(.*?)\\1\\r?$`, 'm').exec(text)?.[2];
