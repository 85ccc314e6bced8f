import { counted } from '../../io/text.ts';
import { readBatches } from '../book.ts';
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
  let machines = found?.answer?.machines.length ?? 0;
  if (found !== undefined && found.answer === undefined) {
    const settling = settleBatch(tools.planOf(launch), tools, found);
    // Its machines are found when the fleet is looked at.
    for (;;) {
      const next = await settling.next();
      if (!next.done) continue;
      if (next.value.refused !== undefined && next.value.refused.kind !== 'quota') throw next.value.refused;
      machines = next.value.machines.length;
      break;
    }
  }
  await tools.book.leave(launch, batch);
  return `settled ${what}: ${counted(machines, 'machine')}`;
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
