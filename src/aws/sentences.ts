import { circumstance } from '../errno.ts';
import { AwsError } from '../errors.ts';
import {
  ACCOUNT,
  CLOCK_SKEW,
  EXPIRED,
  NO_CREDENTIALS,
  NO_SUCH_HOST,
  REFUSED,
  TLS,
  UNINTELLIGIBLE,
} from './classify.ts';
import { type Failure, failureOf, Unsent } from './failure.ts';
import { s3Sentence } from './s3-sentences.ts';
import { type CallContext, type Sentence, saidBy } from './sentence.ts';

/** An `AwsError` with a sentence of its own and the next step, from whatever the SDK threw. */
export function awsError(thrown: unknown, context: CallContext): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const failure = failureOf(thrown);
  const { message, hint } =
    unsentSentence(thrown, failure, context) ?? s3Sentence(failure, context) ?? sentence(failure, context);
  const { code, kind, neverSent } = failure;
  const done = context.writes ? outcome(failure) : '';
  return new AwsError(`${message}${done}`, { hint, code, kind, neverSent, cause: thrown });
}

/** The sentence of a request that failed on this computer; undefined where the request went out. */
function unsentSentence(thrown: unknown, failure: Failure, context: CallContext): Sentence | undefined {
  if (!failure.neverSent || failure.kind !== 'refused') return undefined;
  const reason = circumstance(thrown instanceof Unsent ? thrown.cause : thrown);
  return {
    message: `${context.operation} can't be sent to ${context.service}: ${reason?.message ?? failure.text}`,
    hint: reason?.hint ?? 'check the environment variables AWS_..., and the files that they name',
  };
}

/** What is known of a write that AWS has not answered. */
function outcome({ kind, neverSent }: Failure): string {
  if (neverSent) return '; nothing was sent';
  return kind === 'endpoint' || kind === 'interrupted' ? '; it is unknown whether AWS did it' : '';
}

function sentence(failure: Failure, context: CallContext): Sentence {
  const { operation, region } = context;
  const said = saidBy(failure);
  switch (failure.kind) {
    case 'capacity':
      return {
        message: `AWS has no capacity for this in ${region} now ${said}`,
        hint: 'choose another zone, subnet or instance_type in the catalogue, or run the same command again later',
      };
    case 'quota':
      return {
        message: `a limit of the account in ${region} is reached ${said}`,
        hint: `ask for a higher limit in the Service Quotas console (Amazon EC2, ${region}), or terminate machines that nobody needs`,
      };
    case 'throttle':
      return {
        message: `AWS kept throttling ${operation} ${said}`,
        hint: 'wait a minute and run the same command again; other tools that poll this account share the limit',
      };
    case 'permission':
      return permission(failure, context);
    case 'credentials':
      return credentials(failure, context);
    case 'endpoint':
      return endpoint(failure, context);
    case 'server':
      return {
        message: `AWS had an error of its own at ${operation} ${said}`,
        hint: 'run the same command again; https://health.aws.amazon.com tells of known trouble',
      };
    case 'not-found':
      return {
        message: `EC2 knows no such machine in ${region} ${said}`,
        hint: 'check the id and the region; EC2 forgets a terminated machine after about an hour',
      };
    case 'invalid':
      return {
        message: `EC2 can't do this ${operation} as asked ${said}`,
        hint: invalidHint(failure, region),
      };
    case 'idempotency':
      return {
        message: `EC2 has seen this request's client token before ${said}`,
        hint: 'run the same command again: it finds the machines of the earlier request',
      };
    case 'interrupted':
      return { message: `stopped while ${operation} was under way`, hint: 'run the same command again' };
    case 'refused':
      return {
        message: `AWS refused ${operation} ${said}`,
        hint: 'the code is explained at https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html',
      };
  }
}

function permission(failure: Failure, { operation, region }: CallContext): Sentence {
  if (failure.code !== undefined && ACCOUNT.has(failure.code)) {
    return {
      message: `this AWS account may not launch machines in ${region} yet ${saidBy(failure)}`,
      hint: 'sign in to the AWS console as the owner of the account: it says what is still to be done',
    };
  }
  return {
    message: `these credentials may not call ec2:${operation} ${saidBy(failure)}`,
    hint:
      operation === 'RunInstances'
        ? 'give them the policy in docs/aws.md; a role with an instance_profile needs iam:PassRole for it, too'
        : 'give them the policy in docs/aws.md',
  };
}

