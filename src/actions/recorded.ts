/** What the records of a launch tell of its end, and how a command adds to them. */
import { RolecallError, UsageError } from '../errors.ts';
import type { LaunchRecords } from '../launch/records.ts';
import { createResult, type ResultRecord, readResult } from '../launch/results.ts';
import { isLaunchId, type LaunchId, type Machine } from '../model.ts';
import type { MachineDocument } from '../results/document.ts';
import type { Outcome } from '../results/outcome.ts';
import type { PageData } from '../results/page-data.ts';
import type { LaunchView } from '../results/state.ts';
import { shellWord } from '../text.ts';
import type { Failure, Verdict } from '../watch/verdict.ts';

export type RecordedOutcome = ResultRecord<Outcome['document'], Outcome['timelines'][number]>;

/** What became of a launch, by its records; undefined where none tells. @throws RolecallError */
export async function recordedOutcome(
  records: LaunchRecords,
  launch: LaunchId,
): Promise<RecordedOutcome | undefined> {
  // Its fields were checked as far as a report needs them.
  return (await readResult(records, launch)) as RecordedOutcome | undefined;
}

/** The verdict on a machine as a record tells it; undefined where the machine had none by then. */
export function recordedVerdict(
  record: RecordedOutcome | undefined,
  { instanceId }: Pick<Machine, 'instanceId'>,
): Verdict | undefined {
  const machine = record?.document.machines.find(({ instance_id: id }) => id === instanceId);
  if (machine === undefined || record?.undecided.includes(instanceId)) return undefined;
  const { verdict, boot_ms: ms, steps, notes, over_budget: over, failure } = machine;
  const told = { steps, ...(over && { overBudget: over }), ...(notes && { notes }) };
  const bootMs = ms === null ? {} : { bootMs: ms };
  switch (verdict) {
    case 'succeeded':
      return { outcome: verdict, ...told, ...bootMs };
    case 'failed':
      return failure && { outcome: verdict, ...told, ...bootMs, failure: failureOf(failure) };
    case 'silent':
    case 'lost':
      return { outcome: verdict, steps, reason: failure?.reason ?? '', excerpt: failure?.excerpt ?? [] };
  }
}

function failureOf(failure: NonNullable<MachineDocument['failure']>): Failure {
  const { step, status, command_status: commandStatus, error, ...same } = failure;
  return {
    ...same,
    step: step ?? 'unknown',
    status: status ?? 1,
    ...(commandStatus !== undefined && { commandStatus }),
    ...(error !== null && { error }),
  };
}

/**
 * Finds the earlier launch that a report compares with.
 * @throws UsageError where no record tells what became of it
 */
export async function earlierLaunch(
  text: string | undefined,
  records: LaunchRecords,
  followUp: readonly string[] | undefined,
): Promise<PageData['against'] | undefined> {
  if (text === undefined) return undefined;
  if (!isLaunchId(text))
    throw new UsageError(`--against: "${text}" is no launch id`, { hint: 'launch prints it' });
  const found = await recordedOutcome(records, text);
  if (found !== undefined) {
    const { document, timelines, created } = found;
    return { launch: document.launch, generated: created, document, timelines };
  }
  const watching = ['rolecall', 'watch', text, ...(followUp ?? [])].map(shellWord).join(' ');
  throw new UsageError(`--against ${text}: no record tells what became of that launch`, {
    hint: `where its machines still exist, this records it: ${watching}`,
  });
}

/**
 * Records what became of a launch, for `rolecall report` and `--against`.
 * @returns why that was not possible, for people; undefined where it was, or where there is nothing to record
 */
export async function recordOutcome(
  verb: string,
  view: LaunchView,
  { document, timelines }: Outcome,
  launch: LaunchId,
  now: number,
  records: LaunchRecords,
): Promise<string | undefined> {
  // Nothing has happened; and a launch that was refused before it began may be somebody else's.
  if (view.machines.size === 0 && view.refused.length === 0) return undefined;
  const rows = [...view.machines.values()];
  const undecided = rows.filter(({ verdict }) => verdict === undefined);
  try {
    await createResult(records, launch, {
      verb,
      created: new Date(now).toISOString(),
      undecided: undecided.map(({ machine }) => machine.instanceId),
      document,
      timelines,
    });
    return undefined;
  } catch (error) {
    if (error instanceof RolecallError) return error.exit === 'interrupted' ? undefined : error.message;
    throw error;
  }
}
