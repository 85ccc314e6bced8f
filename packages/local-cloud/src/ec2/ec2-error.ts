/** An answer of EC2's that says no. */

/**
 * Codes whose HTTP status is not 400.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
const STATUS: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  UnauthorizedOperation: 403,
  DryRunOperation: 412,
  InsufficientInstanceCapacity: 500,
  InternalError: 500,
  RequestLimitExceeded: 503,
  SignatureDoesNotMatch: 403,
};

/** A refusal with EC2's error code and message; the HTTP status follows from the code. */
export class Ec2Error extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Ec2Error';
    this.code = code;
    this.status = STATUS[code] ?? 400;
  }
}

/** `InvalidParameterValue`, the commonest refusal. */
export const invalidValue = (message: string): Ec2Error => new Ec2Error('InvalidParameterValue', message);

/** What EC2 answers where a token bucket is empty. */
export const limitExceeded = (): Ec2Error => new Ec2Error(LIMIT_EXCEEDED, 'Request limit exceeded.');

export const isLimitExceeded = ({ code }: Ec2Error): boolean => code === LIMIT_EXCEEDED;

const LIMIT_EXCEEDED = 'RequestLimitExceeded';
