import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { REGIONS } from '../geography.ts';
import { Ec2Error } from './ec2-error.ts';

/** What a signed request says of itself: whose key, which region, which service. */
export interface Scope {
  readonly region: string;
  readonly service: string;
}

const REFUSED = 'AWS was not able to validate the provided access credentials';

/**
 * The credential scope of a request, from the Authorization header or, for a presigned GET, the query.
 * The signature itself is not verified yet: see SPEC.md.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @throws Ec2Error AuthFailure
 */
export function credentialScope(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  accessKeyId: string,
): Scope {
  const header = /^AWS4-HMAC-SHA256 .*\bCredential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  const credential = header ?? query.get('X-Amz-Credential') ?? '';
  const [key = '', , region = '', service = '', end] = credential.split('/');
  if (end !== 'aws4_request' || !sameSecret(key, accessKeyId)) throw new Ec2Error('AuthFailure', REFUSED);
  if (!REGIONS.includes(region))
    throw new Ec2Error('AuthFailure', `Credential should be scoped to a valid region, not '${region}'.`);
  return { region, service };
}

/** Compares in a time that tells nothing of where the two differ. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
