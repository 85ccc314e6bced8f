import { counted } from '../../io/text.ts';
import type { LaunchId } from '../../nouns.ts';
import { type Batch, readBatches } from '../book.ts';
import { answer } from '../outcome.ts';
import { settleBatch } from '../send.ts';
import { endMachines } from './end.ts';
import type { FleetEvent } from './events.ts';
import type { OpenEntry } from './record.ts';
import type { FleetTools } from './tools.ts';

/**
 * Settles what an earlier holder of the fleet entered and never answered: a batch is found by its token, or sent with it, so
 * that a holder which wakes up later can send nothing new with it; machines that were to end are ended.
 * @throws AwsError where AWS doesn't answer: then it stays open for the next holder
 */
export async function* settleOpen(tools: FleetTools): AsyncGenerator<FleetEvent, void> {
  for (const entry of tools.book.open) {
    const text = entry.kind === 'batch' ? await settleEntry(entry, tools) : await endEntry(entry, tools);
    yield { type: 'notice', at: tools.clock.now(), text };
  }
}

async function settleEntry(
  { launch, batch }: Extract<OpenEntry, { readonly kind: 'batch' }>,
  tools: FleetTools,
): Promise<string> {
  const found = (await readBatches(tools.records, launch)).find(({ record }) => record.batch === batch);
  const what = `batch ${batch} of launch ${launch}, which an earlier run left open`;
  const isOpen = found !== undefined && found.answer === undefined;
  const machines = isOpen ? await settleNow(launch, found, tools) : (found?.answer?.machines.length ?? 0);
  await tools.book.leave(launch, batch);
  return `settled ${what}: ${counted(machines, 'machine')}`;
}

/** @returns how many machines it has; they are found when the fleet is looked at */
async function settleNow(launch: LaunchId, batch: Batch, tools: FleetTools): Promise<number> {
  const settling = settleBatch(tools.planOf(launch), tools, batch);
  let next = await settling.next();
  while (!next.done) next = await settling.next();
  const { refused, machines, open } = next.value;
  if (refused?.kind === 'invalid' && !open) {
    // Whoever sleeps over the same request would get the same answer to it.
    const came = { result: 'refused', code: refused.code ?? null, machines: [] } as const;
    await answer(tools.planOf(launch), tools, batch.record, came);
  } else if (refused !== undefined && refused.kind !== 'quota') throw refused;
  return machines.length;
}

async function endEntry(
  entry: Extract<OpenEntry, { readonly kind: 'end' }>,
  tools: FleetTools,
): Promise<string> {
  await endMachines(entry.instance_ids, entry.how, tools);
  await tools.book.leaveEntry(entry);
  const verb = entry.how === 'terminate' ? 'terminated' : 'stopped';
  return `${verb} ${counted(entry.instance_ids.length, 'machine')}, as an earlier run was about to`;
}
