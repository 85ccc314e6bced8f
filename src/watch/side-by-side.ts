import type { Clock } from '../clock.ts';
import type { InstanceId } from '../model.ts';
import type { WatchEvent } from './events.ts';

/** Requests about single machines, side by side: one that is slow to be answered holds up no other machine. */
export class SideBySide {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #underWay = new Map<InstanceId, Promise<void>>();
  readonly #events: WatchEvent[] = [];
  #failure: unknown;

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  /** A request about this machine is under way. */
  isBusy(id: InstanceId): boolean {
    return this.#underWay.has(id);
  }

  /** The first error that a request ended with. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Begins a request about a machine, unless one is under way. */
  start(id: InstanceId, request: () => Promise<readonly WatchEvent[]>): void {
    if (this.isBusy(id)) return;
    const ended = request()
      .then(
        (events) => void this.#events.push(...events),
        (error: unknown) => {
          this.#failure ??= error;
        },
      )
      .finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, ended);
  }

  /**
   * Waits until no request is under way, at most `ms` milliseconds.
   * @returns the events of the requests that have ended since this was last asked
   */
  async settle(ms: number): Promise<WatchEvent[]> {
    const all = Promise.all(this.#underWay.values()).then(() => 'ended' as const);
    // Answers that are there already cost no time.
    const first = await Promise.race([all, new Promise((resolve) => setImmediate(resolve))]);
    if (first !== 'ended') {
      const settled = new AbortController();
      await Promise.race([all, this.#clock.sleep(ms, settled.signal)]);
      settled.abort();
    }
    return this.#events.splice(0);
  }
}
