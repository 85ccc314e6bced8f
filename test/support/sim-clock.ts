import type { Clock } from '../../src/clock.ts';

/** A clock for several sleepers at once: time jumps to the next of them whenever nobody has anything left to do. */
export class SimClock implements Clock {
  #now = 1_000_000;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  /** How far the wall clock was stepped, milliseconds. */
  wallStepMs = 0;

  now = (): number => this.#now + this.wallStepMs;

  // Another origin than the wall clock's: whoever confuses the two is found out.
  monotonic = (): number => this.#now - 900_000;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        until: this.#now + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });

  /** Lets time pass until nobody sleeps any more. @returns how much passed, milliseconds */
  async run(): Promise<number> {
    const began = this.#now;
    for (;;) {
      // After all microtasks, however deep.
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#sleepers].sort((a, b) => a.until - b.until);
      if (next === undefined) return this.#now - began;
      this.#now = Math.max(this.#now, next.until);
      next.wake();
    }
  }
}
