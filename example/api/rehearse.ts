// A program's own rehearsal: launches a role in the local cloud, follows it, and says what failed, if anything did.
import { type LaunchEvent, type OpenOptions, open } from 'rolecall';

/** What a rehearsal found. */
export interface Rehearsal {
  /** A line for each verdict, in the order in which they came. */
  readonly lines: readonly string[];
  /** Every machine succeeded. */
  readonly passed: boolean;
}

/** Rehearses a role of the catalogue. */
export async function rehearse(role: string, count: number, where: OpenOptions = {}): Promise<Rehearsal> {
  const rolecall = open({ ...where, local: true });
  const run = rolecall.launch({ role, environment: 'prod', context: 'b', count });
  const lines: string[] = [];
  for await (const event of run) lines.push(...linesOf(event));
  const { summary, machines } = await run.result;
  for (const { instance_id: id, failure } of machines)
    if (failure !== undefined)
      lines.push(`${id}: ${failure.error ?? failure.reason ?? 'no reason is known'}`);
  return { lines, passed: summary.succeeded === count };
}

function linesOf(event: LaunchEvent): string[] {
  if (event.type !== 'verdict') return [];
  const { machine, verdict } = event;
  return [`${machine.instanceId} ${verdict.outcome}`];
}
