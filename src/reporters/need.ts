import type { Fleet } from '../fleet/members.ts';
import type { Need } from '../fleet/scale.ts';
import { counted } from '../text.ts';
import { memberDocument } from './fleets.ts';
import { memberLines } from './members.ts';

/** What `scale --dry-run` shows. */
export interface PlannedScale {
  readonly role: string;
  readonly environment: string;
  readonly context: string;
  readonly target: number;
  readonly fleet: Fleet;
  readonly need: Need;
  /** Sizes of the waves, where none fails. */
  readonly waves: readonly number[];
  /** Entries that an earlier run left open: they are settled first, and may change the need. */
  readonly open: number;
}

/** For people; ends with a newline. */
export function needText(planned: PlannedScale, now: number, columns: number | undefined): string {
  const { role, environment, context, target, fleet, need, waves, open } = planned;
  const count = (standing: string) => fleet.members.filter((member) => member.standing === standing).length;
  const unjudged = count('unjudged');
  const lines = [
    `${role} ${environment}/${context} has ${counted(count('proved'), 'proved machine')}, and is to have ${target}`,
    ...(unjudged === 0 ? [] : [`${counted(unjudged, 'machine')} without a verdict would be judged first`]),
    ...(open === 0 ? [] : [`${open} that an earlier run left open would be settled first`]),
    ...needLines(need, waves, now, columns),
  ];
  return `${lines.join('\n')}\n`;
}

function needLines(need: Need, waves: readonly number[], now: number, columns: number | undefined): string[] {
  switch (need.kind) {
    case 'none':
      return ['nothing would be done'];
    case 'more':
      return [`${counted(need.count, 'machine')} would be launched, in waves of ${waves.join(', ')}`];
    case 'fewer':
      return [
        `${counted(need.members.length, 'machine')} would be ended:`,
        ...memberLines(need.members, now, columns).map((line) => `  ${line}`),
      ];
  }
}

/** `scale --dry-run --output json`. */
export const needDocument = ({
  role,
  environment,
  context,
  target,
  fleet,
  need,
  waves,
  open,
}: PlannedScale) => ({
  role,
  environment,
  context,
  target,
  machines: fleet.members.map(memberDocument),
  launch: need.kind === 'more' ? need.count : 0,
  waves,
  end: need.kind === 'fewer' ? need.members.map(({ machine }) => machine.instanceId) : [],
  open,
});
