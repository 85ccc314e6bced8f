import { ConflictError } from '../errors.ts';
import {
  COUNT,
  DATE,
  either,
  type Fields,
  fieldsOf,
  INSTANCE,
  is,
  LAUNCH,
  lacks,
  listOf,
  oneOf,
  orNull,
  TEXT,
} from '../launch/record-shape.ts';
import type { LaunchRecords, Version } from '../launch/records.ts';
import type { InstanceId, LaunchId } from '../model.ts';
import { parsedObject } from '../objects.ts';

/** Who may change the fleet now. */
export interface Holder {
  /** Random, of one process. */
  readonly id: string;
  /** `user@host`, or the CI run's actor, for people. */
  readonly by: string;
  readonly host: string;
  readonly pid: number;
  /** The command: `scale`, `replace`, `terminate`. */
  readonly verb: string;
  readonly launch: string;
  /** ISO 8601. */
  readonly since: string;
}

/** What was about to be sent, and may or may not have been. */
export type OpenEntry =
  | { readonly kind: 'batch'; readonly launch: LaunchId; readonly batch: number; readonly count: number }
  | EndEntry;

/** Machines that were about to be ended. */
export interface EndEntry {
  readonly kind: 'end';
  readonly how: EndHow;
  readonly instance_ids: readonly InstanceId[];
}

/** What becomes of machines that are not wanted any more. */
export type EndHow = 'terminate' | 'stop';

/** Something of the last minutes that EC2's descriptions may not show yet. ISO 8601. */
type Recent<T> = T & { readonly at: string };

/** `fleets/<region>/<catalogue>/<role>/<environment>/<context>.json`: one move at a time, each from the one before. */
export interface FleetRecord {
  readonly version: 1;
  /** Counts the moves, so that no two texts are the same. */
  readonly move: number;
  readonly holder: Holder | null;
  readonly open: readonly OpenEntry[];
  readonly recent_launches: readonly Recent<{ readonly launch: LaunchId }>[];
  readonly recent_ends: readonly Recent<{ readonly instance_ids: readonly InstanceId[] }>[];
  /** The size that the fleet is to have: as `scale` was told, else as the first replacement found it. */
  readonly target: number | null;
  readonly replacing: Replacing | null;
}

/** A replacement under way, kept until it is done or refused: a run that was cut off is gone on with from here. */
export interface Replacing {
  /** New machines in all, those that have come already included. */
  readonly count: number;
  /** Machines that go, when it began or was gone on with last; a new machine comes first for each. */
  readonly old: readonly InstanceId[];
  /** The launches that bring the new machines. */
  readonly launches: readonly LaunchId[];
}

export const NO_RECORD: FleetRecord = {
  version: 1,
  move: 0,
  holder: null,
  open: [],
  recent_launches: [],
  recent_ends: [],
  target: null,
  replacing: null,
};

/** @throws ConflictError for text that is no such record */
export function parseRecord(text: string, where: string): FleetRecord {
  const value = parsedObject(text);
  const why = value === undefined ? 'expected a JSON object' : lacks(value, FIELDS);
  if (why === undefined) return value as unknown as FleetRecord;
  throw new ConflictError(`the fleet's record ${where} is damaged: ${why}`, {
    hint: 'two readings gave the same; where no rolecall is at work on the fleet, move the record elsewhere, and look with rolecall status',
  });
}

const INSTANCES = listOf(INSTANCE);

const FIELDS: Fields = {
  version: is(1),
  move: COUNT,
  holder: orNull(
    fieldsOf('a holder', {
      ...{ id: TEXT, by: TEXT, host: TEXT, pid: COUNT },
      ...{ verb: TEXT, launch: TEXT, since: TEXT },
    }),
  ),
  open: listOf(
    either(
      fieldsOf('a batch', { kind: is('batch'), launch: LAUNCH, batch: COUNT, count: COUNT }),
      fieldsOf('an end', { kind: is('end'), how: oneOf('terminate', 'stop'), instance_ids: INSTANCES }),
    ),
  ),
  recent_launches: listOf(fieldsOf('a launch', { launch: LAUNCH, at: DATE })),
  recent_ends: listOf(fieldsOf('an end', { instance_ids: INSTANCES, at: DATE })),
  target: orNull(COUNT),
  replacing: orNull(fieldsOf('a replacement', { count: COUNT, old: INSTANCES, launches: listOf(LAUNCH) })),
};

/**
 * Reads a fleet's record; a damaged one is read again before the store is blamed.
 * @throws ConflictError where both readings are damaged
 */
export async function readFleetRecord(
  records: Pick<LaunchRecords, 'version' | 'locate'>,
  key: string,
): Promise<{ readonly record: FleetRecord; readonly found: Version | undefined }> {
  const read = async () => {
    const found = await records.version(key);
    return { found, record: found === undefined ? NO_RECORD : parseRecord(found.text, records.locate(key)) };
  };
  try {
    return await read();
  } catch (error) {
    if (error instanceof ConflictError) return await read();
    throw error;
  }
}

export const toText = (record: FleetRecord): string => `${JSON.stringify(record, undefined, 1)}\n`;

/** Without what EC2 shows to everybody by now. @param now epoch milliseconds */
export function withoutOld(record: FleetRecord, now: number, keepMs: number): FleetRecord {
  const isRecent = ({ at }: { readonly at: string }) => now - Date.parse(at) < keepMs;
  return {
    ...record,
    recent_launches: record.recent_launches.filter(isRecent),
    recent_ends: record.recent_ends.filter(isRecent),
  };
}

/** With an entry that is about to be sent. @param at ISO 8601 */
export function entered(record: FleetRecord, entry: OpenEntry, at: string): FleetRecord {
  const open = [...record.open, entry];
  switch (entry.kind) {
    case 'batch': {
      const others = record.recent_launches.filter(({ launch }) => launch !== entry.launch);
      return { ...record, open, recent_launches: [...others, { launch: entry.launch, at }] };
    }
    case 'end':
      return { ...record, open };
  }
}

/** With machines that EC2 has taken to end. @param at ISO 8601 */
export const withEnds = (record: FleetRecord, ids: readonly InstanceId[], at: string): FleetRecord =>
  ids.length === 0 ? record : { ...record, recent_ends: [...record.recent_ends, { instance_ids: ids, at }] };

/** Without an entry that was answered. */
export const left = (record: FleetRecord, entry: OpenEntry): FleetRecord => ({
  ...record,
  open: record.open.filter((each) => !isSame(each, entry)),
});

function isSame(one: OpenEntry, other: OpenEntry): boolean {
  if (one.kind === 'batch')
    return other.kind === 'batch' && one.launch === other.launch && one.batch === other.batch;
  return (
    other.kind === 'end' && one.how === other.how && one.instance_ids.join() === other.instance_ids.join()
  );
}

/**
 * After machines were ended that are not to come again: the fleet is to have no more than are left, and a replacement that
 * was cut off replaces none of them.
 * @param running machines that are left and run
 */
export function withdrawn(record: FleetRecord, ids: readonly InstanceId[], running: number): FleetRecord {
  const { target, replacing } = record;
  const gone = new Set(ids);
  const lower = target === null ? null : Math.min(target, running);
  const old = replacing?.old.filter((id) => !gone.has(id)) ?? [];
  const count = (replacing?.count ?? 0) - (replacing?.old.length ?? 0) + old.length;
  return {
    ...record,
    target: lower === 0 ? null : lower,
    replacing: replacing === null || running === 0 ? null : { ...replacing, old, count },
  };
}
