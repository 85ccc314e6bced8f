/**
 * Lets work that tells of events as it goes be read as a sequence, with its result at the end. It begins at the first
 * read. Who stops reading ends it: its signal aborts, and it is waited for.
 * @throws what `work` throws, after the events before it
 */
export async function* streamOf<Event, Result>(
  work: (tell: (event: Event) => void, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Event, Result, void> {
  const stopped = new AbortController();
  let told: Event[] = [];
  let ended = false;
  let wake = (): void => undefined;
  const working = work((event) => {
    told.push(event);
    wake();
  }, stopped.signal).finally(() => {
    ended = true;
    wake();
  });
  // It is awaited below: until then its failure is no unhandled one.
  working.catch(() => undefined);
  try {
    while (!ended || told.length > 0) {
      const events = told;
      told = [];
      yield* events;
      if (told.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    return await working;
  } finally {
    stopped.abort();
    await working.catch(() => undefined);
  }
}
