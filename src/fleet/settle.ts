import type { FleetName } from '../catalogue/role.ts';
import { ConflictError, InterruptedError } from '../errors.ts';
import { type Batch, readBatches, readLaunch } from '../launch/book.ts';
import { clientToken, fleetTags } from '../launch/identity.ts';
import { answer } from '../launch/outcome.ts';
import { settleBatch } from '../launch/send.ts';
import type { LaunchId, Machine } from '../model.ts';
import { counted } from '../text.ts';
import { endMachines } from './end.ts';
import type { FleetEvent } from './events.ts';
import { fleetOf } from './members.ts';
import type { EndEntry, OpenEntry } from './record.ts';
import type { FleetTools } from './tools.ts';

/** What settling needs where nothing is launched. */
export type Withdrawing = Pick<FleetTools, 'ec2' | 'records' | 'clock' | 'signal' | 'book'>;

/** How a batch that has no answer is settled. */
interface Settling {
  /** @returns how many machines it has; they are found when the fleet is looked at */
  readonly settle: (launch: LaunchId, batch: Batch) => Promise<number>;
  /** Told before, where it takes long. */
  readonly doing?: (what: string) => string;
}

/** EC2 shows the machines of a token within seconds, sometimes within a minute. */
const SHOWN_MS = 60_000;
const ASK_EVERY_MS = 5_000;

/**
 * Settles what an earlier holder of the fleet entered and never answered: a batch is found by its token, or sent with it, so
 * that a holder which wakes up later can send nothing new with it; machines that were to end are ended.
 * @throws AwsError where AWS doesn't answer: then it stays open for the next holder
 */
export const settleOpen = (name: FleetName, tools: FleetTools): AsyncGenerator<FleetEvent, void> =>
  settling(name, tools, { settle: (launch, batch) => sendAgain(launch, batch, tools) });

/**
 * Settles the same where nothing more is to be launched: a batch whose machines EC2 doesn't show within a minute was never
 * sent. A holder that wakes up later and sends it finds it answered, and ends its machines again.
 */
export const withdrawOpen = (name: FleetName, tools: Withdrawing): AsyncGenerator<FleetEvent, void> =>
  settling(name, tools, {
    settle: (launch, batch) => withdraw(launch, batch, tools),
    doing: (what) => `looking for ${what}: that takes up to a minute`,
  });

async function* settling(
  name: FleetName,
  tools: Withdrawing,
  how: Settling,
): AsyncGenerator<FleetEvent, void> {
  const { book, clock } = tools;
  for (const entry of book.open) {
    await refuseOthers(entry, name, tools);
    const text =
      entry.kind === 'batch' ? yield* settleEntry(entry, tools, how) : await endEntry(entry, tools);
    yield { type: 'notice', at: clock.now(), text };
  }
}

/**
 * Makes sure that an entry is about this fleet: a record that was copied or moved by hand must end and launch nothing elsewhere.
 * @throws ConflictError
 */
async function refuseOthers(
  entry: OpenEntry,
  name: FleetName,
  { ec2, records, book }: Withdrawing,
): Promise<void> {
  const { catalogue, role, environment, context } = name;
  if (entry.kind === 'batch') {
    const begun = await readLaunch(records, entry.launch);
    const isOther =
      begun !== undefined &&
      (begun.catalogue !== catalogue ||
        begun.role !== role ||
        begun.environment !== environment ||
        begun.context !== context);
    if (isOther) throw foreign(book.where, `launch ${entry.launch}`);
    return;
  }
  const { members } = fleetOf(await ec2.machinesWithTags(fleetTags(name)), name, undefined);
  const ours = new Set(members.map(({ machine }) => machine.instanceId));
  for (const id of entry.instance_ids)
    if (!ours.has(id) && (await ec2.machine(id)) !== undefined) throw foreign(book.where, id);
}

const foreign = (where: string, what: string): ConflictError =>
  new ConflictError(`the fleet's record ${where} speaks of ${what}, which is of another fleet`, {
    hint: 'nothing was ended or launched; move that record elsewhere, and look with rolecall status',
  });

async function* settleEntry(
  { launch, batch }: Extract<OpenEntry, { readonly kind: 'batch' }>,
  { records, book, clock }: Withdrawing,
  { settle, doing }: Settling,
): AsyncGenerator<FleetEvent, string> {
  const what = `batch ${batch} of launch ${launch}, which an earlier run left open`;
  const found = (await readBatches(records, launch)).find(({ record }) => record.batch === batch);
  const isOpen = found !== undefined && found.answer === undefined;
  if (isOpen && doing !== undefined) yield { type: 'notice', at: clock.now(), text: doing(what) };
  const machines = isOpen ? await settle(launch, found) : (found?.answer?.machines.length ?? 0);
  await book.leave(launch, batch);
  return `settled ${what}: ${counted(machines, 'machine')}`;
}

async function sendAgain(launch: LaunchId, batch: Batch, tools: FleetTools): Promise<number> {
  const run = { ...tools, plan: tools.planOf(launch) };
  const sending = settleBatch(run, batch);
  let next = await sending.next();
  while (!next.done) next = await sending.next();
  const { refused, machines, open } = next.value;
  if (refused?.kind === 'invalid' && !open) {
    // Whoever sleeps over the same request would get the same answer to it.
    await answer(run, batch.record, { result: 'refused', code: refused.code ?? null, machines: [] });
  } else if (refused !== undefined && refused.kind !== 'quota') throw refused;
  return machines.length;
}

async function withdraw(launch: LaunchId, { record }: Batch, tools: Withdrawing): Promise<number> {
  const machines = await shownOf(launch, record, tools);
  const came =
    machines.length > 0
      ? ({ result: 'launched', code: null, machines } as const)
      : ({ result: 'refused', code: 'NeverSent', machines } as const);
  await answer({ ...tools, plan: { launch } }, record, came);
  return machines.length;
}

/** The machines that EC2 shows for a batch, once it had time to show them all. @throws InterruptedError */
async function shownOf(
  launch: LaunchId,
  { batch, count }: Batch['record'],
  { ec2, clock, signal }: Withdrawing,
): Promise<readonly Machine[]> {
  const until = clock.monotonic() + SHOWN_MS;
  for (;;) {
    const machines = await ec2.machinesOfToken(clientToken(launch, batch));
    if (machines.length >= count || clock.monotonic() >= until) return machines;
    await clock.sleep(ASK_EVERY_MS, signal);
    if (signal?.aborted)
      throw new InterruptedError(`stopped looking for batch ${batch} of launch ${launch}`, {
        hint: 'nothing was ended; run the same command again',
      });
  }
}

async function endEntry(entry: EndEntry, tools: Pick<FleetTools, 'ec2' | 'book'>): Promise<string> {
  const ended = await endMachines(entry.instance_ids, entry.how, tools);
  await tools.book.leaveEnd(entry, ended);
  const verb = entry.how === 'terminate' ? 'terminated' : 'stopped';
  return `${verb} ${counted(ended.length, 'machine')}, as an earlier run was about to`;
}
