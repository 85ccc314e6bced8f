import { ConflictError } from '../../errors.ts';
import type { InstanceId, LaunchId } from '../../nouns.ts';

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
  | { readonly kind: 'end'; readonly how: EndHow; readonly instance_ids: readonly InstanceId[] };

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
  /** A replacement that is under way: the size that the fleet had before. */
  readonly replacing: { readonly size: number } | null;
}

export const NO_RECORD: FleetRecord = {
  version: 1,
  move: 0,
  holder: null,
  open: [],
  recent_launches: [],
  recent_ends: [],
  replacing: null,
};

/** @throws ConflictError for text that is no such record */
export function parseRecord(text: string, where: string): FleetRecord {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch {
    // Told below.
  }
  throw new ConflictError(`the fleet's record ${where} is damaged`, {
    hint: 'look at it; where no rolecall is at work on the fleet, remove it and run the command again',
  });
}

function isRecord(value: unknown): value is FleetRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { version, move, holder, open, recent_launches, recent_ends, replacing } = value as Record<
    string,
    unknown
  >;
  return (
    version === 1 &&
    Number.isSafeInteger(move) &&
    typeof holder === 'object' &&
    typeof replacing === 'object' &&
    [open, recent_launches, recent_ends].every(Array.isArray)
  );
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
      // A stopped machine is still there, whatever is described.
      if (entry.how === 'stop') return { ...record, open };
      return {
        ...record,
        open,
        recent_ends: [...record.recent_ends, { instance_ids: entry.instance_ids, at }],
      };
  }
}

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
