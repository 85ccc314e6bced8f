import { type AwsError, InterruptedError } from '../errors.ts';
import type { InstanceId, Machine } from '../model.ts';
import type { Payload } from '../schemes/payload.ts';
import { beginLaunch, refuseForeign } from './begin.ts';
import { type Batch, type BatchRecord, createBatch, readBatches } from './book.ts';
import { clientToken, MAX_BATCH } from './identity.ts';
import { livingMachines } from './living.ts';
import { Misses, nextShare, type Offering, type Share } from './offerings.ts';
import { answer, offeringOf, resumable, type Sent, unsure } from './outcome.ts';
import type { LaunchPlan, LaunchRun, LaunchStream, LaunchTools } from './plan.ts';
import { sendBatch, settleBatch } from './send.ts';

/** Where a launch stands: the machines it has, the number of its next batch, and what AWS has no more of. */
export interface Standing {
  readonly living: Map<InstanceId, Machine>;
  /** Machines of the launch that were found wanting: others take their places. */
  readonly barred: Set<InstanceId>;
  /** Machines of the fleet that are not of this launch: its zones are kept even with them. */
  readonly others: readonly Machine[];
  readonly misses: Misses;
  /** How many machines it is to have in the end, however few are asked for first. */
  wanted: number;
  next: number;
  /** What AWS said when it gave no more, for certain. */
  refused?: AwsError;
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
export async function* launchMachines(plan: LaunchPlan, tools: LaunchTools): LaunchStream {
  const run = { ...tools, plan };
  const standing = yield* openLaunch(run);
  yield* launchUpTo(run, standing, plan.count);
}

/** Begins a launch, or finds where an earlier run of it stopped. @param others see Standing */
export async function* openLaunch(run: LaunchRun, others: readonly Machine[] = []): LaunchStream<Standing> {
  const { plan, records, clock } = run;
  const resumed = await beginLaunch(plan, records, clock.now());
  yield { type: 'launch-started', at: clock.now(), launch: plan.launch, requested: plan.count, resumed };
  const standing: Standing = {
    living: new Map(),
    barred: new Set(),
    others,
    misses: new Misses(clock),
    wanted: plan.count,
    next: 1,
  };
  if (resumed || !plan.isNew) yield* resume(run, standing, plan.count);
  return standing;
}

/** Launches until the launch has `target` machines, or AWS gives no more (`standing.refused`). */
export async function* launchUpTo(run: LaunchRun, standing: Standing, target: number): LaunchStream {
  const { plan, records } = run;
  while (standing.refused === undefined && standing.living.size < target) {
    refuseIfInterrupted(run, standing, target);
    const share = shareOf(plan, standing, target) ?? shareAnew(plan, standing, target);
    const payload = await plan.payload(standing.next);
    const batch = batchRecord(run, standing, share, payload);
    if (await createBatch(records, plan.launch, batch)) {
      await run.ledger?.enter(plan.launch, batch);
      const sent = yield* sendBatch(run, batch, payload, missing(standing, target));
      yield* note(run, standing, target, batch, sent);
    } else {
      // Another run of the same launch has this number: whatever it did is looked at like a crashed run's doing.
      yield* resume(run, standing, target);
    }
  }
}

/** Finds what earlier runs launched, and settles every batch that they left without an answer. */
async function* resume(run: LaunchRun, standing: Standing, target: number): LaunchStream {
  const { plan, ec2, records, clock } = run;
  const batches = await readBatches(records, plan.launch);
  const described = await ec2.machinesOfLaunch(plan.launch);
  refuseForeign(described, plan);
  const open = new Set(batches.filter(isOpen).map(({ record }) => record.batch));
  for (const [batch, machines] of livingMachines(batches, described, clock.now())) {
    // An open batch tells of its machines when it is settled, a batch of this very run has told already.
    const untold = machines.filter(
      ({ instanceId }) =>
        !open.has(batch) && !standing.living.has(instanceId) && !standing.barred.has(instanceId),
    );
    if (untold.length === 0) continue;
    for (const machine of untold) standing.living.set(machine.instanceId, machine);
    yield { type: 'batch-launched', at: clock.now(), batch, machines: untold };
  }
  for (const { record, answer: came } of batches)
    if (came?.code === 'InsufficientInstanceCapacity')
      standing.misses.note(offeringOf(record), Math.max(0, clock.now() - Date.parse(came.created)));
  for (const { record } of batches) standing.next = Math.max(standing.next, record.batch + 1);
  for (const batch of batches.filter(isOpen)) {
    refuseIfInterrupted(run, standing, target);
    if (run.ledger === undefined)
      yield* note(run, standing, target, batch.record, yield* settleBatch(run, batch));
    // Every batch enters the ledger before it is sent, and what stood there was settled before the launch was opened.
    else await answer(run, batch.record, { result: 'refused', code: 'NeverSent', machines: [] });
    if (standing.refused !== undefined) return;
  }
}

const isOpen = (batch: Batch): boolean => batch.answer === undefined;

const missing = (standing: Standing, target: number): number => Math.max(0, target - standing.living.size);

const shareOf = ({ role }: LaunchPlan, standing: Standing, target: number): Share | undefined =>
  nextShare(
    role.machine,
    Math.max(1, missing(standing, target)),
    [...standing.others, ...standing.living.values()],
    standing.misses.has,
  );

/** An earlier run of this launch missed them all a moment ago, and somebody has run it again: it is asked again. */
function shareAnew(plan: LaunchPlan, standing: Standing, target: number): Share {
  standing.misses.forget();
  const share = shareOf(plan, standing, target);
  if (share === undefined) throw new Error('every role has an offering');
  return share;
}

/** Takes in what came of a batch. */
async function* note(
  run: LaunchRun,
  standing: Standing,
  target: number,
  record: BatchRecord,
  sent: Sent,
): LaunchStream {
  for (const machine of sent.machines) standing.living.set(machine.instanceId, machine);
  standing.next = Math.max(standing.next, record.batch + 1);
  if (!sent.open) await run.ledger?.leave(run.plan.launch, record.batch);
  const { batch, count } = record;
  const at = run.clock.now();
  const offering = offeringOf(record);
  if (sent.missed !== undefined) {
    standing.misses.note(offering);
    const next = shareOf(run.plan, standing, target)?.offering;
    const lacking = count - sent.machines.length;
    if (next !== undefined) yield { type: 'no-capacity', at, batch, missing: lacking, offering, next };
    else standing.refused = sent.missed;
  }
  if (sent.refused !== undefined) standing.refused = sent.refused;
  if (standing.refused === undefined) return;
  const short = missing(standing, standing.wanted);
  const { refused } = standing;
  const error = sent.open ? unsure(run.plan, batch, refused) : resumable(run, short, refused);
  yield { type: 'batch-refused', at, batch, missing: short, error };
}

function batchRecord(
  { plan, clock, maxBatch }: LaunchRun,
  standing: Standing,
  { offering, count }: Share,
  payload: Payload,
): BatchRecord {
  return {
    version: 1,
    batch: standing.next,
    count: Math.min(count, maxBatch ?? MAX_BATCH),
    client_token: clientToken(plan.launch, standing.next),
    offering: recordedOffering(offering),
    payload_sha256: payload.sha256,
    created: new Date(clock.now()).toISOString(),
  };
}

const recordedOffering = ({ instanceType, zone, subnet, market }: Offering): BatchRecord['offering'] => ({
  instance_type: instanceType,
  zone: zone ?? null,
  subnet: subnet ?? null,
  market,
});

function refuseIfInterrupted({ plan, signal }: LaunchRun, standing: Standing, target: number): void {
  if (!signal?.aborted) return;
  throw new InterruptedError(`${standing.living.size} of ${target} machines are launched`, {
    hint: `the same command with --launch-id ${plan.launch} launches the rest; rolecall watch ${plan.launch} follows those that are there`,
  });
}
