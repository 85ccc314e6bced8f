import type { Clock } from './clock.ts';

interface Entry {
  readonly at: number;
  readonly run: () => void;
}

/** Entries that are run before other work of the process gets its turn. */
const AT_ONCE = 200;

/** What is to be done when, for any number of machines, with one timer. */
export class Agenda {
  readonly #clock: Clock;
  /** A binary heap: the earliest entry first. */
  readonly #heap: Entry[] = [];
  #waking = new AbortController();
  /** When the running timer ends; infinite while there is none. */
  #wakesAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `ms` milliseconds, or at once when the agenda is closed. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs something after `ms` milliseconds, or at once when the agenda is closed. It must not throw. */
  after(ms: number, run: () => void): void {
    if (this.#closed) return void run();
    const at = this.#clock.monotonic() + ms;
    push(this.#heap, { at, run });
    if (at < this.#wakesAt) this.#wait();
  }

  /** Runs all that is left at once, and whatever comes later too. */
  close(): void {
    this.#closed = true;
    this.#waking.abort();
    for (const { run } of this.#heap.splice(0)) run();
  }

  #wait(): void {
    this.#waking.abort();
    const next = this.#heap[0];
    if (next === undefined) {
      this.#wakesAt = Number.POSITIVE_INFINITY;
      return;
    }
    const waking = new AbortController();
    this.#waking = waking;
    this.#wakesAt = next.at;
    void this.#clock.sleep(Math.max(0, next.at - this.#clock.monotonic()), waking.signal).then(() => {
      // What was slept for is due, also where the clock's timers are a little early.
      if (!waking.signal.aborted) this.#turn(Math.max(next.at, this.#clock.monotonic()));
    });
  }

  #turn(now: number): void {
    for (let count = 0; count < AT_ONCE; count++) {
      const next = this.#heap[0];
      if (next === undefined || next.at > now) return void this.#wait();
      pop(this.#heap);
      next.run();
      if (this.#closed) return;
    }
    // Whoever asks the cloud something shall not wait until thousands of machines have had their turn.
    this.#wakesAt = Number.NEGATIVE_INFINITY;
    setImmediate(() => this.#turn(Math.max(now, this.#clock.monotonic())));
  }
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || parent.at <= entry.at) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const entry = heap.pop();
  if (entry === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const one = heap[left];
    if (one === undefined) break;
    const other = heap[left + 1];
    const [least, child] = other !== undefined && other.at < one.at ? [other, left + 1] : [one, left];
    if (least.at >= entry.at) break;
    heap[at] = least;
    at = child;
  }
  heap[at] = entry;
}
