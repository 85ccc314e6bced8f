import { AwsError } from '../errors.ts';
import { SETTLED_AFTER_MS } from '../launch/living.ts';
import type { InstanceId } from '../model.ts';
import type { EndReason, FleetEvent } from './events.ts';
import type { Member } from './members.ts';
import type { EndHow } from './record.ts';
import type { FleetTools } from './tools.ts';

/** Machines in one entry of the record, and in one request. */
const AT_ONCE = 100;

type Ending = Pick<FleetTools, 'book' | 'ec2' | 'clock'>;

/**
 * Ends machines of the fleet: each part enters the record before it is sent. Told are those that EC2 has taken.
 * @throws AwsError where machines run on; they stay in the record, for the next run to end
 */
export async function* endMembers(
  members: readonly Member[],
  how: EndHow,
  reason: EndReason,
  tools: Ending,
): AsyncGenerator<FleetEvent, void> {
  const { book, clock } = tools;
  for (let start = 0; start < members.length; start += AT_ONCE) {
    const part = members.slice(start, start + AT_ONCE);
    const ids = part.map(({ machine }) => machine.instanceId);
    const young = part.filter(({ machine }) => clock.now() - machine.launchedAt < SETTLED_AFTER_MS);
    const done = await book.enterEnd(ids, how);
    const ended = await endMachines(ids, how, tools, new Set(young.map(({ machine }) => machine.instanceId)));
    const gone = new Set(ended);
    const taken = part.filter(({ machine }) => gone.has(machine.instanceId));
    if (taken.length > 0) yield { type: 'machines-ended', at: clock.now(), members: taken, how, reason };
    // Told before it is noted: where that fails, they are ended all the same.
    await done(ended);
    const unknown = ids.filter((id) => !gone.has(id));
    if (unknown.length > 0) yield { type: 'notice', at: clock.now(), text: unknownText(unknown, how) };
  }
}

const unknownText = (ids: readonly InstanceId[], how: EndHow): string =>
  how === 'terminate'
    ? `EC2 knows no machine ${ids.join(', ')}: nothing was ended`
    : `EC2 did not stop ${ids.join(', ')}: it ends already, or is unknown`;

/**
 * Ends machines; repeating it changes nothing.
 * @param young machines that EC2 may not know everywhere yet
 * @returns those that EC2's answer names, or that EC2 shows as ended
 * @throws AwsError where EC2 shows that one runs on
 */
export async function endMachines(
  ids: readonly InstanceId[],
  how: EndHow,
  { ec2 }: Pick<FleetTools, 'ec2'>,
  young: ReadonlySet<InstanceId> = new Set(),
): Promise<readonly InstanceId[]> {
  if (how === 'stop') return await ec2.stop(ids);
  const named = new Set(await ec2.terminate(ids));
  const late = ids.filter((id) => !named.has(id) && young.has(id));
  if (late.length > 0) for (const id of await ec2.terminate(late, 'young')) named.add(id);
  const ended: InstanceId[] = [];
  const running: InstanceId[] = [];
  for (const id of ids) {
    const state = named.has(id) ? 'terminated' : (await ec2.machine(id))?.state;
    if (state === 'terminated' || state === 'shutting-down') ended.push(id);
    else if (state !== undefined) running.push(id);
  }
  if (running.length === 0) return ended;
  throw new AwsError(`EC2 has not ended ${running.join(', ')}: its answer does not name what it shows`, {
    kind: 'server',
    hint: 'run the same command again: it ends them first',
  });
}
