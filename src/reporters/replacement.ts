import type { Replacement } from '../fleet/replacement.ts';
import { counted } from '../text.ts';
import { memberDocument } from './fleets.ts';
import { memberLines } from './members.ts';

/** What `replace --dry-run` shows. */
export interface PlannedReplacement {
  readonly role: string;
  readonly environment: string;
  readonly context: string;
  readonly replacement: Replacement;
  readonly allowShrink: boolean;
  /** Machines without a verdict: they are judged before anything is replaced, which may change the plan. */
  readonly unjudged: number;
  /** Entries that an earlier run left open: they are settled first, and may change the plan. */
  readonly open: number;
}

/** For people; ends with a newline. @param now epoch milliseconds */
export function replacementText(
  planned: PlannedReplacement,
  now: number,
  columns: number | undefined,
): string {
  const { role, environment, context, replacement, allowShrink, unjudged, open } = planned;
  const { old, kept, beyond, count, arrived, size } = replacement;
  const listed = (members: Replacement['old']) =>
    memberLines(members, now, columns).map((line) => `  ${line}`);
  const toCome = count - arrived.length;
  const going = old.length > 0;
  const lines = [
    `${role} ${environment}/${context}: ${counted(old.length, 'machine')} would be replaced, ${kept.length} would stay`,
    ...listed(old),
    ...(unjudged === 0 ? [] : [`${counted(unjudged, 'machine')} without a verdict would be judged first`]),
    ...(open === 0 ? [] : [`${open} that an earlier run left open would be settled first`]),
    ...(going
      ? [
          `${counted(toCome, 'machine')} would be launched; an old one goes only after a new one has proved its boot`,
          `the fleet would have ${counted(size, 'proved machine')}`,
        ]
      : []),
    ...beyondLines(beyond.length, allowShrink),
    ...listed(beyond),
  ];
  return `${lines.join('\n')}\n`;
}

function beyondLines(count: number, allowShrink: boolean): string[] {
  if (count === 0) return [];
  const more = `${counted(count, 'machine')} beyond the fleet's size`;
  return [
    allowShrink
      ? `${more} would be ended without a new one (--allow-shrink):`
      : `${more} would be left alone (--allow-shrink ends ${count === 1 ? 'it' : 'them'}):`,
  ];
}

/** `replace --dry-run --output json`. */
export const replacementDocument = ({
  replacement: { old, kept, beyond, size, count, arrived },
  allowShrink,
  unjudged,
  open,
}: PlannedReplacement) => ({
  target: size,
  launch: count - arrived.length,
  replace: old.map(memberDocument),
  keep: kept.map(memberDocument),
  leave: allowShrink ? [] : beyond.map(memberDocument),
  end: allowShrink ? beyond.map(memberDocument) : [],
  unjudged,
  open,
});
