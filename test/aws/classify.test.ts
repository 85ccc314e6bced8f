import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kindOf } from '../../src/aws/classify.ts';
import { failureOf, Unsent } from '../../src/aws/failure.ts';
import type { CallContext } from '../../src/aws/sentence.ts';
import { awsError, credentialsError } from '../../src/aws/sentences.ts';
import { AwsError, exitCode } from '../../src/errors.ts';
import { holds } from '../support/property.ts';

const CONTEXT: CallContext = {
  service: 'EC2',
  operation: 'RunInstances',
  writes: true,
  region: 'eu-west-1',
  address: 'ec2.eu-west-1.amazonaws.com',
  local: false,
};

/** As the SDK throws an error that EC2 answered. */
const answered = (code: string, message: string, status: number) =>
  Object.assign(new Error(message), {
    name: code,
    Code: code,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });

/** As Node throws a broken connection. */
const broken = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('kinds', () => {
  test.each([
    ['InsufficientInstanceCapacity', 500, 'capacity'],
    ['InsufficientFreeAddressesInSubnet', 400, 'capacity'],
    ['VcpuLimitExceeded', 400, 'quota'],
    ['MaxSpotInstanceCountExceeded', 400, 'quota'],
    ['RequestLimitExceeded', 503, 'throttle'],
    ['UnauthorizedOperation', 403, 'permission'],
    ['OptInRequired', 401, 'permission'],
    ['AuthFailure', 401, 'credentials'],
    ['RequestExpired', 400, 'credentials'],
    ['ExpiredToken', 400, 'credentials'],
    ['CredentialsProviderError', undefined, 'credentials'],
    ['ECONNREFUSED', undefined, 'endpoint'],
    ['ENOTFOUND', undefined, 'endpoint'],
    ['ECONNRESET', undefined, 'endpoint'],
    ['CERT_HAS_EXPIRED', undefined, 'endpoint'],
    ['InternalError', 500, 'server'],
    ['InvalidInstanceID.NotFound', 400, 'not-found'],
    ['InvalidAMIID.NotFound', 400, 'invalid'],
    ['InvalidSubnetID.NotFound', 400, 'invalid'],
    ['InvalidParameterValue', 400, 'invalid'],
    ['Unsupported', 400, 'capacity'],
    ['IdempotentParameterMismatch', 400, 'idempotency'],
    ['IdempotentInstanceTerminated', 400, 'idempotency'],
    ['SomethingThatAwsAddsLater', 400, 'refused'],
    ['SomethingThatAwsAddsLater', 503, 'server'],
    [undefined, 502, 'server'],
    [undefined, 429, 'throttle'],
  ] as const)('%s with status %s is %s', (code, status, kind) => {
    expect(kindOf(code, status)).toBe(kind);
  });

  test('an unknown 5xx is never taken for a definite answer', () => {
    holds(
      fc.property(fc.string(), fc.integer({ min: 500, max: 599 }), (code, status) => {
        fc.pre(!code.startsWith('Invalid'));
        expect(kindOf(`X${code}`, status)).toBe('server');
      }),
    );
  });

  test('a message says nothing about the kind', () => {
    const error = answered(
      'UnauthorizedOperation',
      'InsufficientInstanceCapacity: RequestLimitExceeded',
      403,
    );
    expect(failureOf(error).kind).toBe('permission');
  });
});

