import type { AwsError } from '../errors.ts';
import { type Clock, systemClock } from '../io/clock.ts';
import { failureOf } from './failure.ts';
import type { Pacing, Turn } from './pacing.ts';
import type { AwsTarget, FixedCredentials } from './ports.ts';
import { type RetryTools, retrying, type Waiting } from './retry.ts';
import type { CallContext } from './sentence.ts';
import { awsError, credentialsError } from './sentences.ts';

/** What every SDK client has, as far as a session needs it. */
interface SdkClient {
  readonly config: { readonly credentials: () => Promise<unknown> };
}

/**
 * Where a client gets a middleware that does nothing, in place of its retries: these make way for retry.ts, and even with
 * one attempt they would wrap errors, which can cost a code.
 */
export const IN_PLACE_OF_RETRIES = {
  name: 'retryMiddleware',
  step: 'finalizeRequest',
  priority: 'high',
  override: true,
} as const;

/** How the clients of all services are made. */
export interface ClientConfig {
  readonly region: string;
  readonly maxAttempts: 1;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials?: FixedCredentials;
}

/** One service of AWS: its name, and its SDK, which is loaded when the first request is due. */
export interface Service<Client extends SdkClient, Sdk> {
  readonly name: 'EC2' | 'S3';
  /** What its errors should speak of beside the operation. */
  readonly bucket?: string;
  /** Where its requests wait for their turn, so that AWS need not throttle them; each attempt takes a new turn. */
  readonly pacing?: Pacing;
  /** Makes a client, with IN_PLACE_OF_RETRIES. */
  readonly open: (config: ClientConfig) => Promise<{ readonly client: Client; readonly sdk: Sdk }>;
}

/** What a connection may be given besides its target; all have defaults. */
export interface ConnectOptions {
  readonly clock?: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random?: () => number;
  /** Ends the waiting between attempts; a request under way is still finished. */
  readonly signal?: AbortSignal;
  /** Told before each repetition of a request, with the pause in milliseconds. */
  readonly onRetry?: (error: AwsError, pauseMs: number) => void;
  /** How long one request may take; RunInstances of 100 machines needs many seconds. */
  readonly requestTimeoutMs?: number;
  /** How long credentials may take: a sign-in helper may ask a person. */
  readonly credentialsTimeoutMs?: number;
}

/** One connection: the lazily loaded client, credentials first, retries, classified errors. */
export interface Session<Client, Sdk> {
  /**
   * @param machines how many machines the request launches or ends: AWS counts these, too
   * @throws AwsError
   */
  call<T>(
    operation: string,
    send: (client: Client, sdk: Sdk) => Promise<T>,
    waiting?: Waiting,
    machines?: number,
  ): Promise<T>;
}

/** The same connection for a loop that asks again anyway: two back-offs, one in the other, would stall it for minutes. */
export const impatient = <Client, Sdk>(session: Session<Client, Sdk>): Session<Client, Sdk> => ({
  call: (operation, send, _waiting, machines) => session.call(operation, send, 'never', machines),
});

/** Opens a session. Nothing is loaded or sent before the first call. */
export function openSession<Client extends SdkClient, Sdk>(
  service: Service<Client, Sdk>,
  target: AwsTarget,
  options: ConnectOptions,
): Session<Client, Sdk> {
  const tools: RetryTools = {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    signal: options.signal,
    onRetry: options.onRetry,
  };
  let opened: Promise<{ readonly client: Client; readonly sdk: Sdk }> | undefined;
  return {
    async call(operation, send, waiting = 'for-trouble', machines = 0) {
      opened ??= openClient(service, target, options.requestTimeoutMs ?? 60_000);
      const { client, sdk } = await opened;
      const context = contextOf(operation, service, target, process.env);
      return await retrying(
        async (waited) => {
          await credentialsOf(client, options.credentialsTimeoutMs ?? 60_000, context);
          const { pacing } = service;
          if (pacing === undefined) return await send(client, sdk);
          const turn = await pacing.turn(operation, machines, options.signal);
          waited(turn.waitedMs);
          return await toldTo(turn, () => send(client, sdk));
        },
        (thrown) => awsError(thrown, context),
        tools,
        waiting,
      );
    },
  };
}

/** Sends a request, and tells how AWS took it; a connection that broke tells nothing. */
async function toldTo<T>(turn: Turn, send: () => Promise<T>): Promise<T> {
  try {
    const answer = await send();
    turn.admitted();
    return answer;
  } catch (thrown) {
    const { kind } = failureOf(thrown);
    if (kind === 'throttle') turn.throttled();
    else if (kind !== 'endpoint') turn.admitted();
    throw thrown;
  }
}

async function openClient<Client extends SdkClient, Sdk>(
  service: Service<Client, Sdk>,
  target: AwsTarget,
  requestTimeout: number,
): Promise<{ readonly client: Client; readonly sdk: Sdk }> {
  // The SDK warns about Node 20 at its first client; that is for us to know, not for the operator.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  return await service.open({
    region: target.region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout, throwOnRequestTimeout: true },
    ...(target.profile === undefined ? {} : { profile: target.profile }),
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint }),
    ...(target.credentials === undefined ? {} : { credentials: target.credentials }),
  });
}

/**
 * Asks for the credentials before the request does, so that whatever stands in their way (STS, a broken file, a helper
 * program) is told as trouble with credentials. The SDK keeps them, so this costs nothing the second time; it bounds
 * the metadata service to 2 s, but neither a helper program nor STS.
 */
async function credentialsOf(client: SdkClient, timeoutMs: number, context: CallContext): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer from the credentials' source in ${timeoutMs / 1000} s`);
      error.name = 'CredentialsTimeout';
      reject(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([client.config.credentials(), late]);
  } catch (thrown) {
    throw credentialsError(thrown, context);
  } finally {
    clearTimeout(timer);
  }
}

/** The endpoint that the environment names for a service, in the SDK's order; undefined for AWS's own. */
export const endpointFromEnv = (service: 'EC2' | 'S3', env: NodeJS.ProcessEnv): string | undefined =>
  env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true'
    ? undefined
    : env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'] || undefined;

function contextOf(
  operation: string,
  { name, bucket }: Pick<Service<SdkClient, unknown>, 'name' | 'bucket'>,
  target: AwsTarget,
  env: NodeJS.ProcessEnv,
): CallContext {
  const own = `${name.toLowerCase()}.${target.region}.amazonaws.com`;
  return {
    service: name,
    bucket,
    operation,
    region: target.region,
    address: target.endpoint ?? endpointFromEnv(name, env) ?? own,
    // The SDK's chain takes it from there, where no credentials are given.
    profile:
      target.profile ?? (target.credentials === undefined ? env['AWS_PROFILE'] || undefined : undefined),
    local: target.endpoint !== undefined,
  };
}
