/** Whose console is read next: each look is a request, and with many machines most looks would come too early. */
import type { Machine } from '../../../model.ts';
import { isSmall } from '../../pace.ts';
import { GRACE_MS, isOver, type Limits, type Tracked } from '../../tracked.ts';
import { POSTED_EVERY_MS } from './reader.ts';

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

/** The newest boots count: later batches may be slower than the first. */
const KEPT = 128;
/** The part of the boots that should be over at a machine's first look. */
const MOST = 0.7;
/** While the slow ones are still unknown, they are taken to need this much longer than the slowest known. */
const SLOWER = 1.1;

/** How long the boots of this launch took so far: it tells when a look at the others is worth its request. */
export class Boots {
  readonly #newest: number[] = [];

  /** @param ms from the machine's beginning to its verdict */
  add(ms: number): void {
    this.#newest.push(Math.max(0, ms));
    if (this.#newest.length > KEPT) this.#newest.shift();
  }

  /**
   * The age at which most machines have their verdict, milliseconds; undefined while too little is known.
   * @param booting how many of those that are looked at to find this out have none yet
   */
  mostMs(booting: number): number | undefined {
    const known = [...this.#newest].sort((a, b) => a - b);
    const slowest = known.at(-1);
    // The first to be ready are the quick ones: of those who are looked at, half must be.
    if (slowest === undefined || known.length < booting) return undefined;
    return known[Math.ceil((known.length + booting) * MOST) - 1] ?? slowest * SLOWER;
  }
}