describe('a system call of this computer that failed', () => {
  /** The error that `os.homedir` throws, with its own fields. */
  const homeless = Object.assign(new Error('A system error occurred: uv_os_homedir returned ENOENT'), {
    code: 'ERR_SYSTEM_ERROR',
    errno: -2,
    syscall: 'uv_os_homedir',
    info: { code: 'ENOENT', errno: -2, syscall: 'uv_os_homedir', message: 'no such file or directory' },
  });
  const full = Object.assign(new Error('ENOSPC: no space left on device, open'), {
    ...{ code: 'ENOSPC', errno: -28, syscall: 'open', path: '/cache/token' },
  });

  test.each([
    ['told by the SDK', new Unsent(homeless), /HOME is not set, and user \d+ has no entry/, /set HOME/],
    ['told to a signer', homeless, /HOME is not set, and user \d+ has no entry/, /set HOME/],
    ['on a full disk', new Unsent(full), /\/cache\/token can't be opened: no space left/, /make room/],
    ['of an unknown kind', new Unsent(new Error('no way')), /: no way; nothing was sent$/, /AWS_/],
  ])('%s is no answer of AWS, and nothing was sent', (_what, thrown, message, hint) => {
    for (const service of ['EC2', 'S3'] as const) {
      const error = awsError(thrown, { ...CONTEXT, service, writes: true });
      expect(error).toMatchObject({ kind: 'refused', neverSent: true });
      expect(error.message).toMatch(message);
      expect(error.message).toMatch(
        new RegExp(`^RunInstances can't be sent to ${service}: .*; nothing was sent$`),
      );
      expect(error.hint).toMatch(hint);
    }
  });
});

describe('sentences', () => {
  const of = (thrown: unknown, context: Partial<CallContext> = {}) =>
    awsError(thrown, { ...CONTEXT, ...context });

  test.each([
    [
      'capacity',
      answered('InsufficientInstanceCapacity', 'We have no t3.micro.', 500),
      /no capacity .*InsufficientInstanceCapacity\): We have no t3.micro$/,
      /another zone/,
    ],
    [
      'quota',
      answered('VcpuLimitExceeded', 'Limit of 5.', 400),
      /limit of the account in eu-west-1/,
      /Service Quotas/,
    ],
    [
      'throttle',
      answered('RequestLimitExceeded', 'Request limit exceeded.', 503),
      /throttling RunInstances/,
      /wait a minute/,
    ],
    [
      'permission',
      answered('UnauthorizedOperation', 'You may not.', 403),
      /may not call ec2:RunInstances/,
      /docs\/aws\.md.*iam:PassRole/,
    ],
    ['expired', answered('ExpiredToken', 'Token expired.', 400), /have expired/, /aws sso login/],
    ['clock', answered('RequestExpired', 'Request has expired.', 400), /computer's time/, /set the clock/],
    [
      'rejected',
      answered('AuthFailure', 'Not validated.', 401),
      /doesn't accept these credentials/,
      /isn't enabled for the account \(eu-west-1\)/,
    ],
    [
      'host',
      broken('ENOTFOUND', 'getaddrinfo ENOTFOUND x'),
      /no host for ec2\.eu-west-1/,
      /region's spelling \(eu-west-1/,
    ],
    ['refused', broken('ECONNREFUSED'), /nothing answers at/, /AWS_ENDPOINT_URL/],
    [
      'reset',
      broken('ECONNRESET', 'socket hang up'),
      /broke or fell silent during RunInstances/,
      /nothing is launched twice/,
    ],
    ['tls', broken('SELF_SIGNED_CERT_IN_CHAIN'), /isn't trusted/, /NODE_EXTRA_CA_CERTS/],
    [
      'ami',
      answered('InvalidAMIID.NotFound', 'The image id does not exist', 400),
      /can't do this RunInstances/,
      /`ami`/,
    ],
    ['subnet', answered('InvalidSubnetID.NotFound', 'No.', 400), /as asked/, /`subnet`/],
    ['group', answered('InvalidGroup.NotFound', 'No.', 400), /as asked/, /`security_groups`/],
    ['key', answered('InvalidKeyPair.NotFound', 'No.', 400), /as asked/, /`key_name`/],
    [
      'other',
      answered('Odd', 'Odd thing.', 400),
      /refused RunInstances \(Odd\): Odd thing$/,
      /errors-overview/,
    ],
  ])('%s', (_name, thrown, message, hint) => {
    const error = of(thrown);
    expect(error).toBeInstanceOf(AwsError);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(exitCode(error.exit)).toBe(4);
  });

  test('a local cloud that is gone is said to be just that', () => {
    expect(of(broken('ECONNREFUSED'), { local: true }).hint).toMatch(/rolecall local up/);
  });

  test('without credentials people learn where to put them, and that --local needs none', () => {
    const none = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    });
    const error = credentialsError(none, CONTEXT);
    expect(error.message).toMatch(/^no AWS credentials were found/);
    expect(error.hint).toMatch(/AWS_ACCESS_KEY_ID.*--profile.*--local/);
    expect(credentialsError(none, { ...CONTEXT, profile: 'ops' }).message).toMatch(/profile ops/);
  });

  test('whatever stands in the way of credentials is trouble with credentials', () => {
    expect(credentialsError(answered('AccessDenied', 'You may not assume it.', 403), CONTEXT).kind).toBe(
      'credentials',
    );
    expect(credentialsError(broken('ENOTFOUND', 'getaddrinfo ENOTFOUND sts'), CONTEXT).kind).toBe(
      'credentials',
    );
  });

  test("EC2's encoded authorization message is left out", () => {
    const long = `You are not authorized. Encoded authorization failure message: ${'A'.repeat(900)}`;
    expect(of(answered('UnauthorizedOperation', long, 403)).message).toMatch(/: You are not authorized$/);
  });
});
