import { type Clock, systemClock } from '../clock.ts';
import type { AwsError } from '../errors.ts';
import type { Answer, Answers } from './answers.ts';
import { Clients, type Opening, type SdkClient } from './clients.ts';
import { Aborted, type Deadlines, POLLING, TIDYING, type Timer, Watchdog } from './deadlines.ts';
import { failureOf, isClockCorrected, UnintelligibleAnswer, Unsent } from './failure.ts';
import type { Pacing, Turn } from './pacing.ts';
import type { AwsTarget } from './ports.ts';
import { type RetryTools, retrying, type Waiting } from './retry.ts';
import type { CallContext } from './sentence.ts';
import { awsError, credentialsError } from './sentences.ts';
import { type OpenRequest, UnderWay } from './under-way.ts';
import type { Exchange, WireOptions } from './wire.ts';

/** One service of AWS: its name, and its SDK, which is loaded when the first request is due. */
export interface Service<Client extends SdkClient, Sdk, Operation extends string>
  extends Opening<Client, Sdk> {
  readonly name: 'EC2' | 'S3';
  /** Its operations, and what proves an answer to each. */
  readonly answers: Answers<Operation>;
  readonly deadlines: Deadlines;
  /** What its errors should speak of beside the operation. */
  readonly bucket?: string;
  /** Where its requests wait for their turn, so that AWS need not throttle them; each attempt takes a new turn. */
  readonly pacing?: Pacing;
}

/** What a connection may be given besides its target; all have defaults. */
export interface ConnectOptions {
  /** Connections that are given the same share their clients and credentials; without it each has its own. */
  readonly clients?: Clients;
  readonly clock?: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random?: () => number;
  /** Ends waiting, and requests that are under way. Requests that begin later only tidy up: they are sent, but once. */
  readonly signal?: AbortSignal;
  /** Told before each repetition of a request, with the pause in milliseconds. */
  readonly onRetry?: (error: AwsError, pauseMs: number) => void;
  /** How long one request may take, where it is not as long as the service's requests may. */
  readonly deadlines?: Deadlines;
  /** What those are measured by; real time where it is left out. */
  readonly timer?: Timer;
  /** How long credentials may take: a sign-in helper may ask a person. */
  readonly credentialsTimeoutMs?: number;
}

/** How one request is treated. */
export interface CallOptions {
  /** `for-trouble` where it is left out. */
  readonly waiting?: Waiting;
  /** How many machines the request launches or ends: AWS counts these, too. */
  readonly machines?: number;
  readonly deadlines?: Deadlines;
  /** Ends this request, beside the connection's own signal. */
  readonly signal?: AbortSignal | undefined;
}

/** One connection: the lazily loaded client, credentials first, retries, proved answers, classified errors. */
export interface Session<Client, Sdk, Operation extends string> {
  /**
   * @param send may send requests of this operation only
   * @throws AwsError of kind `endpoint` or `server` where an answer is not of its operation's kind: then nobody knows what AWS did
   */
  call<T>(
    operation: Operation,
    send: (client: Client, sdk: Sdk) => Promise<T>,
    options?: CallOptions,
  ): Promise<T>;
  /** An error of this operation that was met outside of `call`, as in a body that is read later. */
  error(operation: Operation, thrown: unknown): AwsError;
}

/**
 * The same connection for a loop that asks again anyway: two back-offs, one in the other, would stall it for minutes, and so
 * would a slow answer.
 */
export const impatient = <Client, Sdk, Operation extends string>(
  session: Session<Client, Sdk, Operation>,
): Session<Client, Sdk, Operation> => ({
  ...session,
  call: (operation, send, options) =>
    session.call(operation, send, { ...options, waiting: 'never', deadlines: POLLING }),
});

