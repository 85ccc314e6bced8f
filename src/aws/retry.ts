import type { Clock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import { NO_SUCH_HOST, REFUSED, TLS, UNINTELLIGIBLE } from './classify.ts';

/**
 * How one kind of trouble is waited out. The SDK's own retries are switched off: they would repeat
 * InsufficientInstanceCapacity, because it is an HTTP 500, and give up on throttling after about a second.
 */
export interface Patience {
  readonly baseMs: number;
  /** The longest single pause. */
  readonly capMs: number;
  /** No new attempt begins later than this after the first. */
  readonly budgetMs: number;
  /** Attempts that are made even where the budget is used up: one long timeout must not use up all. */
  readonly atLeast: number;
}

/** RunInstances refills 2 requests a second for the whole account, so a minute's wait is normal. */
const THROTTLED: Patience = { baseMs: 1_000, capMs: 20_000, budgetMs: 120_000, atLeast: 3 };
const LOST_ANSWER: Patience = { baseMs: 200, capMs: 5_000, budgetMs: 30_000, atLeast: 3 };
/** Long enough for a server that restarts, short enough for somebody who mistyped a port. */
const NOBODY_THERE: Patience = { baseMs: 100, capMs: 500, budgetMs: 1_500, atLeast: 1 };
/** EC2 asks for a back-off from 2 s up while it doesn't know a new machine everywhere yet. */
const NOT_YET_KNOWN: Patience = { baseMs: 2_000, capMs: 8_000, budgetMs: 40_000, atLeast: 3 };

/** What is waited out: trouble that passes, also a machine that EC2 doesn't know yet (late consistency), or nothing. */
export type Waiting = 'for-trouble' | 'for-machine' | 'never';

/** How to wait this error out; undefined where a retry can't help. */
export function patienceWith(error: AwsError, waiting: Waiting): Patience | undefined {
  if (waiting === 'never') return undefined;
  const code = error.code ?? '';
  switch (error.kind) {
    case 'throttle':
      return THROTTLED;
    case 'server':
      return LOST_ANSWER;
    case 'endpoint':
      if (NO_SUCH_HOST.has(code) || TLS.has(code)) return undefined;
      return REFUSED.has(code) || code === UNINTELLIGIBLE ? NOBODY_THERE : LOST_ANSWER;
    case 'not-found':
      return waiting === 'for-machine' ? NOT_YET_KNOWN : undefined;
    default:
      return undefined;
  }
}

/**
 * The pause before the attempt after `failures` failures (from 1), milliseconds: full jitter over an exponential step.
 * @param random a number from 0 up to 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function pauseMs(patience: Patience, failures: number, random: number): number {
  const step = Math.min(patience.capMs, patience.baseMs * 2 ** Math.min(failures - 1, 30));
  // Never less than a tenth: a pause of nothing would repeat into the same closed bucket.
  return Math.round(step * (0.1 + 0.9 * random));
}

/** What a retry needs from outside. */
export interface RetryTools {
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Ends the waiting: the last error is thrown at once. */
  readonly signal?: AbortSignal | undefined;
  /** Told before each pause. */
  readonly onRetry?: ((error: AwsError, pauseMs: number) => void) | undefined;
}

/** Whether AWS may have carried out a request that ended so. */
const mayBeDone = ({ kind, neverSent }: AwsError): boolean =>
  !neverSent && (kind === 'server' || kind === 'endpoint' || kind === 'interrupted');

/** Makes errors that tell whether an earlier one left it open what AWS had done. */
function withLostAnswers(toError: (thrown: unknown) => AwsError): (thrown: unknown) => AwsError {
  let afterLostAnswer = false;
  return (thrown) => {
    const error = toError(thrown);
    const { message, kind, code, hint, cause, neverSent } = error;
    const told = afterLostAnswer
      ? new AwsError(message, { kind, code, hint, cause, neverSent, afterLostAnswer })
      : error;
    afterLostAnswer ||= mayBeDone(error);
    return told;
  };
}

/**
 * Runs `attempt` until it succeeds or waiting can't help any more.
 * @param attempt told whom to tell how long it waited for its turn before it was sent: that uses up no budget
 * @param toError makes the AwsError from what an attempt threw
 * @throws AwsError the last one, which tells whether an earlier attempt got no answer
 */
export async function retrying<T>(
  attempt: (waited: (ms: number) => void) => Promise<T>,
  toError: (thrown: unknown) => AwsError,
  tools: RetryTools,
  waiting: Waiting = 'for-trouble',
): Promise<T> {
  let started = tools.clock.monotonic();
  const waited = (ms: number) => {
    started += ms;
  };
  const errorOf = withLostAnswers(toError);
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt(waited);
    } catch (thrown) {
      const error = errorOf(thrown);
      const patience = patienceWith(error, waiting);
      if (patience === undefined || tools.signal?.aborted) throw error;
      const pause = pauseMs(patience, failures, tools.random());
      const late = tools.clock.monotonic() - started + pause > patience.budgetMs;
      if (late && failures >= patience.atLeast) throw error;
      tools.onRetry?.(error, pause);
      await tools.clock.sleep(pause, tools.signal);
      if (tools.signal?.aborted) throw error;
    }
  }
}
