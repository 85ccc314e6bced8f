import { pad, table, truncate } from '../io/text.ts';
import type { Member } from '../launch/fleet/members.ts';
import { ageText } from './release-list.ts';

/** A machine of a fleet a line: what it is, how it stands, how old it is, and why it is stale. */
export function memberLines(members: readonly Member[], now: number, columns: number): string[] {
  const rows = members.map(({ machine, standing, verdict, stale }) => [
    machine.instanceId,
    pad(standingText(standing, verdict), 10),
    machine.zone,
    machine.instanceType,
    ageText(machine.launchedAt, now).replace(' ago', ''),
    machine.tags['rolecall:build'] ?? '',
    stale.length === 0 ? '' : `stale: ${stale.join(', ')}`,
  ]);
  return table(rows).map((line) => truncate(line, columns));
}

/** What befell a machine that did not succeed says more than that it failed. */
export const standingText = (standing: Member['standing'], verdict: Member['verdict']): string =>
  standing === 'failed' && verdict !== undefined ? verdict : standing;
