import { counted } from '../io/text.ts';
import type { Replacement } from '../launch/fleet/replace.ts';
import type { FleetName } from '../launch/request.ts';
import { memberDocument } from './fleets.ts';
import { memberLines } from './members.ts';

/** `replace --dry-run` for people; ends with a newline. */
export function replacementText(
  { role, environment, context }: FleetName,
  { old, kept }: Replacement,
  now: number,
  columns: number | undefined,
): string {
  const head = `${role} ${environment}/${context}: ${counted(old.length, 'machine')} would be replaced, ${kept.length} would stay`;
  return `${[head, ...memberLines(old, now, columns).map((line) => `  ${line}`)].join('\n')}\n`;
}

/** `replace --dry-run --output json`. */
export const replacementDocument = ({ old, kept }: Replacement) => ({
  replace: old.map(memberDocument),
  keep: kept.map(memberDocument),
});
