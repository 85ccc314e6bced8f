import type { EC2Client } from '@aws-sdk/client-ec2';
import type { AwsError } from '../errors.ts';
import { type Clock, systemClock } from '../io/clock.ts';
import type { AwsTarget } from './ports.ts';
import { type RetryTools, retrying, type Waiting } from './retry.ts';
import { awsError, type CallContext, credentialsError } from './sentences.ts';

type Sdk = typeof import('./sdk.ts')['sdk'];

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
export interface Session {
  /** @throws AwsError */
  call<T>(
    operation: string,
    send: (client: EC2Client, sdk: Sdk) => Promise<T>,
    waiting?: Waiting,
  ): Promise<T>;
}

/** The same connection for a loop that asks again anyway: two back-offs, one in the other, would stall it for minutes. */
export const impatient = (session: Session): Session => ({
  call: (operation, send) => session.call(operation, send, 'never'),
});

/** Opens a session. Nothing is loaded or sent before the first call. */
export function openSession(target: AwsTarget, options: ConnectOptions): Session {
  const tools: RetryTools = {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    signal: options.signal,
    onRetry: options.onRetry,
  };
  let opened: Promise<{ client: EC2Client; sdk: Sdk }> | undefined;
  return {
    async call(operation, send, waiting = 'for-trouble') {
      opened ??= openClient(target, options.requestTimeoutMs ?? 60_000);
      const { client, sdk } = await opened;
      const context = contextOf(operation, target, process.env);
      return await retrying(
        async () => {
          await credentialsOf(client, options.credentialsTimeoutMs ?? 60_000, context);
          return await send(client, sdk);
        },
        (thrown) => awsError(thrown, context),
        tools,
        waiting,
      );
    },
  };
}

async function openClient(
  target: AwsTarget,
  requestTimeout: number,
): Promise<{ client: EC2Client; sdk: Sdk }> {
  // The SDK warns about Node 20 at its first client; that is for us to know, not for the operator.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const { sdk } = await import('./sdk.ts');
  const client = new sdk.EC2Client({
    region: target.region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout, throwOnRequestTimeout: true },
    ...(target.profile === undefined ? {} : { profile: target.profile }),
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint }),
    ...(target.credentials === undefined ? {} : { credentials: target.credentials }),
  });
  // The SDK's retries make way for retry.ts; even with one attempt they would wrap errors, which can cost a code.
  client.middlewareStack.add((next) => (args) => next(args), {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  });
  return { client, sdk };
}

/**
 * Asks for the credentials before the request does, so that whatever stands in their way (STS, a broken file, a helper
 * program) is told as trouble with credentials. The SDK keeps them, so this costs nothing the second time; it bounds
 * the metadata service to 2 s, but neither a helper program nor STS.
 */
async function credentialsOf(client: EC2Client, timeoutMs: number, context: CallContext): Promise<void> {
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

function contextOf(operation: string, target: AwsTarget, env: NodeJS.ProcessEnv): CallContext {
  const fromEnv = env['AWS_ENDPOINT_URL_EC2'] || env['AWS_ENDPOINT_URL'];
  return {
    operation,
    region: target.region,
    address: target.endpoint ?? fromEnv ?? `ec2.${target.region}.amazonaws.com`,
    profile: target.profile,
    local: target.endpoint !== undefined,
  };
}
