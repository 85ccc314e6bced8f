import type { Machine } from '../model.ts';
import type { AnsweredMachine, AnswerRecord, Batch } from './book.ts';

/**
 * After this long DescribeInstances knows every machine of an answered call, so that absence means that it is gone
 * (EC2 forgets a terminated machine after about an hour). AWS names no figure; seconds are usual, minutes were seen.
 */
export const SETTLED_AFTER_MS = 10 * 60_000;

/** A machine by batch; those that EC2 names but no record does have the batch of their tag, or 0. */
export type LivingMachines = ReadonlyMap<number, readonly Machine[]>;

/**
 * Whether a machine counts for its launch. A stopped one does: it is still there, and can be started again.
 */
export const isLiving = (machine: Machine): boolean =>
  machine.state !== 'terminated' && machine.state !== 'shutting-down';

/**
 * The launch's living machines: those that EC2 describes, and those that a recent answer named and EC2 doesn't
 * describe yet (DescribeInstances is eventually consistent; counting such a machine as gone would launch it twice).
 * @param now epoch milliseconds
 */
export function livingMachines(
  batches: readonly Batch[],
  described: readonly Machine[],
  now: number,
): LivingMachines {
  const answers = batches.flatMap(({ answer }) => answer ?? []);
  const byId = new Map(described.map((machine) => [machine.instanceId, machine]));
  const answered = answers.flatMap((answer) =>
    answer.machines.map((named) => ({
      batch: answer.batch,
      id: named.instance_id,
      machine: byId.get(named.instance_id) ?? (isRecent(answer, now) ? answeredMachine(named) : undefined),
    })),
  );
  const told = new Set(answered.map(({ id }) => id));
  const untold = described
    .filter(({ instanceId }) => !told.has(instanceId))
    .map((machine) => ({ batch: Number(machine.tags['rolecall:batch'] ?? 0), machine }));
  const living = new Map<number, Machine[]>();
  for (const { batch, machine } of [...answered, ...untold]) {
    if (machine === undefined || !isLiving(machine)) continue;
    living.set(batch, [...(living.get(batch) ?? []), machine]);
  }
  return living;
}

const isRecent = (answer: AnswerRecord, now: number): boolean =>
  now - Date.parse(answer.created) < SETTLED_AFTER_MS;

/** A machine that EC2 has given and doesn't describe: not yet, or not any more. */
export const answeredMachine = (named: AnsweredMachine): Machine => ({
  instanceId: named.instance_id,
  state: 'pending',
  zone: named.zone,
  instanceType: named.instance_type,
  launchIndex: named.launch_index,
  launchedAt: named.launched_at,
  tags: {},
});
