/** Watches a launch until every machine has its verdict. Prints nothing: it tells WatchEvents. */
import { UsageError } from '../errors.ts';
import { type LinearPattern, linearPattern } from '../yaml/linear.ts';
import { patternProblem } from '../yaml/pattern.ts';
import { unlessAborted } from './abort.ts';
import type { WatchEvent } from './events.ts';
import type { WatchOptions } from './options.ts';
import { type Plan, Watcher } from './watcher.ts';

/**
 * Follows every machine of a launch and tells what happens, ending with one `verdict` event a machine. It ends when
 * no more machines are to come and all have their verdict, or when `signal` aborts. Read it to its end: the tags
 * of the last verdicts are set after they are told, and an `untagged` event names the machines whose tag could not be set.
 * @throws AwsError where AWS refuses for good (permission, credentials); trouble that may pass is told as a notice
 * @throws UsageError where a pattern is no regular expression
 */
export async function* watchLaunch(options: WatchOptions): AsyncGenerator<WatchEvent, void, void> {
  const { clock, signal } = options;
  const watcher = new Watcher(planOf(options));
  while (!signal?.aborted) {
    const events = await unlessAborted(watcher.tick(), signal);
    if (events === undefined) break;
    yield* events;
    if (watcher.failure !== undefined) {
      yield* watcher.tags.leave();
      throw watcher.failure;
    }
    if (watcher.finished) return yield* watcher.tags.finish(signal);
    const tagged = await unlessAborted(watcher.tags.set(watcher.tagMs), signal);
    if (tagged === undefined) break;
    yield* tagged;
    await clock.sleep(watcher.pauseMs, signal);
  }
  yield* watcher.tags.leave();
}

/** @throws UsageError where a pattern is no regular expression */
function planOf(options: WatchOptions): Plan {
  const { patterns = {} } = options;
  return {
    ec2: options.ec2,
    clock: options.clock,
    launch: options.launch,
    sent: options.sent,
    nonce: options.nonce,
    beacons: patterns.success === undefined && patterns.failure === undefined ? options.beacons : undefined,
    mask: options.mask,
    budget: options.budget,
    everyStep: options.everyStep ?? false,
    limits: { timeoutMs: options.timeoutMs, neverRunningMs: options.neverRunningMs ?? 300_000 },
    visibleMs: options.visibleMs ?? 30_000,
    tickMs: options.tickMs ?? 500,
    unreachableMs: options.unreachableMs ?? 120_000,
    success: compiled('success', patterns.success),
    failure: compiled('failure', patterns.failure),
  };
}

function compiled(name: 'success' | 'failure', source: string | undefined): LinearPattern | undefined {
  if (source === undefined) return undefined;
  // As the catalogue checks it.
  const problem = patternProblem(source);
  if (problem === undefined) return linearPattern(source);
  throw new UsageError(`The ${name} pattern ${problem}`, {
    hint: `Correct \`${name}\` in the catalogue; it is a regular expression in RE2's syntax, matched against each console line.`,
  });
}
