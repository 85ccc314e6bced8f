import type { InstanceId } from '../../nouns.ts';
import type { EndReason, FleetEvent } from './events.ts';
import type { Member } from './members.ts';
import type { EndHow } from './record.ts';
import type { FleetTools } from './tools.ts';

/** Machines in one entry of the record, and in one request. */
const AT_ONCE = 100;

/** Ends machines of the fleet: each part enters the record before it is sent. */
export async function* endMembers(
  members: readonly Member[],
  how: EndHow,
  reason: EndReason,
  tools: Pick<FleetTools, 'book' | 'ec2' | 'clock'>,
): AsyncGenerator<FleetEvent, void> {
  const { book, clock } = tools;
  for (let start = 0; start < members.length; start += AT_ONCE) {
    const part = members.slice(start, start + AT_ONCE);
    const ids = part.map(({ machine }) => machine.instanceId);
    const done = await book.enterEnd(ids, how);
    await endMachines(ids, how, tools);
    await done();
    yield { type: 'machines-ended', at: clock.now(), members: part, how, reason };
  }
}

/** Sends it; repeating it changes nothing. */
export const endMachines = (
  ids: readonly InstanceId[],
  how: EndHow,
  { ec2 }: Pick<FleetTools, 'ec2'>,
): Promise<void> => (how === 'terminate' ? ec2.terminate(ids) : ec2.stop(ids));
