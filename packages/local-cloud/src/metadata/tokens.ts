import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';

/** Session tokens of one machine's metadata service (IMDSv2). */
export interface Tokens {
  /** A new token good for `ttlSeconds`. */
  issue(ttlSeconds: number): string;
  /** Seconds that a token has left; 0 for one that is expired or unknown. */
  remaining(token: string): number;
}

/** Expired tokens are forgotten when as many as this are held. */
const HELD = 1000;

/** Tokens kept in memory; they die with the machine, as on EC2. */
export function createTokens(clock: Pick<Clock, 'monotonic'>): Tokens {
  const ends = new Map<string, number>();
  const remaining = (token: string): number =>
    Math.max(0, ((ends.get(token) ?? 0) - clock.monotonic()) / 1000);
  return {
    issue: (ttlSeconds) => {
      if (ends.size >= HELD) for (const token of ends.keys()) if (remaining(token) === 0) ends.delete(token);
      const token = `${randomBytes(40).toString('base64url')}==`;
      ends.set(token, clock.monotonic() + ttlSeconds * 1000);
      return token;
    },
    remaining,
  };
}
