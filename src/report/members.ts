import { table } from '../io/text.ts';
import type { Member } from '../launch/fleet/members.ts';
import { ageText } from './release-list.ts';

/** Windows below this many columns get what is most telling. */
const NARROW = 70;

/** A machine of a fleet a line: what it is, how it stands, how old it is, what it deploys, whether it is stale. */
export function memberLines(members: readonly Member[], now: number, columns: number | undefined): string[] {
  const narrow = columns !== undefined && columns < NARROW;
  return table(
    members.map(({ machine, standing, verdict, stale }) => [
      machine.instanceId,
      standingText(standing, verdict),
      ...(narrow ? [] : [machine.zone, machine.instanceType]),
      ageText(machine.launchedAt, now).replace(' ago', ''),
      ...(narrow ? [] : [machine.tags['rolecall:build'] ?? '']),
      stale.length === 0 ? '' : 'stale',
    ]),
  );
}

/** Why machines are stale: a line for each reason, however many share it. */
export function staleLines(members: readonly Member[]): string[] {
  const counts = new Map<string, number>();
  for (const { stale, standing } of members) {
    if (stale.length === 0 || standing !== 'proved') continue;
    const why = stale.join(', ');
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts].map(([why, count]) => `${count} stale: ${why}`);
}

/** What befell a machine that did not succeed says more than that it failed. */
const standingText = (standing: Member['standing'], verdict: Member['verdict']): string =>
  standing === 'failed' && verdict !== undefined ? verdict : standing;
