import type { Clock } from '../clock.ts';

/** How long the parts of one HTTP exchange may take, milliseconds. */
export interface Deadlines {
  /** From the last byte of the request to the headers of the answer. */
  readonly answerMs: number;
  /** Between two bytes of a body, sent or received. */
  readonly stallMs: number;
  /** From the first byte sent to the last byte received; each 16 KiB of bodies add a second. */
  readonly totalMs: number;
}

/** A request that a loop repeats anyway must not hold up the loop. */
export const POLLING: Deadlines = { answerMs: 15_000, stallMs: 15_000, totalMs: 15_000 };

/** A request that begins after Ctrl-C only tidies up. */
export const TIDYING: Deadlines = { answerMs: 10_000, stallMs: 10_000, totalMs: 10_000 };

/** A line slower than this is taken for broken, bytes a second. */
const SLOWEST = 16 * 1024;

/** Waits by real time: the network is no faster where a local cloud's clock is. */
export type Timer = Pick<Clock, 'monotonic' | 'sleep'>;

/** The other side was too slow. Its name and code are Node's for a timeout. */
class Late extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';
}

/** The operator's signal ended the exchange. */
export class Aborted extends Error {
  override readonly name = 'AbortError';
}

/** Watches the deadlines of one exchange, and the signal that ends it. */
export class Watchdog {
  readonly #timer: Timer;
  readonly #deadlines: Deadlines;
  readonly #signal: AbortSignal | undefined;
  readonly #began: number;
  #bytes = 0;

  constructor(timer: Timer, deadlines: Deadlines, signal: AbortSignal | undefined) {
    this.#timer = timer;
    this.#deadlines = deadlines;
    this.#signal = signal;
    this.#began = timer.monotonic();
  }

  /** Counts bytes that were sent or received. */
  moved(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Waits for the headers of the answer. @throws Late, Aborted */
  answer<T>(work: Promise<T>): Promise<T> {
    return this.#within(this.#deadlines.answerMs, 'no answer', work);
  }

  /** Waits for the next bytes of a body. @throws Late, Aborted */
  bytes<T>(work: Promise<T>): Promise<T> {
    return this.#within(this.#deadlines.stallMs, 'not a byte', work);
  }

  async #within<T>(limitMs: number, lack: string, work: Promise<T>): Promise<T> {
    if (this.#signal?.aborted) throw new Aborted('stopped');
    const elapsedMs = this.#timer.monotonic() - this.#began;
    const allowedMs = this.#deadlines.totalMs + (this.#bytes / SLOWEST) * 1000;
    const leftMs = Math.max(0, allowedMs - elapsedMs);
    const why =
      leftMs < limitMs ? `unfinished after ${seconds(allowedMs)}` : `${lack} for ${seconds(limitMs)}`;
    const settled = new AbortController();
    const late = this.#timer.sleep(Math.min(limitMs, leftMs), settled.signal).then(() => {
      if (!settled.signal.aborted) throw new Late(why);
      return new Promise<never>(() => undefined);
    });
    const stopped = new Promise<never>((_, reject) => {
      const stop = () => reject(new Aborted('stopped'));
      this.#signal?.addEventListener('abort', stop, { once: true, signal: settled.signal });
    });
    try {
      return await Promise.race([work, late, stopped]);
    } finally {
      settled.abort();
    }
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
