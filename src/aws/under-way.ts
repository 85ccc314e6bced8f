/** One request under way. */
export interface OpenRequest {
  readonly signal: AbortSignal;
  readonly end: () => void;
  /** Its answer's body is still to be read: `end` is called after that. */
  streamed: boolean;
}

/** The requests of a session that are under way: the operator's signal ends them, and none that begins after it. */
export class UnderWay {
  readonly #requests = new Set<AbortController>();
  readonly #signal: AbortSignal | undefined;

  /** @param signal gets one listener, however many requests there are: Node warns of many */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', () => {
      for (const request of this.#requests) request.abort();
    });
  }

  /** @param also another signal that ends this request */
  begin(also: AbortSignal | undefined): OpenRequest {
    const ending = new AbortController();
    const stop = () => ending.abort();
    if (!this.#signal?.aborted) {
      this.#requests.add(ending);
      also?.addEventListener('abort', stop);
    }
    const end = () => {
      this.#requests.delete(ending);
      also?.removeEventListener('abort', stop);
    };
    return { signal: ending.signal, end, streamed: false };
  }
}
