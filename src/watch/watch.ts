/** Watches a launch until every machine has its verdict. Prints nothing: it tells WatchEvents. */
import type { Ec2 } from '../aws/ports.ts';
import type { Clock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import type { LaunchId, Machine, Nonce } from '../model.ts';
import { type LinearPattern, linearPattern } from '../yaml/linear.ts';
import { patternProblem } from '../yaml/pattern.ts';
import { unlessAborted } from './abort.ts';
import type { BeaconStore } from './beacons.ts';
import type { BootBudget } from './budget.ts';
import type { WatchEvent } from './events.ts';
import { type Plan, Watcher } from './watcher.ts';

/** What is known of the launch's requests; while they are still being sent it changes. */
export interface Sent {
  /** Machines that RunInstances has answered with: EC2 may not describe them yet. */
  readonly machines: readonly Machine[];
  /** How many machines there are, where that is known: the wait for late ones to appear depends on it. */
  readonly launched?: number;
  /**
   * How many machines there will be in the end, where that is known: the first of a thousand is not looked at as often as one
   * that is alone.
   */
  readonly toCome?: number;
  /** No more requests will be sent. */
  readonly done: boolean;
  /**
   * Follow these machines only, and none that merely carries the launch's tag: a launch that is run again has replaced
   * those that ended.
   */
  readonly only?: boolean;
}

export interface WatchOptions {
  readonly ec2: Pick<Ec2, 'machinesOfLaunch' | 'statusChecks' | 'consoleOutput' | 'userData' | 'tag'>;
  readonly clock: Clock;
  readonly launch: LaunchId;
  /** Asked at every tick, so that watching may begin before the last request is sent. */
  readonly sent: () => Sent;
  /** The launch's nonce, where this process made the launch; without it, it is recovered from the user data. */
  readonly nonce?: Nonce;
  /**
   * Where the launch's machines send beacons, if they do. Patterns judge consoles, so beside them beacons are not
   * looked at.
   */
  readonly beacons?: BeaconStore | undefined;
  /** From running to the verdict, milliseconds. */
  readonly timeoutMs: number;
  /** From launch to running, milliseconds; 5 minutes by default. */
  readonly neverRunningMs?: number;
  /** How long machines may take to appear in EC2's answers, milliseconds; 30 s by default. */
  readonly visibleMs?: number;
  /** The pause between two looks, milliseconds, with few machines and no throttling; 500 by default. */
  readonly tickMs?: number;
  /** How long AWS may be out of reach before the watch ends with that error, milliseconds; 2 minutes by default. */
  readonly unreachableMs?: number;
  /** The catalogue's patterns (regular expressions in RE2's syntax), applied to each console line. */
  readonly patterns?: { readonly success?: string; readonly failure?: string };
  /**
   * Tell the steps also of machines that only a beacon tells of: a request to S3 for each. Otherwise those of a large launch
   * that succeed have none.
   */
  readonly everyStep?: boolean;
  /** Held against each success. */
  readonly budget?: BootBudget | undefined;
  /** Hides known secrets in what machines print. */
  readonly mask?: ((text: string) => string) | undefined;
  /** Ends the iteration at once, without an error. */
  readonly signal?: AbortSignal;
}

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
