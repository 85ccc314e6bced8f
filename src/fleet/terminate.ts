import type { FleetName } from '../catalogue/role.ts';
import { endMembers } from './end.ts';
import type { FleetEvent } from './events.ts';
import { lookAtFleet, standingAs } from './look.ts';
import type { Fleet, Member } from './members.ts';
import { type Withdrawing, withdrawOpen } from './settle.ts';
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

/** Ends machines of a fleet, after what an earlier run left open was settled. @throws see scaleFleet */
export async function* terminateFleet(
  name: FleetName,
  doomed: Doomed,
  tools: Withdrawing & Pick<FleetTools, 'agreed'>,
): AsyncGenerator<FleetEvent, void> {
  const { clock } = tools;
  yield* withdrawOpen(name, tools);
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
  if (members.length === 0 || !(await tools.agreed(members))) return;
  const ids = members.map(({ machine }) => machine.instanceId);
  await tools.book.withdraw(ids, doomed.failed ? Number.POSITIVE_INFINITY : runningBut(members, fleet));
  yield* endMembers(members, 'terminate', 'asked', tools);
}

function runningBut(members: readonly Member[], fleet: Fleet): number {
  const gone = new Set(members);
  return standingAs(fleet, 'proved', 'unjudged', 'failed').filter((member) => !gone.has(member)).length;
}
