import { withKnownLaunch } from '../../actions/known-launch.ts';
import { networkOf } from '../../actions/local/connect.ts';
import type { CloudChoice } from '../../actions/session.ts';
import { timeoutOverride } from '../../catalogue/overrides.ts';
import { DEFAULT_TIMEOUT_MS } from '../../catalogue/role.ts';
import type { ExitCode } from '../../errors.ts';
import type { LaunchId } from '../../model.ts';
import type { OutputFormat } from '../../reporters/progress.ts';
import type { Host } from '../context.ts';
import type { ReportWords } from '../follow.ts';
import { follow } from '../follow.ts';

export interface WatchWords extends CloudChoice, ReportWords {
  readonly launch: LaunchId;
  readonly timeout?: string | undefined;
  readonly output: OutputFormat;
}

/** Follows a launch that this or another machine began. */
export async function runWatch(words: WatchWords, host: Host): Promise<ExitCode> {
  // Before anything is asked for: a mistyped duration is no matter of AWS's.
  const givenMs = words.timeout === undefined ? DEFAULT_TIMEOUT_MS : timeoutOverride(words.timeout);
  return await withKnownLaunch(words, givenMs, host, async (known) => {
    const { session, requested, launched, machines } = known;
    return await follow(
      {
        ...(requested !== undefined && { requested }),
        ...(launched !== undefined && { launched }),
        ...(machines !== undefined && { machines }),
        verb: 'watching',
        output: words.output,
        junit: words.junit,
        report: words.report,
        against: words.against,
        records: session.records,
        launch: words.launch,
        meta: known.meta,
        beacons: session.beacons,
        network: words.local && session.catalogue !== undefined ? networkOf(session.catalogue) : undefined,
        timeoutMs: known.timeoutMs,
        budget: known.budget,
        patterns: known.patterns,
      },
      session,
      host,
    );
  });
}
