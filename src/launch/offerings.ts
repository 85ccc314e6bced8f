import type { MachineSettings } from '../catalogue/role.ts';
import type { Machine } from '../model.ts';

/** Where machines can be asked for; without both it is EC2's choice. */
interface Place {
  readonly subnet?: string | undefined;
  readonly zone?: string | undefined;
}

/** One way to get machines: a type in a place, on a market. */
export interface Offering extends Place {
  readonly instanceType: string;
  readonly market: 'on-demand' | 'spot';
}

/** The next call's offering and how many machines to ask it for. */
export interface Share {
  readonly offering: Offering;
  readonly count: number;
}

/** The catalogue's places, in its order. */
function placesOf({ subnets, zones }: Pick<MachineSettings, 'subnets' | 'zones'>): Place[] {
  if (subnets.length > 1) return subnets.map((subnet) => ({ subnet }));
  if (zones.length > 1) return zones.map((zone) => ({ zone }));
  return [{ subnet: subnets[0], zone: zones[0] }];
}

/** The offerings of a place in the order in which they are tried: types first, and spot before on-demand. */
export function offeringsIn(place: Place, { instanceTypes, spot }: MachineSettings): Offering[] {
  const markets: readonly Offering['market'][] =
    spot === false ? ['on-demand'] : spot.orOnDemand ? ['spot', 'on-demand'] : ['spot'];
  return markets.flatMap((market) =>
    instanceTypes.map((instanceType) => ({ ...place, instanceType, market })),
  );
}

/**
 * Which offering to ask next, and for how many: the places are kept even, the emptiest comes first, and each takes its first
 * offering that is not missed.
 * @param standing the machines that the places have
 * @returns undefined where every offering is missed
 */
export function nextShare(
  machine: MachineSettings,
  missing: number,
  standing: readonly Machine[],
  isMissed: (offering: Offering) => boolean,
): Share | undefined {
  const open = placesOf(machine).flatMap((place) => {
    const offering = offeringsIn(place, machine).find((each) => !isMissed(each));
    return offering === undefined ? [] : [{ offering, load: standing.filter(isIn(place)).length }];
  });
  const shares = levelled(
    open.map(({ load }) => load),
    missing,
  );
  const filled = open.map(({ offering, load }, index) => ({ offering, load, count: shares[index] ?? 0 }));
  return filled.filter(({ count }) => count > 0).sort((a, b) => a.load - b.load)[0];
}

/** How much each of several vessels gets of `more`, so that they stand as even as can be; earlier ones first. */
export function levelled(loads: readonly number[], more: number): number[] {
  const level = [...loads];
  for (let left = loads.length === 0 ? 0 : more; left > 0; left -= 1) {
    const lowest = level.indexOf(Math.min(...level));
    level[lowest] = (level[lowest] ?? 0) + 1;
  }
  return level.map((height, index) => height - (loads[index] ?? 0));
}

const isIn =
  ({ subnet, zone }: Place) =>
  (machine: Machine): boolean =>
    subnet === undefined ? zone === undefined || machine.zone === zone : machine.subnetId === subnet;

/** How long an offering that had no capacity is not asked again, milliseconds (Karpenter's figure, too). */
export const MISSED_FOR_MS = 3 * 60_000;

/** The offerings that had no capacity a moment ago. */
export class Misses {
  readonly #until = new Map<string, number>();
  readonly #clock: { readonly monotonic: () => number };

  /** @param clock its types stand in the public API, which names nothing of Node */
  constructor(clock: { readonly monotonic: () => number }) {
    this.#clock = clock;
  }

  /** @param agoMs how long ago EC2 said so, milliseconds */
  note(offering: Offering, agoMs = 0): void {
    const key = keyOf(offering);
    const until = this.#clock.monotonic() + MISSED_FOR_MS - agoMs;
    this.#until.set(key, Math.max(until, this.#until.get(key) ?? Number.NEGATIVE_INFINITY));
  }

  forget(): void {
    this.#until.clear();
  }

  has = (offering: Offering): boolean =>
    this.#clock.monotonic() < (this.#until.get(keyOf(offering)) ?? Number.NEGATIVE_INFINITY);
}

const keyOf = ({ market, instanceType, subnet, zone }: Offering): string =>
  [market, instanceType, subnet ?? '', zone ?? ''].join(':');
