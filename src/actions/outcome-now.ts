/** What became of a launch, as far as it can be read now: without waiting for any machine. */
import type { Ec2 } from '../aws/ports.ts';
import { exitCode } from '../errors.ts';
import { isLiving, SETTLED_AFTER_MS } from '../launch/living.ts';
import type { LaunchId, Machine } from '../model.ts';
import { exitCodeOf } from '../results/document.ts';
import { type Outcome, outcomeOf } from '../results/outcome.ts';
import { redacted } from '../results/redacted.ts';
import type { MachineRow } from '../results/row.ts';
import { advance, emptyView, type LaunchView } from '../results/state.ts';
import { unprovedBeacons } from '../watch/channels/beacons/listing.ts';
import type { WatchEvent } from '../watch/events.ts';
import type { Verdict } from '../watch/verdict.ts';
import { watchLaunch } from '../watch/watch.ts';
import type { KnownLaunch } from './known-launch.ts';
import { type RecordedOutcome, recordedVerdict } from './recorded.ts';
import type { RunChoice } from './run.ts';
import type { Runtime } from './runtime.ts';
import { watchPace } from './watch-pace.ts';

/** By which clock it is read, what ends the reading, and what is taken out of machines' words. */
type OutcomeReading = Pick<Runtime, 'clock' | 'signal'> & Partial<Pick<RunChoice, 'defuse'>>;

/**
 * Reads consoles, beacons and boot logs once. Of a machine that tells no verdict its tag does, or an earlier record.
 * @param earlier the newest record, of a command that ended before every machine had its verdict
 * @throws AwsError where AWS refuses
 */
export async function outcomeNow(
  launch: LaunchId,
  known: KnownLaunch,
  earlier: RecordedOutcome | undefined,
  reading: OutcomeReading,
): Promise<Outcome> {
  const { clock } = reading;
  const seen = await looked(launch, known, reading);
  const gone = goneMachines(known, seen, clock.now());
  const beacons = gone.length === 0 ? new Map() : await unprovedBeacons(known.session.beacons, launch);
  const withGone = gone.reduce((view, machine) => {
    const says = beacons.get(machine.instanceId) ?? [];
    return advance(view, { type: 'verdict', at: clock.now(), machine, verdict: forgotten(says) });
  }, seen);
  const view = [...withGone.machines.values()].reduce((now, row) => {
    const better = isDecided(row.verdict) ? undefined : (recordedVerdict(earlier, row.machine) ?? byTag(row));
    if (better === undefined) return now;
    return advance(now, { type: 'verdict', at: clock.now(), machine: row.machine, verdict: better });
  }, withGone);
  const outcome = outcomeOf(
    view,
    known.meta,
    reading.signal.aborted ? exitCode('interrupted') : exitCodeOf(view),
  );
  const times = new Map(earlier?.timelines.map((timeline) => [timeline.instance_id, timeline]));
  const timelines = outcome.timelines.map((timeline) =>
    timeline.verdict_ms === null ? (times.get(timeline.instance_id) ?? timeline) : timeline,
  );
  return { ...outcome, timelines };
}

/** One look at everything that EC2 describes; nothing is tagged, since a machine may still be booting. */
async function looked(
  launch: LaunchId,
  { session, machines, requested, timeoutMs, patterns, budget }: KnownLaunch,
  { clock, signal, defuse }: OutcomeReading,
): Promise<LaunchView> {
  const { ec2: connection, beacons } = session;
  const { polling } = connection;
  const ec2: Pick<Ec2, 'machinesOfLaunch' | 'statusChecks' | 'consoleOutput' | 'userData' | 'tag'> = {
    machinesOfLaunch: (of) => polling.machinesOfLaunch(of),
    statusChecks: (ids) => polling.statusChecks(ids),
    consoleOutput: (id, mode) => polling.consoleOutput(id, mode),
    userData: (id) => polling.userData(id),
    tag: async () => {},
  };
  const only = machines === undefined ? { machines: [] } : { machines, only: true };
  const events = watchLaunch({
    ec2,
    clock,
    launch,
    sent: () => ({ ...only, launched: 0, done: true }),
    ...(beacons !== undefined && { beacons }),
    timeoutMs: 0,
    neverRunningMs: 0,
    visibleMs: 0,
    patterns,
    budget,
    everyStep: true,
    ...watchPace(session),
    signal,
  });
  let view = emptyView(requested);
  for await (const event of events) {
    const told = mayStillBoot(event, timeoutMs, clock.now()) ? { ...event, type: 'machine' as const } : event;
    view = advance(view, redacted(told, { defuse }));
  }
  return view;
}

/** One look finds no verdict of a machine that has time left: that is none. */
const mayStillBoot = (
  event: WatchEvent,
  timeoutMs: number,
  now: number,
): event is Extract<WatchEvent, { type: 'verdict' }> =>
  event.type === 'verdict' &&
  event.verdict.outcome === 'silent' &&
  isLiving(event.machine) &&
  now - event.machine.launchedAt < timeoutMs;

/** Machines that EC2 gave once and doesn't describe any more. */
function goneMachines({ answered, machines }: KnownLaunch, view: LaunchView, now: number): Machine[] {
  // Those that others have taken the place of are no part of the launch.
  if (machines !== undefined) return [];
  return answered.filter(
    ({ instanceId, launchedAt }) =>
      view.machines.get(instanceId) === undefined && now - launchedAt >= SETTLED_AFTER_MS,
  );
}

const forgotten = (beacons: readonly string[]): Verdict => ({
  outcome: 'silent',
  steps: [],
  reason: ['EC2 no longer describes it, and no record tells how its boot ended', ...beacons].join('; '),
  excerpt: [],
});

const isDecided = (verdict: Verdict | undefined): boolean =>
  verdict?.outcome === 'succeeded' || verdict?.outcome === 'failed';

/** An earlier command has tagged the machine with its verdict. */
function byTag({ machine, verdict }: MachineRow): Verdict | undefined {
  const steps = verdict?.steps ?? [];
  switch (machine.tags['rolecall:verdict']) {
    case 'succeeded':
      return { outcome: 'succeeded', steps };
    case 'failed': {
      const excerpt = verdict?.outcome === 'silent' || verdict?.outcome === 'lost' ? verdict.excerpt : [];
      const reason =
        'its tag rolecall:verdict says so; neither its console nor a boot log tells why any more';
      return { outcome: 'failed', steps, failure: { step: 'unknown', status: 1, excerpt, reason } };
    }
    default:
      return undefined;
  }
}
