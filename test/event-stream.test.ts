import { describe, expect, test } from '@jest/globals';
import { streamOf } from '../src/event-stream.ts';

/** All events, and the result or what was thrown. */
async function read<E, R>(stream: AsyncGenerator<E, R, void>) {
  const events: E[] = [];
  try {
    for (;;) {
      const next = await stream.next();
      if (next.done) return { events, result: next.value };
      events.push(next.value);
    }
  } catch (error) {
    return { events, error };
  }
}

describe('work that tells as it goes', () => {
  test('is read in its order, with its result, whether it tells at once or later', async () => {
    const stream = streamOf<number, string>(async (tell) => {
      tell(1);
      tell(2);
      await Promise.resolve();
      tell(3);
      await new Promise((resolve) => setImmediate(resolve));
      tell(4);
      return 'done';
    });
    expect(await read(stream)).toEqual({ events: [1, 2, 3, 4], result: 'done' });
  });

  test('that tells nothing has its result', async () => {
    expect(await read(streamOf(async () => 7))).toEqual({ events: [], result: 7 });
  });

  test('tells what came before its failure', async () => {
    const error = new Error('no');
    const stream = streamOf<number, never>(async (tell) => {
      tell(1);
      await new Promise((resolve) => setImmediate(resolve));
      tell(2);
      throw error;
    });
    expect(await read(stream)).toEqual({ events: [1, 2], error });
  });

  test('does not begin before it is read', async () => {
    let begun = false;
    const stream = streamOf(async () => {
      begun = true;
    });
    await Promise.resolve();
    expect(begun).toBe(false);
    await stream.next();
    expect(begun).toBe(true);
  });

  test('ends before who stops reading goes on', async () => {
    const seen: string[] = [];
    const stream = streamOf<number, void>(async (tell, signal) => {
      tell(1);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await new Promise((resolve) => setImmediate(resolve));
      seen.push('ended');
    });
    for await (const event of stream) {
      seen.push(`read ${event}`);
      break;
    }
    expect(seen).toEqual(['read 1', 'ended']);
  });
});
