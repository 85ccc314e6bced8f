import type { Member } from '../fleet/members.ts';
import { table, truncate } from '../text.ts';
import { ageText } from './release-list.ts';

/** Windows below this many columns get what is most telling. */
const NARROW = 70;

/** A machine of a fleet a line: what it is, how it stands, how old it is, what it deploys, whether it is stale. */
export function memberLines(members: readonly Member[], now: number, columns: number | undefined): string[] {
  if (columns !== undefined && columns < NARROW) return narrowLines(members, now, columns);
  return table(
    members.map(({ machine, standing, verdict, stale }) => [
      machine.instanceId,
      standingText({ standing, verdict }),
      machine.zone,
      machine.instanceType,
      ageText(machine.launchedAt, now).replace(' ago', ''),
      machine.tags['rolecall:build'] ?? '',
      stale.length === 0 ? '' : 'stale',
    ]),
  );
}

/** Callers indent the lines by two. A stale machine is a proved one. */
function narrowLines(members: readonly Member[], now: number, columns: number): string[] {
  const rows = members.map(({ machine, standing, verdict, stale }) => [
    machine.instanceId,
    standing === 'proved' && stale.length > 0 ? 'stale' : standingText({ standing, verdict }),
    ageText(machine.launchedAt, now).replace(' ago', ''),
  ]);
  return table(rows).map((line) => truncate(line, columns - 2));
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
export const standingText = ({ standing, verdict }: Pick<Member, 'standing' | 'verdict'>): string =>
  standing === 'failed' && verdict !== undefined ? verdict : standing;