function credentials(failure: Failure, { region, profile }: CallContext): Sentence {
  const whose = profile === undefined ? 'the AWS credentials' : `the AWS credentials of profile ${profile}`;
  const code = failure.code ?? '';
  if (EXPIRED.has(code)) {
    return {
      message: `${whose} have expired ${saidBy(failure)}`,
      hint: `sign in again (aws sso login${profileFlag(profile)}, or whatever issues them), then run the same command again`,
    };
  }
  if (CLOCK_SKEW.has(code)) {
    return {
      message: `AWS doesn't accept this computer's time ${saidBy(failure)}`,
      hint: 'set the clock (timedatectl set-ntp true), then run the same command again',
    };
  }
  if (NO_CREDENTIALS.has(code) || failure.kind !== 'credentials') {
    const found =
      profile === undefined ? 'no AWS credentials were found' : `profile ${profile} gives no AWS credentials`;
    return {
      message: `${found} (${failure.text})`,
      hint: `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, sign in with aws sso login, or name a profile with --profile; --local needs none`,
    };
  }
  return {
    message: `AWS doesn't accept ${profile === undefined ? 'these credentials' : `the credentials of profile ${profile}`} ${saidBy(failure)}`,
    hint: `check the access key and its secret; AWS says the same of a region that isn't enabled for the account (${region})`,
  };
}

/** Credentials that could not be had, whatever stood in the way: STS, a file, a program, silence. */
export function credentialsError(thrown: unknown, context: CallContext): AwsError {
  const failure = failureOf(thrown);
  const { message, hint } = credentials(failure, context);
  return new AwsError(message, {
    hint,
    code: failure.code,
    kind: 'credentials',
    neverSent: true,
    cause: thrown,
  });
}

function endpoint(failure: Failure, { service, operation, region, address, local }: CallContext): Sentence {
  const code = failure.code ?? '';
  if (NO_SUCH_HOST.has(code)) {
    return {
      message: `there is no host for ${address} (${failure.text})`,
      hint: `check the region's spelling (${region}: the catalogue's region, or --region), then the network`,
    };
  }
  if (REFUSED.has(code)) {
    return {
      message: `nothing answers at ${address} (${failure.text})`,
      hint: local
        ? 'the local cloud is gone: start it with rolecall local up, then run the same command again'
        : 'check AWS_ENDPOINT_URL, endpoint_url in ~/.aws/config, and the network',
    };
  }
  if (TLS.has(code)) {
    return {
      message: `the connection to ${address} isn't trusted (${failure.text})`,
      hint: 'where a proxy inspects TLS, name its certificate in NODE_EXTRA_CA_CERTS; for a plain server use http://',
    };
  }
  if (code === UNINTELLIGIBLE) {
    return {
      message: `what answers at ${address} isn't ${service}: its answer to ${operation} can't be read (${failure.text})`,
      hint: 'check AWS_ENDPOINT_URL, and whether a proxy or a sign-in page stands in between',
    };
  }
  return {
    message: `the connection to ${address} broke or fell silent during ${operation} (${failure.text})`,
    hint: local
      ? 'look whether the local cloud still runs (rolecall local up), then run the same command again'
      : `check the network, then run the same command again: nothing is ${service === 'EC2' ? 'launched' : 'written'} twice`,
  };
}

/** Where in the catalogue an unacceptable value comes from. */
const INVALID_HINTS: readonly (readonly [prefix: string, hint: string])[] = [
  [
    'InvalidAMIID',
    'check `ami` in the catalogue: the image must exist in the region, and be shared with the account',
  ],
  ['UnavailableImage', 'check `ami` in the catalogue: the image must be available'],
  ['InvalidSubnet', 'check `subnet` in the catalogue: it must exist in the region'],
  ['InvalidGroup', 'check `security_groups` in the catalogue: they must exist in the VPC of the subnet'],
  [
    'InvalidSecurityGroup',
    'check `security_groups` in the catalogue: they must exist in the VPC of the subnet',
  ],
  ['InvalidKeyPair', 'check `key_name` in the catalogue: the key pair must exist in the region'],
  [
    'InvalidIamInstanceProfile',
    'check `instance_profile` in the catalogue: the name or ARN of an instance profile, not of a role',
  ],
  ['InvalidZone', 'check `zone` in the catalogue'],
  ['InvalidAvailabilityZone', 'check `zone` in the catalogue'],
  ['InvalidBlockDeviceMapping', 'check `block_devices` in the catalogue'],
  ['InvalidSnapshot', 'check `snapshot` under `block_devices` in the catalogue'],
  ['InvalidInstanceType', 'check `instance_type` in the catalogue'],
  [
    'Unsupported',
    'check `instance_type` against `zone` or `subnet`: not every type is to be had in every zone',
  ],
  ['VPCIdNotSpecified', 'the account has no default VPC in the region: give `subnet` in the catalogue'],
  ['DefaultVpcDoesNotExist', 'the account has no default VPC in the region: give `subnet` in the catalogue'],
];

function invalidHint(failure: Failure, region: string): string {
  const row = INVALID_HINTS.find(([prefix]) => failure.code?.startsWith(prefix));
  return row?.[1] ?? `check the role's settings with rolecall plan, and that all of them exist in ${region}.`;
}

const profileFlag = (profile: string | undefined): string =>
  profile === undefined ? '' : ` --profile ${profile}`;
