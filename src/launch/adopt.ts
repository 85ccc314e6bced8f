import { AwsError } from '../errors.ts';
import type { Machine } from '../model.ts';
import { refuseForeign } from './begin.ts';
import type { BatchRecord } from './book.ts';
import { clientToken } from './identity.ts';
import { isLiving, SETTLED_AFTER_MS } from './living.ts';
import { answer, launched, notShown, type Sent, unanswered } from './outcome.ts';
import type { LaunchRun, LaunchStream } from './plan.ts';
import { identityOf, runRequest } from './request.ts';

/** How long EC2 is asked for the machines of a token that it has accepted, before the launch gives up for now. */
const ADOPT_FOR_MS = 60_000;
const ADOPT_PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;

/**
 * Takes over the machines that EC2 launched for this batch's token in an earlier try. EC2 may not show all of them yet,
 * and taking a part for the whole would launch the rest twice.
 * @param sentAt when it was sent last, epoch milliseconds: it may have been recorded long before
 */
export async function* adoptBatch(run: LaunchRun, batch: BatchRecord, sentAt: number): LaunchStream<Sent> {
  const isOld = run.clock.now() - sentAt > SETTLED_AFTER_MS;
  const machines = await machinesOfBatch(run, batch, isOld);
  refuseForeign(machines, run.plan);
  if (machines.length > 0) {
    yield* launched(run, batch, machines);
  } else {
    // Long ago accepted, and nothing left to see: launched, terminated and forgotten.
    await answer(run, batch, { result: 'spent', code: null, machines: [] });
  }
  return { machines: machines.filter(isLiving) };
}

/** @throws AwsError when EC2 doesn't show all of a young batch in time */
async function machinesOfBatch(
  run: LaunchRun,
  batch: BatchRecord,
  isOld: boolean,
): Promise<readonly Machine[]> {
  const { clock, signal } = run;
  const started = clock.monotonic();
  for (let tries = 0; ; tries += 1) {
    const shown = await asked(run, batch, () => shownMachines(run, batch));
    if (isOld || shown.length >= batch.count) return shown;
    const [known] = shown;
    const whole = known && (await asked(run, batch, () => askedAgain(run, batch, known)));
    if (whole) return whole;
    if (signal?.aborted || clock.monotonic() - started >= ADOPT_FOR_MS) {
      throw unanswered(run, batch, notShown(batch, shown.length));
    }
    await clock.sleep(ADOPT_PAUSES_MS[Math.min(tries, ADOPT_PAUSES_MS.length - 1)] ?? 8_000, signal);
  }
}

/**
 * All machines of a batch of which one is known: with the very user data of the first try (its nonce is another than
 * this process's), EC2 takes a repeated token for the same request, and answers it in full.
 * @returns undefined where it doesn't
 */
async function askedAgain(
  { plan, ec2 }: LaunchRun,
  record: BatchRecord,
  known: Machine,
): Promise<readonly Machine[] | undefined> {
  try {
    const text = await ec2.userData(known.instanceId);
    if (text === undefined) return undefined;
    return await ec2.runInstances(runRequest(plan.role, { text }, identityOf(plan, record)));
  } catch (error) {
    if (error instanceof AwsError && (error.kind === 'idempotency' || error.kind === 'not-found'))
      return undefined;
    throw error;
  }
}

const shownMachines = ({ plan, ec2 }: LaunchRun, batch: BatchRecord): Promise<Machine[]> =>
  ec2.machinesOfToken(clientToken(plan.launch, batch.batch));

/** Asks about a batch that EC2 may have launched: where there is no answer, the error says how to find out. */
async function asked<T>(run: LaunchRun, batch: BatchRecord, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof AwsError ? unanswered(run, batch, error) : error;
  }
}

/** The token's machines were terminated; should EC2 say so when only some of them were, the others are kept. */
export async function* spendBatch(run: LaunchRun, batch: BatchRecord): LaunchStream<Sent> {
  const machines = await asked(run, batch, () => shownMachines(run, batch));
  refuseForeign(machines, run.plan);
  if (machines.some(isLiving)) yield* launched(run, batch, machines);
  else await answer(run, batch, { result: 'spent', code: 'IdempotentInstanceTerminated', machines: [] });
  return { machines: machines.filter(isLiving) };
}
