import type { Clock } from '../clock.ts';
import type { WatchEvent } from './events.ts';

/** The same trouble is told again after this time. */
const AGAIN_MS = 60_000;

/** What people should know about the watching itself, without telling it at every tick. */
export class Notices {
  readonly #clock: Clock;
  readonly #told = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  say(text: string): WatchEvent {
    return { type: 'notice', at: this.#clock.now(), text };
  }

  /** @returns nothing where it was told a moment ago */
  once(text: string): WatchEvent[] {
    const now = this.#clock.monotonic();
    if (now - (this.#told.get(text) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return [];
    this.#told.set(text, now);
    return [this.say(text)];
  }
}
