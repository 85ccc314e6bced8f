import { InterruptedError } from '../errors.ts';
import type { InstanceId, Machine } from '../nouns.ts';
import { beginLaunch, refuseForeign } from './begin.ts';
import { type Batch, type BatchRecord, createBatch, readBatches } from './book.ts';
import type { LaunchEvent } from './events.ts';
import { clientToken, MAX_BATCH } from './identity.ts';
import { livingMachines } from './living.ts';
import type { Sent } from './outcome.ts';
import type { LaunchPlan, LaunchTools } from './plan.ts';
import { sendBatch, settleBatch } from './send.ts';

/** Where a launch stands: the machines it has, and the number of its next batch. */
interface Standing {
  readonly living: Map<InstanceId, Machine>;
  next: number;
  /** AWS has said for certain that there is no more. */
  ended: boolean;
}

/**
 * Launches what the plan asks for, and tells of it. Every step is recorded before it is done, so that after a crash at
 * any point the same plan (with a payload of its own) finds what is there, settles what is open, and launches only what
 * is missing. Every machine that the launch has is told in a `batch-launched`; where AWS refuses, `batch-refused` says
 * how many will not come, and the launch ends.
 * @throws ConflictError when the launch id stands for something else
 * @throws AwsError when AWS's answer stays out: what was launched is then open, and the same command finds it out
 * @throws InterruptedError when the signal aborted before all was sent
 */
export async function* launchMachines(
  plan: LaunchPlan,
  tools: LaunchTools,
): AsyncGenerator<LaunchEvent, void> {
  const { records, clock, signal } = tools;
  const resumed = await beginLaunch(plan, records, clock.now());
  yield { type: 'launch-started', at: clock.now(), launch: plan.launch, requested: plan.count, resumed };
  const standing: Standing = { living: new Map(), next: 1, ended: false };
  if (resumed || !plan.isNew) yield* resume(plan, tools, standing);
  while (!standing.ended && standing.living.size < plan.count) {
    refuseIfInterrupted(plan, standing, signal);
    const batch = batchRecord(plan, tools, standing);
    if (await createBatch(records, plan.launch, batch)) {
      note(standing, batch.batch, yield* sendBatch(plan, tools, batch, missing(plan, standing)));
    } else {
      // Another run of the same launch has this number: whatever it did is looked at like a crashed run's doing.
      yield* resume(plan, tools, standing);
    }
  }
}

/** Finds what earlier runs launched, and settles every batch that they left without an answer. */
async function* resume(
  plan: LaunchPlan,
  tools: LaunchTools,
  standing: Standing,
): AsyncGenerator<LaunchEvent, void> {
  const { ec2, records, clock, signal } = tools;
  const batches = await readBatches(records, plan.launch);
  const described = await ec2.machinesOfLaunch(plan.launch);
  refuseForeign(described, plan);
  const open = new Set(batches.filter(isOpen).map(({ record }) => record.batch));
  for (const [batch, machines] of livingMachines(batches, described, clock.now())) {
    // An open batch tells of its machines when it is settled, a batch of this very run has told already.
    const untold = machines.filter(({ instanceId }) => !open.has(batch) && !standing.living.has(instanceId));
    if (untold.length === 0) continue;
    note(standing, batch, { machines: untold, ended: false });
    yield { type: 'batch-launched', at: clock.now(), batch, machines: untold };
  }
  for (const batch of batches.filter(isOpen)) {
    refuseIfInterrupted(plan, standing, signal);
    note(standing, batch.record.batch, yield* settleBatch(plan, tools, batch, missing(plan, standing)));
    if (standing.ended) return;
  }
  for (const { record } of batches) standing.next = Math.max(standing.next, record.batch + 1);
}

const isOpen = (batch: Batch): boolean => batch.answer === undefined;

const missing = (plan: LaunchPlan, standing: Standing): number =>
  Math.max(0, plan.count - standing.living.size);

function note(standing: Standing, batch: number, sent: Sent): void {
  for (const machine of sent.machines) standing.living.set(machine.instanceId, machine);
  standing.next = Math.max(standing.next, batch + 1);
  standing.ended ||= sent.ended;
}

function batchRecord(plan: LaunchPlan, tools: LaunchTools, standing: Standing): BatchRecord {
  const { machine } = plan.role;
  return {
    version: 1,
    batch: standing.next,
    count: Math.min(missing(plan, standing), tools.maxBatch ?? MAX_BATCH),
    client_token: clientToken(plan.launch, standing.next),
    offering: {
      instance_type: machine.instanceType,
      zone: machine.zone ?? null,
      market: machine.spot === false ? 'on-demand' : 'spot',
    },
    payload_sha256: plan.payload.sha256,
    created: new Date(tools.clock.now()).toISOString(),
  };
}

function refuseIfInterrupted(plan: LaunchPlan, standing: Standing, signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new InterruptedError(`${standing.living.size} of ${plan.count} machines are launched`, {
    hint: `the same command with --launch-id ${plan.launch} launches the rest; rolecall watch ${plan.launch} follows those that are there`,
  });
}
