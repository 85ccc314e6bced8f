import { AwsError, ConflictError, InterruptedError, UsageError } from '../errors.ts';
import type { Machine } from '../model.ts';
import { counted } from '../text.ts';
import { type AnswerRecord, type BatchRecord, createAnswer, readBatches } from './book.ts';
import { isLiving } from './living.ts';
import type { Offering } from './offerings.ts';
import type { LaunchPlan, LaunchRun, LaunchStream } from './plan.ts';

/** What came of a batch: its living machines, and what AWS had to say of those that are not there. */
export interface Sent {
  readonly machines: readonly Machine[];
  /** Its offering has no capacity: others may have. */
  readonly missed?: AwsError;
  /** No other offering would change that. */
  readonly refused?: AwsError;
  /** It isn't known whether an earlier try of the same request was carried out: the next run finds it out. */
  readonly open?: true;
}

/** The offering of a recorded batch. */
export const offeringOf = ({ offering }: BatchRecord): Offering => ({
  instanceType: offering.instance_type,
  zone: offering.zone ?? undefined,
  subnet: offering.subnet ?? undefined,
  market: offering.market,
});

/**
 * Records the machines of a batch, and tells of those that live.
 * @throws ConflictError where another run of the fleet has settled the batch without them: they are ended again
 * @throws UsageError where the record can't be written, after the machines were told
 */
export async function* launched(
  run: LaunchRun,
  batch: BatchRecord,
  machines: readonly Machine[],
): LaunchStream {
  const recorded = await answer(run, batch, { result: 'launched', code: null, machines }).catch(
    (error: unknown) => ({ error }),
  );
  if (recorded === false && run.ledger !== undefined) await takeBackLate(run, batch, machines);
  const living = machines.filter(isLiving);
  if (living.length > 0)
    yield { type: 'batch-launched', at: run.clock.now(), batch: batch.batch, machines: living };
  if (typeof recorded === 'object') throw unrecorded(run.plan, living.length, recorded.error);
}

/** The disk was full, or S3 out of reach, once EC2 had launched them. */
function unrecorded({ launch }: LaunchPlan, count: number, error: unknown): unknown {
  if (!(error instanceof UsageError)) return error;
  return new UsageError(error.message, {
    hint: `${counted(count, 'machine')} ${count === 1 ? 'runs' : 'run'} already. ${error.hint ?? ''}\nthe same command with --launch-id ${launch} finds ${count === 1 ? 'it' : 'them'}, and launches nothing twice`,
    cause: error,
  });
}

/**
 * A process that slept sends a batch after all, which another has settled for it meanwhile. Where EC2 refused that one, it
 * knows of no such token, and gives these machines: others are there in their place.
 */
async function takeBackLate(
  { plan, ec2, records }: LaunchRun,
  { batch }: BatchRecord,
  machines: readonly Machine[],
): Promise<void> {
  const settled = (await readBatches(records, plan.launch)).find(({ record }) => record.batch === batch);
  if (settled?.answer?.result !== 'refused') return;
  const late = machines.filter(isLiving);
  const ids = late.map(({ instanceId }) => instanceId);
  const ended = ids.length > 0 ? await ec2.terminate(ids, 'young') : [];
  const running = ids.filter((id) => !ended.includes(id));
  throw new ConflictError(
    `another run has taken the fleet over, and settled batch ${batch} of this one while it slept: ${counted(ended.length, 'machine')} that EC2 gave after that ${ended.length === 1 ? 'was' : 'were'} ended again${running.length === 0 ? '' : `, but not ${running.join(', ')}`}`,
    { hint: 'run the same command again: it goes on from where the fleet stands then' },
  );
}

/** What the answer of a batch is recorded with. */
interface AnsweredRun extends Pick<LaunchRun, 'records' | 'clock'> {
  readonly plan: Pick<LaunchPlan, 'launch'>;
}

/** Records what came of a batch. Another run of the launch may have been first: its answer stays. @returns whether this is the first */
export async function answer(
  { plan, records, clock }: AnsweredRun,
  { batch }: BatchRecord,
  came: Pick<AnswerRecord, 'result' | 'code'> & { readonly machines: readonly Machine[] },
): Promise<boolean> {
  return await createAnswer(records, plan.launch, {
    version: 1,
    batch,
    result: came.result,
    code: came.code,
    machines: came.machines.map((machine) => ({
      instance_id: machine.instanceId,
      zone: machine.zone,
      instance_type: machine.instanceType,
      launch_index: machine.launchIndex,
      launched_at: machine.launchedAt,
    })),
    created: new Date(clock.now()).toISOString(),
  });
}

/** Fewer machines than asked: EC2 has said what it has. */
export const partial = (batch: BatchRecord, machines: readonly Machine[]): AwsError =>
  new AwsError(
    `EC2 launched ${machines.length} of ${batch.count} machines: it has no capacity for more now`,
    { kind: 'capacity', code: 'InsufficientInstanceCapacity', hint: 'wait a few minutes' },
  );

/** EC2 knows the token, but not all of its machines show in descriptions. */
export const notShown = ({ batch, count }: BatchRecord, shown: number): AwsError =>
  new AwsError(
    `EC2 has accepted batch ${batch} earlier, and so far shows ${shown} of its ${count} machines`,
    {
      kind: 'idempotency',
      code: 'IdempotentParameterMismatch',
      hint: 'wait a minute; where those machines were terminated long ago, take a new --launch-id',
    },
  );

/**
 * A refusal after some machines are launched: the same command alone would be another launch, of all of them. A fleet's
 * command counts what is there.
 */
export function resumable({ plan, ledger }: LaunchRun, missing: number, error: AwsError): AwsError {
  if (ledger !== undefined || missing >= plan.count || error.kind === 'invalid') return error;
  const hint = `${error.hint ?? 'run the same command again'}\nwith --launch-id ${plan.launch} only the ${missing} missing are launched`;
  return new AwsError(error.message, { kind: error.kind, code: error.code, hint, cause: error });
}

const findsOut = ({ launch }: LaunchPlan, batch: number): string =>
  `the same command with --launch-id ${launch} finds out whether batch ${batch} was launched, and launches nothing twice`;

/** Refused, but perhaps only at a repeat: an earlier try that got no answer may have launched the batch. */
export function unsure(plan: LaunchPlan, batch: number, error: AwsError): AwsError {
  const hint = [error.hint, findsOut(plan, batch)].filter((line) => line !== undefined).join('\n');
  const message = `${error.message}; an earlier try got no answer, so the batch may have been launched`;
  return new AwsError(message, { kind: error.kind, code: error.code, hint, cause: error });
}

/** It stays open whether EC2 launched the batch: say how to find out. After Ctrl-C that is what people asked for. */
export function unanswered(run: LaunchRun, batch: BatchRecord, error: AwsError): AwsError | InterruptedError {
  const next = findsOut(run.plan, batch.batch);
  if (run.signal?.aborted) {
    return new InterruptedError(`EC2 had not answered for batch ${batch.batch} yet`, {
      hint: next,
      cause: error,
    });
  }
  const hint = error.hint === undefined ? next : `${error.hint}\n${next}`;
  return new AwsError(error.message, { kind: error.kind, code: error.code, hint, cause: error });
}
