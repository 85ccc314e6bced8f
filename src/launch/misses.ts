import type { Clock } from '../io/clock.ts';
import type { Offering } from './offerings.ts';

/** How long an offering that had no capacity is not asked again, milliseconds (Karpenter's figure, too). */
export const MISSED_FOR_MS = 3 * 60_000;

/** The offerings that had no capacity a moment ago. */
export class Misses {
  readonly #until = new Map<string, number>();
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** @param at when EC2 said so, epoch milliseconds; now, where it is left out */
  note(offering: Offering, at = this.#clock.now()): void {
    const key = keyOf(offering);
    this.#until.set(key, Math.max(at + MISSED_FOR_MS, this.#until.get(key) ?? 0));
  }

  forget(): void {
    this.#until.clear();
  }

  has = (offering: Offering): boolean =>
    this.#clock.now() < (this.#until.get(keyOf(offering)) ?? Number.NEGATIVE_INFINITY);
}

const keyOf = ({ market, instanceType, subnet, zone }: Offering): string =>
  [market, instanceType, subnet ?? '', zone ?? ''].join(':');
