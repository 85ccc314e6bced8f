import { counted } from '../../io/text.ts';
import type { FleetName } from '../request.ts';
import { endMachines, endMembers } from './end.ts';
import type { FleetEvent } from './events.ts';
import { lookAtFleet } from './look.ts';
import type { Fleet, Member } from './members.ts';
import type { FleetTools } from './tools.ts';

/** Which machines of a fleet: those of one launch, those that did not succeed, or all. */
export interface Doomed {
  readonly launch?: string | undefined;
  readonly failed?: boolean;
}

/** The machines that are there and are meant. */
export const doomedOf = ({ members }: Fleet, { launch, failed = false }: Doomed): Member[] =>
  members.filter(
    ({ standing, machine }) =>
      standing !== 'ending' &&
      (!failed || standing === 'failed' || standing === 'stopped') &&
      (launch === undefined || machine.tags['rolecall:launch'] === launch),
  );

/**
 * Ends machines of a fleet. What an earlier run was about to end is ended, too; a batch that it left open stays so for the
 * next `scale`, which knows how to settle it.
 */
export async function* terminateFleet(
  name: FleetName,
  doomed: Doomed,
  tools: Pick<FleetTools, 'ec2' | 'records' | 'clock' | 'book' | 'agreed'>,
): AsyncGenerator<FleetEvent, void> {
  const { book, clock } = tools;
  for (const entry of book.open) {
    if (entry.kind === 'batch') {
      const text = `batch ${entry.batch} of launch ${entry.launch} is open (${counted(entry.count, 'machine')}): the next scale of this fleet settles it`;
      yield { type: 'notice', at: clock.now(), text };
    } else {
      await endMachines(entry.instance_ids, entry.how, tools);
      await book.leaveEntry(entry);
    }
  }
  const fleet = await lookAtFleet(name, undefined, tools);
  const members = doomedOf(fleet, doomed);
  const left = fleet.members.filter(
    (member) => member.standing === 'proved' && !members.includes(member),
  ).length;
  const { strangers } = fleet;
  yield {
    type: 'fleet-seen',
    at: clock.now(),
    members: fleet.members,
    strangers: strangers.length,
    target: left,
  };
  if (members.length > 0 && (await tools.agreed(members)))
    yield* endMembers(members, 'terminate', 'asked', tools);
}
