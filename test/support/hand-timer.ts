import type { Timer } from '../../src/aws/deadlines.ts';

/** A timer that stands still until a test lets time pass. */
export class HandTimer implements Timer {
  #now = 5_000;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  monotonic = (): number => this.#now;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        until: this.#now + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });

  pass(ms: number): void {
    this.#now += ms;
    for (const { until, wake } of this.#sleepers) if (until <= this.#now) wake();
  }
}
