/** Whose console is read next: each look is a request, and with many machines most looks would come too early. */
import type { Machine } from '../model.ts';
import type { Boots } from './boots.ts';
import { isSmall } from './pace.ts';
import { POSTED_EVERY_MS } from './reader.ts';
import { GRACE_MS, isOver, type Limits, type Tracked } from './tracked.ts';

interface Turn {
  /** Milliseconds by the monotonic clock. */
  readonly now: number;
  readonly limits: Limits;
  /** How many requests may be made. */
  readonly reads: number;
  /** How many machines there are in all, judged ones too. */
  readonly fleet: number;
  readonly boots: Boots;
  readonly isPostedOnly: (machine: Machine) => boolean;
}

/** Marks those whose wait is over. @returns whom to read now: those first, then who has waited longest */
export function takeTurns(undecided: readonly Tracked[], turn: Turn): Tracked[] {
  const { now, limits, reads } = turn;
  for (const tracked of undecided) {
    if (isOver(tracked, now, limits) === undefined) delete tracked.finalSince;
    else tracked.finalSince ??= now;
  }
  const firstLookMs = firstLook(undecided, turn);
  const due = undecided.filter((tracked) => isDue(tracked, turn, firstLookMs));
  return withinBudget(
    due.sort((a, b) => rank(a) - rank(b) || a.readAt - b.readAt),
    reads,
  );
}

function isDue(tracked: Tracked, turn: Turn, firstLookMs: number): boolean {
  const { machine, finalSince, runningSince, readAt } = tracked;
  const { now, fleet } = turn;
  if (finalSince !== undefined) return true;
  const every = turn.isPostedOnly(machine) ? POSTED_EVERY_MS : 0;
  if (runningSince === undefined || now - readAt < every) return false;
  return isSmall(fleet) || now >= worthLookingAt(tracked, fleet, firstLookMs);
}

/** Scouts are looked at again when they have become so much older, for they tell how long a boot takes. */
const SCOUT_STEP = 0.25;
/** Others pause for a part of their age after a look in vain, and for twice that part after each further one. */
const STEP = 0.1;
/** But not for more of it: a boot that takes half as long again as most should not wait for as long once more. */
const MOST_STEP = 0.2;
/** First looks come one after another over this part of the age, so that the first of them still tell of the others. */
const SPREAD = 0.1;
/** Where the scouts tell nothing: so far into the time that a machine has, it is looked at. */
const LATE = 0.6;

/** The first machines of a large launch are its scouts: 2 of 25, 3 of 100, 8 of 1,000 and more. */
const scoutsOf = (fleet: number): number => Math.min(8, Math.max(2, Math.ceil(Math.sqrt(fleet) / 4)));

/** The age at which a machine's console is worth a first look, milliseconds. */
function firstLook(undecided: readonly Tracked[], { fleet, boots, limits }: Turn): number {
  const all = scoutsOf(fleet);
  const booting = undecided.filter(({ nth }) => nth < all).length;
  return boots.mostMs(booting) ?? limits.timeoutMs * LATE;
}

/** When a machine of a large launch is to be looked at, milliseconds by the monotonic clock. */
function worthLookingAt(tracked: Tracked, fleet: number, firstLookMs: number): number {
  const { nth, looks, readAt, bootingSince, leaningSince } = tracked;
  if (leaningSince !== undefined) return leaningSince + GRACE_MS;
  const scout = nth < scoutsOf(fleet);
  if (looks === 0) return scout ? bootingSince : bootingSince + firstLookMs * (1 + (SPREAD * nth) / fleet);
  const age = readAt - bootingSince;
  if (scout) return readAt + age * SCOUT_STEP;
  return readAt + age * Math.min(MOST_STEP, STEP * 2 ** Math.min(looks - 1, 30));
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
