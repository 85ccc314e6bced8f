import type { Clock } from '../clock.ts';
import { SETTLED_AFTER_MS } from '../launch/living.ts';
import type { LaunchRecords } from '../launch/records.ts';
import type { InstanceId, LaunchId } from '../model.ts';
import { type FleetRecord, type Holder, type OpenEntry, readFleetRecord, withoutOld } from './record.ts';

/** What of a fleet's record its descriptions must be completed with. */
export interface Recent {
  /** Launches of the last minutes: EC2 may not describe all of their machines yet. */
  readonly recentLaunches: readonly LaunchId[];
  /** Machines that EC2 has taken to end in the last minutes: where EC2 doesn't describe them, they are gone. */
  readonly recentEnds: ReadonlySet<InstanceId>;
  /** Those of them that EC2 may still describe as they were. A machine that is shown to run later does run. */
  readonly latestEnds: ReadonlySet<InstanceId>;
}

/** How long EC2 may describe a machine as running after it has taken its end; seconds are usual. */
const END_SHOWN_AFTER_MS = 60_000;

/** A fleet's record as somebody sees it who changes nothing. */
export interface Glimpse extends Recent {
  readonly holder: Holder | null;
  readonly open: readonly OpenEntry[];
  readonly target: FleetRecord['target'];
  readonly replacing: FleetRecord['replacing'];
}

/** Looks at a fleet's record without taking its lease. */
export async function glimpse(
  records: LaunchRecords,
  key: string,
  clock: Pick<Clock, 'now'>,
): Promise<Glimpse> {
  const { record } = await readFleetRecord(records, key);
  const { holder, open, target, replacing } = record;
  return { holder, open, target, replacing, ...recentOf(record, clock.now()) };
}

export function recentOf(record: FleetRecord, now: number): Recent {
  const recent = withoutOld(record, now, SETTLED_AFTER_MS);
  const latest = withoutOld(record, now, END_SHOWN_AFTER_MS);
  return {
    recentLaunches: recent.recent_launches.map(({ launch }) => launch),
    recentEnds: endsOf(recent),
    latestEnds: endsOf(latest),
  };
}

const endsOf = ({ recent_ends: ends }: FleetRecord): ReadonlySet<InstanceId> =>
  new Set(ends.flatMap(({ instance_ids: ids }) => ids));
