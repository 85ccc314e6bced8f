import type { Clock } from '../clock.ts';
import type { Offering } from './offerings.ts';

/** How long an offering that had no capacity is not asked again, milliseconds (Karpenter's figure, too). */
export const MISSED_FOR_MS = 3 * 60_000;

/** The offerings that had no capacity a moment ago. */
export class Misses {
  readonly #until = new Map<string, number>();
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
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
