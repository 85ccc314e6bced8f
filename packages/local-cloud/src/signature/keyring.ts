import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';

/** Keys in the form of AWS's. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Keys that end: what an instance profile gives. */
export interface TemporaryCredentials extends Credentials {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiration: number;
}

/** What is known of an access key. */
export interface KnownKey extends Credentials {
  /** Absent for keys without an end. */
  readonly session?: { readonly token: string; readonly expiration: number };
}

/** Instance profiles give credentials for about six hours. */
const SESSION_MS = 6 * 3_600_000;
/** A machine that asks again gets new ones when the old ones are about to end. */
const RENEW_MS = 5 * 60_000;

/** The access keys of one cloud: its own, and those that it gave to machines. */
export class Keyring {
  readonly #known = new Map<string, KnownKey>();
  readonly #clock: Pick<Clock, 'now'>;

  constructor(own: Credentials, clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#known.set(own.accessKeyId, own);
  }

  find(accessKeyId: string): KnownKey | undefined {
    return this.#known.get(accessKeyId);
  }

  /** Makes keys that end, as STS does; its session tokens have hundreds to thousands of characters. */
  issue(lifeMs: number, token = randomBytes(120).toString('base64')): TemporaryCredentials {
    const key = randomCredentials('ASIA');
    const session = { token, expiration: this.#clock.now() + lifeMs };
    this.#known.set(key.accessKeyId, { ...key, session });
    return { ...key, ...session };
  }

  /** What the metadata service of one machine gives out, made anew in time. */
  forMachine(): () => TemporaryCredentials {
    let current: TemporaryCredentials | undefined;
    return () => {
      if (current === undefined || current.expiration - this.#clock.now() < RENEW_MS)
        current = this.issue(SESSION_MS);
      return current;
    };
  }
}

/** Keys that nobody can guess: with a cloud's own commands run as root in a box. */
export const randomCredentials = (prefix: 'AKIA' | 'ASIA' = 'AKIA'): Credentials => ({
  accessKeyId: `${prefix}${base32(16)}`,
  secretAccessKey: randomBytes(30).toString('base64'),
});

const base32 = (length: number): string =>
  [...randomBytes(length)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');

/** Compares in a time that tells nothing of where the two differ. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