/** Opens a session. Nothing is loaded or sent before the first call. */
export function openSession<Client extends SdkClient, Sdk, Operation extends string>(
  service: Service<Client, Sdk, Operation>,
  target: AwsTarget,
  options: ConnectOptions,
): Session<Client, Sdk, Operation> {
  const tools: RetryTools = {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    signal: options.signal,
    onRetry: options.onRetry,
  };
  const timer = options.timer ?? systemClock;
  const clients = options.clients ?? new Clients();
  const contextOfCall = (operation: Operation) =>
    contextOf(operation, service.answers[operation].writes, service, target, process.env);
  const underWay = new UnderWay(options.signal);
  let opened: Promise<{ readonly client: Client; readonly sdk: Sdk }> | undefined;
  return {
    error: (operation, thrown) => awsError(thrown, contextOfCall(operation)),
    async call(operation, send, { waiting = 'for-trouble', machines = 0, deadlines, signal } = {}) {
      opened ??= clients.open(service, target);
      const { client, sdk } = await opened;
      const context = contextOfCall(operation);
      const answer = service.answers[operation];
      const usual = deadlines ?? options.deadlines ?? service.deadlines;
      return await retrying(
        async (waited) => {
          const request = underWay.begin(signal);
          const lasting = options.signal?.aborted ? TIDYING : usual;
          try {
            const timeoutMs = options.credentialsTimeoutMs ?? 60_000;
            await credentialsOf(client, { timer, timeoutMs, signal: request.signal }, context);
            const proving = provingClient(client, answer, { timer, deadlines: lasting, request });
            const { pacing } = service;
            if (pacing === undefined) return await inTime(() => send(proving, sdk));
            const stopping = answer.begins === true ? options.signal : request.signal;
            const turn = await pacing.turn(operation, machines, stopping);
            waited(turn.waitedMs);
            return await toldTo(turn, () => inTime(() => send(proving, sdk)));
          } finally {
            if (!request.streamed) request.end();
          }
        },
        (thrown) => awsError(thrown, context),
        tools,
        waiting,
      );
    },
  };
}

/** Sends a request once more where AWS found its time wrong, and the Date header of that answer has set it right. */
async function inTime<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (thrown) {
    if (isClockCorrected(thrown)) return await send();
    throw thrown;
  }
}

/** The client with a `send` that keeps to the deadlines, and whose answers are of their operation's kind. */
function provingClient<Client extends SdkClient>(
  client: Client,
  { lacks, streamed = false, totalMs }: Answer,
  limits: { readonly timer: Timer; readonly deadlines: Deadlines; readonly request: OpenRequest },
): Client {
  const { timer, request } = limits;
  const deadlines = totalMs === undefined ? limits.deadlines : { ...limits.deadlines, totalMs };
  const sdkSend = client.send as (this: Client, command: object, options: WireOptions) => Promise<object>;
  const send = async (command: { readonly input: object }): Promise<object> => {
    const onStreamed = request.end;
    const exchange: Exchange = { timer, deadlines, ...(streamed && { onStreamed }), handed: false };
    const options: WireOptions = { abortSignal: request.signal, exchange };
    try {
      const output = await sdkSend.call(client, command, options);
      const { heard = { status: 0, text: '' } } = exchange;
      const lack = lacks(output, command.input, heard);
      if (lack !== undefined) throw new UnintelligibleAnswer(lack, heard.status);
      request.streamed = streamed;
      return output;
    } catch (thrown) {
      exchange.discard?.();
      throw exchange.handed ? thrown : new Unsent(thrown);
    }
  };
  return Object.create(client, { send: { value: send } });
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
    else if (kind !== 'endpoint' && kind !== 'interrupted') turn.admitted();
    throw thrown;
  }
}

interface Limit {
  readonly timer: Timer;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks for the credentials before the request does, so that whatever stands in their way (STS, a broken file, a helper
 * program) is told as trouble with credentials. The SDK keeps them, so this costs nothing the second time; it bounds
 * the metadata service to 2 s, but neither a helper program nor STS.
 */
async function credentialsOf(
  client: SdkClient,
  { timer, timeoutMs, signal }: Limit,
  context: CallContext,
): Promise<void> {
  const deadlines = { answerMs: timeoutMs, stallMs: timeoutMs, totalMs: timeoutMs };
  const watchdog = new Watchdog(timer, deadlines, signal);
  try {
    await watchdog.answer(client.config.credentials());
  } catch (thrown) {
    if (thrown instanceof Aborted) throw thrown;
    throw credentialsError(thrown, context);
  }
}

/** The endpoint that the environment names for a service, in the SDK's order; undefined for AWS's own. */
export const endpointFromEnv = (service: 'EC2' | 'S3', env: NodeJS.ProcessEnv): string | undefined =>
  env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true'
    ? undefined
    : env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'] || undefined;

function contextOf(
  operation: string,
  writes: boolean,
  { name, bucket }: Pick<Service<SdkClient, unknown, never>, 'name' | 'bucket'>,
  target: AwsTarget,
  env: NodeJS.ProcessEnv,
): CallContext {
  const own = `${name.toLowerCase()}.${target.region}.amazonaws.com`;
  return {
    service: name,
    bucket,
    operation,
    writes,
    region: target.region,
    address: target.endpoint ?? endpointFromEnv(name, env) ?? own,
    // The SDK's chain takes it from there, where no credentials are given.
    profile:
      target.profile ?? (target.credentials === undefined ? env['AWS_PROFILE'] || undefined : undefined),
    local: target.endpoint !== undefined,
  };
}
