/** Watches a launch until every machine has its verdict. Prints nothing: it tells WatchEvents. */
import { unlessAborted } from '../clock.ts';
import { CHANNELS } from './channels/all.ts';
import type { WatchEvent } from './events.ts';
import type { WatchOptions } from './options.ts';
import { planOf } from './plan.ts';
import { Watcher } from './watcher.ts';

/**
 * Follows every machine of a launch and tells what happens, ending with one `verdict` event a machine. It ends when
 * no more machines are to come and all have their verdict, or when `signal` aborts. Read it to its end: the tags
 * of the last verdicts are set after they are told, and an `untagged` event names the machines whose tag could not be set.
 * @throws AwsError where AWS refuses for good (permission, credentials); trouble that may pass is told as a notice
 * @throws UsageError where a pattern is no regular expression
 */
export async function* watchLaunch(
  options: WatchOptions,
  channels = CHANNELS,
): AsyncGenerator<WatchEvent, void, void> {
  const { clock, signal } = options;
  const watcher = new Watcher(planOf(options), channels);
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
