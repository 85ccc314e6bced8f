/** Whose console is read next: with many machines they take turns, so that EC2's request bucket lasts. */
import type { Machine } from '../nouns.ts';
import { POSTED_EVERY_MS } from './reader.ts';
import { isOver, type Limits, type Tracked } from './tracked.ts';

interface Turn {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly limits: Limits;
  /** How many requests may be made. */
  readonly reads: number;
  readonly isPostedOnly: (machine: Machine) => boolean;
}

/** Marks those whose wait is over. @returns whom to read now: those first, then who has waited longest */
export function takeTurns(undecided: readonly Tracked[], turn: Turn): Tracked[] {
  const { now, limits, reads } = turn;
  for (const tracked of undecided) {
    if (isOver(tracked, now, limits) === undefined) delete tracked.finalSince;
    else tracked.finalSince ??= now;
  }
  const due = undecided.filter((tracked) => isDue(tracked, turn));
  return withinBudget(
    due.sort((a, b) => rank(a) - rank(b) || a.readAt - b.readAt),
    reads,
  );
}

function isDue({ machine, finalSince, runningSince, readAt }: Tracked, { now, isPostedOnly }: Turn): boolean {
  if (finalSince !== undefined) return true;
  const every = isPostedOnly(machine) ? POSTED_EVERY_MS : 0;
  return runningSince !== undefined && now - readAt >= every;
}

const rank = ({ finalSince }: Tracked): number => (finalSince === undefined ? 1 : 0);

/** A last reading asks in both modes; a nonce that must be recovered is one more request. */
const cost = ({ finalSince, reading }: Tracked): number =>
  1 + (finalSince === undefined ? 0 : 1) + (reading === undefined ? 1 : 0);

/** As many as the budget has room for, and always one. */
function withinBudget(due: readonly Tracked[], budget: number): Tracked[] {
  let spent = 0;
  return due.filter((tracked) => {
    const room = spent < budget;
    spent += cost(tracked);
    return room;
  });
}
