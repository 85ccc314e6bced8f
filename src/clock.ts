import { InterruptedError } from './errors.ts';

/** Time as the stages see it: passed in, so that tests decide what time it is. */
export interface Clock {
  /** Epoch milliseconds of the wall clock, for dates. The wall clock may step back or ahead at any time. */
  now(): number;
  /** Milliseconds since an arbitrary moment, for intervals. A step of the wall clock does not change this value. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Resolves with undefined as soon as `signal` aborts; what was under way ends by itself, unheard. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const aborted = () => resolve(undefined);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

/** EC2 and S3 tell times by the second. A machine's clock that differs by more is wrong, and its times tell nothing. */
export const CLOCK_TOLERANCE_MS = 2_000;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** How a clock runs that is faster than the one below it. */
export interface Pace {
  /** Epoch milliseconds at which the two showed the same. */
  readonly originMs: number;
  /** Its seconds to one of the other's; greater than 0. */
  readonly speed: number;
}

/** A clock that runs `speed` times as fast as `base` from `originMs` on: what it calls a second is over sooner. */
export const acceleratedClock = ({ originMs, speed }: Pace, base: Clock = systemClock): Clock => ({
  now: () => originMs + (base.now() - originMs) * speed,
  monotonic: () => base.monotonic() * speed,
  sleep: (ms, signal) => base.sleep(ms / speed, signal),
});

/** A clock that can be told to go by another one: a command learns only while it runs which clock its cloud has. */
export class ChangeableClock implements Clock {
  #base: Clock;
  /** Keeps `monotonic` continuous across a change of the base, milliseconds. */
  #offsetMs = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  /** From now on it shows what `clock` shows. A sleep that has begun ends as it would have. */
  goBy(clock: Clock): void {
    this.#offsetMs = this.monotonic() - clock.monotonic();
    this.#base = clock;
  }

  // Fields, since callers take them off their clock.
  now = (): number => this.#base.now();

  monotonic = (): number => this.#base.monotonic() + this.#offsetMs;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> => this.#base.sleep(ms, signal);
}

/** The result of `work`, unless the signal aborts before. @throws InterruptedError with this message */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new InterruptedError(message));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
