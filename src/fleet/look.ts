import type { FleetName } from '../catalogue/role.ts';
import { readBatches } from '../launch/book.ts';
import { fleetTags } from '../launch/identity.ts';
import { livingMachines } from '../launch/living.ts';
import type { LaunchTools } from '../launch/plan.ts';
import type { InstanceId, LaunchId, Machine, Outcome } from '../model.ts';
import type { Recent } from './glimpse.ts';
import { type Fleet, fleetOf, type Member, standingOf, type Wanted } from './members.ts';

/**
 * The fleet as it is now: what EC2 describes under its tags, what answers of the last minutes name and EC2 doesn't describe
 * yet, less what was told to end in the last minutes. Where EC2 shows that a machine runs on, it runs.
 */
export async function lookAtFleet(
  name: FleetName,
  wanted: Wanted | undefined,
  { ec2, records, clock, book }: Pick<LaunchTools, 'ec2' | 'records' | 'clock'> & { readonly book: Recent },
): Promise<Fleet> {
  const described = await ec2.machinesWithTags(fleetTags(name));
  const known = new Set(described.map(({ instanceId }) => instanceId));
  const fleet = fleetOf(described, name, wanted, book.latestEnds);
  const late = await Promise.all(
    book.recentLaunches.map((recent) => undescribed(recent, known, { records, clock })),
  );
  const ended = book.recentEnds;
  const members = late.flat().map(
    (machine): Member => ({
      machine,
      standing: ended.has(machine.instanceId) ? 'ending' : standingOf(machine, undefined),
      verdict: undefined,
      stale: [],
    }),
  );
  return { ...fleet, members: [...fleet.members, ...members] };
}

/** Machines of a launch that its answers name, and EC2 doesn't describe yet. */
async function undescribed(
  launch: LaunchId,
  known: ReadonlySet<InstanceId>,
  { records, clock }: Pick<LaunchTools, 'records' | 'clock'>,
): Promise<Machine[]> {
  const living = livingMachines(await readBatches(records, launch), [], clock.now());
  return [...living].flatMap(([batch, machines]) =>
    machines
      .filter(({ instanceId }) => !known.has(instanceId))
      .map((machine) => ({
        ...machine,
        tags: { 'rolecall:launch': launch, 'rolecall:batch': String(batch) },
      })),
  );
}

/** The fleet with what was found out about machines that nobody had judged. */
export const judgedFleet = (
  { members, strangers }: Fleet,
  outcomes: ReadonlyMap<InstanceId, Outcome>,
): Fleet => ({
  strangers,
  members: members.map((member) => {
    const verdict = outcomes.get(member.machine.instanceId) ?? member.verdict;
    if (member.standing === 'ending' || verdict === member.verdict) return member;
    // Nobody proves a machine that ended meanwhile.
    const standing = verdict === 'lost' ? 'ending' : standingOf(member.machine, verdict);
    return { ...member, verdict, standing };
  }),
});

/** Those of a fleet that stand so. */
export const standingAs = (
  { members }: Pick<Fleet, 'members'>,
  ...standings: readonly Member['standing'][]
): Member[] => members.filter(({ standing }) => standings.includes(standing));
