import { AwsError, type AwsErrorKind } from '../errors.ts';
import type { Machine } from '../model.ts';
import type { Payload } from '../schemes/payload.ts';
import { adoptBatch, spendBatch } from './adopt.ts';
import { type Batch, type BatchRecord, createResend, voidResend } from './book.ts';
import { clientToken } from './identity.ts';
import { isLiving } from './living.ts';
import { answer, launched, partial, type Sent, unanswered } from './outcome.ts';
import type { LaunchRun, LaunchStream } from './plan.ts';
import { identityOf, runRequest } from './request.ts';

/**
 * Settles a batch that was recorded, and perhaps sent, by a run that never recorded its answer: finds its machines by
 * the token, or else sends it again with the same token.
 */
export async function* settleBatch(run: LaunchRun, { record, sentAt }: Batch): LaunchStream<Sent> {
  const { plan, ec2, records, clock } = run;
  const found = await ec2.machinesOfToken(clientToken(plan.launch, record.batch));
  if (found.length > 0) return yield* adoptBatch(run, record, sentAt);
  const payload = await plan.payload(record.batch);
  // No two runs have the same payload, so the mark is this run's own.
  const mark = `${clock.now()}-${payload.sha256.slice(0, 8)}`;
  await createResend(records, plan.launch, record.batch, mark);
  return yield* sendBatch(run, record, payload, record.count, { mark, sentAt });
}

/** A batch that is sent again: this try's mark in the records, and when the tries before it were (epoch milliseconds). */
interface Repeat {
  readonly mark: string;
  readonly sentAt: number;
}

/**
 * Sends a recorded batch and records what came of it.
 * @param missing how many machines are still to be asked for, this batch's included
 * @throws AwsError where it stays open whether EC2 launched them
 */
export async function* sendBatch(
  run: LaunchRun,
  record: BatchRecord,
  payload: Payload,
  missing: number,
  repeat?: Repeat,
): LaunchStream<Sent> {
  const { plan, ec2, clock } = run;
  const { batch, count } = record;
  const isRepeat = repeat !== undefined;
  const etaMs = ec2.launchEtaMs(missing);
  const wait = etaMs > 0 ? { etaMs } : {};
  yield { type: 'batch-requested', at: clock.now(), batch, count, repeat: isRepeat, ...wait };
  let machines: readonly Machine[];
  try {
    machines = await ec2.runInstances(runRequest(plan.role, payload, identityOf(plan, record)));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return yield* refusal(run, record, error, repeat);
  }
  yield* launched(run, record, machines);
  const living = machines.filter(isLiving);
  // A repeated token may give what was there before some of it ended; only a fresh answer tells of capacity.
  const short = !isRepeat && machines.length < count;
  return { machines: living, ...(short && { missed: partial(record, machines) }) };
}

/**
 * What an error of RunInstances means for the launch.
 * @throws AwsError, InterruptedError where it stays open whether EC2 launched the batch
 */
async function* refusal(
  run: LaunchRun,
  batch: BatchRecord,
  error: AwsError,
  repeat: Repeat | undefined,
): LaunchStream<Sent> {
  const isFirst = repeat === undefined;
  if (repeat !== undefined && !isOpen(error) && !error.afterLostAnswer)
    await voidResend(run.records, run.plan.launch, batch.batch, repeat.mark);
  const sentAt = repeat?.sentAt ?? Date.parse(batch.created);
  switch (error.kind) {
    case 'idempotency':
      if (error.code !== 'IdempotentInstanceTerminated') return yield* adoptBatch(run, batch, sentAt);
      return yield* spendBatch(run, batch);
    case 'capacity':
    case 'quota':
      // EC2 looks at the token before it looks at capacity, so this batch will never have machines.
      await answer(run, batch, { result: 'refused', code: error.code ?? null, machines: [] });
      return error.kind === 'capacity' ? { machines: [], missed: error } : { machines: [], refused: error };
    case 'permission':
    case 'credentials':
    case 'invalid':
    case 'refused': {
      // Judged before the token is, so an earlier try may still have passed: the batch stays open for the next run.
      const open = error.afterLostAnswer || (!isFirst && error.kind !== 'invalid');
      return { machines: [], refused: error, ...(open && { open: true }) };
    }
    case 'endpoint':
      // No connection came about, at no try: EC2 knows nothing of the batch.
      if (isFirst && error.neverSent && !error.afterLostAnswer) return { machines: [], refused: error };
      throw unanswered(run, batch, error);
    case 'throttle':
    case 'server':
    case 'not-found':
    case 'interrupted':
      throw unanswered(run, batch, error);
  }
}

const OPEN_KINDS: ReadonlySet<AwsErrorKind> = new Set([
  'throttle',
  'endpoint',
  'server',
  'not-found',
  'interrupted',
]);

/** Whether EC2 may have launched the batch at this try, in spite of the error. */
const isOpen = ({ kind, neverSent }: AwsError): boolean => !neverSent && OPEN_KINDS.has(kind);
