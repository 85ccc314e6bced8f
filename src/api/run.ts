import type { RunEvent } from '../actions/run.ts';
import type { LaunchDocument } from '../results/document.ts';
import type { ReportedEvent } from '../results/events.ts';

/**
 * A run that is under way from now on: its events are kept until they are read, once, by whoever iterates; and its result
 * comes whether anybody reads them or not.
 */
export class StartedRun implements AsyncIterable<ReportedEvent> {
  readonly result: Promise<LaunchDocument>;
  #told: ReportedEvent[] = [];
  #ended = false;
  #wake = (): void => undefined;

  constructor(events: AsyncIterable<RunEvent>) {
    this.result = this.#follow(events);
    // Who iterates hears of a failure there, and need not look at the result.
    this.result.catch(() => undefined);
  }

  async #follow(events: AsyncIterable<RunEvent>): Promise<LaunchDocument> {
    let document: LaunchDocument | undefined;
    try {
      for await (const event of events) {
        if (event.type === 'done') document = event.outcome.document;
        else if (event.type !== 'ready' && event.type !== 'failed') {
          this.#told.push(event);
          this.#wake();
        }
      }
    } finally {
      this.#ended = true;
      this.#wake();
    }
    if (document === undefined) throw new Error('a run ends with its document, or with an error');
    return document;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReportedEvent, void, void> {
    for (;;) {
      const events = this.#told;
      this.#told = [];
      yield* events;
      if (this.#told.length > 0) continue;
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    await this.result;
  }
}
