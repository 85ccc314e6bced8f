/** Time as the cloud sees it: passed in, so that tests decide what time it is. */
export interface Clock {
  /** Epoch milliseconds of the wall clock, for dates. The wall clock may step back or ahead at any time. */
  now(): number;
  /** Milliseconds since an arbitrary moment, for intervals. A step of the wall clock does not change this value. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The computer's own clock. */
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
