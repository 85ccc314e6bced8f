import { createHash } from 'node:crypto';
import { Ec2Error, invalidValue } from './ec2-error.ts';
import { isSpent } from './lifecycle.ts';
import type { Machines } from './machines.ts';
import type { Params } from './params.ts';

interface Record {
  readonly fingerprint: string;
  readonly reservationId: string;
}

/** Which request used which ClientToken. Kept as long as the cloud lives. */
export type Tokens = Map<string, Record>;

/** A ClientToken within its scope: a zone if the request names one (or a subnet), else the region. */
export interface ScopedToken {
  readonly key: string;
  readonly fingerprint: string;
}

/** @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
export function scopedToken(token: string, scope: string, params: Params): ScopedToken {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what EC2 allows
  if (token.length > 64 || !/^[\x00-\x7f]*$/.test(token))
    throw invalidValue(
      `Value (${token}) for parameter clientToken is invalid. Expecting at most 64 ASCII characters`,
    );
  const { ClientToken: _token, DryRun: _dryRun, ...rest } = params;
  const fingerprint = createHash('sha256').update(canonical(rest)).digest('hex');
  return { key: `${scope} ${token}`, fingerprint };
}

/**
 * The reservation that an earlier request with this token made; undefined where there is none.
 * @throws Ec2Error IdempotentParameterMismatch, IdempotentInstanceTerminated
 */
export function earlierReservation(
  { key, fingerprint }: ScopedToken,
  tokens: Tokens,
  machines: Machines,
): string | undefined {
  const earlier = tokens.get(key);
  if (earlier === undefined) return undefined;
  if (earlier.fingerprint !== fingerprint)
    throw new Ec2Error(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  const made = machines.list().filter(({ spec }) => spec.reservationId === earlier.reservationId);
  if (made.every(({ life }) => isSpent(life)))
    throw new Ec2Error(
      'IdempotentInstanceTerminated',
      'The client token that you provided is associated with an instance that has been terminated.',
    );
  return earlier.reservationId;
}

/** The same text for the same parameters, whatever their order. */
function canonical(value: Params | string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? '')}`);
  return `{${fields.join(',')}}`;
}
