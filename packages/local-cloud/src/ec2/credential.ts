import { REGIONS } from '../geography.ts';
import { sha256Hex } from '../signature/canonical.ts';
import type { Keyring } from '../signature/keyring.ts';
import { type Refusal, SignatureRefused } from '../signature/refusal.ts';
import { claimOf, type Times, verify, type WireRequest } from '../signature/verify.ts';
import { Ec2Error } from './ec2-error.ts';

const REFUSED = 'AWS was not able to validate the provided access credentials';

/**
 * The region that a request is signed for, once its signature has been verified.
 * @param body its bytes: their hash is part of what is signed
 * @throws Ec2Error
 */
export function signedRegion(request: WireRequest, body: Buffer, keyring: Keyring, times: Times): string {
  try {
    const claim = claimOf(request);
    if (claim === undefined) throw new Ec2Error('AuthFailure', REFUSED);
    verify(request, claim, sha256Hex(body), keyring, times);
    const { region, service } = claim.scope;
    if (service !== 'ec2')
      throw new Ec2Error('AuthFailure', `Credential should be scoped to correct service: 'ec2'.`);
    if (!REGIONS.includes(region))
      throw new Ec2Error('AuthFailure', `Credential should be scoped to a valid region, not '${region}'.`);
    return region;
  } catch (error) {
    throw error instanceof SignatureRefused ? asEc2(error.refusal) : error;
  }
}

/** EC2's words. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
function asEc2(refusal: Refusal): Ec2Error {
  switch (refusal.why) {
    case 'malformed':
      return new Ec2Error('AuthFailure', `${REFUSED}: ${refusal.detail}`);
    case 'unknown-key':
    case 'wrong-token':
    case 'unsigned-headers':
      return new Ec2Error('AuthFailure', REFUSED);
    case 'mismatch':
      return new Ec2Error(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
    case 'expired-token':
    case 'expired-url':
      return new Ec2Error('RequestExpired', 'Request has expired.');
    case 'skewed':
    case 'not-yet':
      return new Ec2Error(
        'RequestExpired',
        `Request has expired. Timestamp date is ${refusal.why === 'skewed' ? refusal.requestTime : 'in the future'}`,
      );
  }
}
