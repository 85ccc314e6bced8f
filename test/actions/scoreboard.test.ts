import { describe, expect, test } from '@jest/globals';
import { Scoreboard } from '../../src/actions/scoreboard.ts';
import { InterruptedError } from '../../src/errors.ts';
import type { Outcome } from '../../src/model.ts';
import type { ReportedEvent } from '../../src/results/events.ts';
import { FAILED, instanceId, machine, SUCCEEDED } from '../reporters/support.ts';

const verdict = (index: number, outcome: 'succeeded' | 'failed'): ReportedEvent => ({
  ...{ type: 'verdict', at: 0, machine: machine(index), verdict: outcome === 'failed' ? FAILED : SUCCEEDED },
});
const ids = (...indexes: number[]) => indexes.map(instanceId);

/** What a promise has come to by now. */
async function now(promise: Promise<ReadonlyMap<unknown, Outcome>>): Promise<readonly Outcome[] | 'waiting'> {
  const waiting = new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting')));
  return await Promise.race([promise.then((outcomes) => [...outcomes.values()]), waiting]);
}

describe('who waits for verdicts', () => {
  test('waits until all of these machines have one', async () => {
    const board = new Scoreboard();
    const [both, second] = [board.all(ids(1, 2)), board.all(ids(2))];
    board.note(verdict(1, 'succeeded'));
    board.note({ type: 'notice', at: 0, text: 'something else' });
    board.note(verdict(3, 'succeeded'));
    expect([await now(both), await now(second)]).toEqual(['waiting', 'waiting']);
    board.note(verdict(2, 'failed'));
    expect([await now(both), await now(second)]).toEqual([['succeeded', 'failed'], ['failed']]);
  });

  test('does not wait for what is known, or for nothing', async () => {
    const board = new Scoreboard();
    board.note(verdict(1, 'failed'));
    expect(await now(board.all(ids(1)))).toEqual(['failed']);
    expect(await now(board.all([]))).toEqual([]);
  });

  test('is told why, when nobody watches any more, before or after it asked', async () => {
    const board = new Scoreboard();
    const reason = new Error('the watch broke');
    const before = board.all(ids(1));
    board.note(verdict(2, 'succeeded'));
    board.end(reason);
    board.end(new Error('later'));
    await expect(before).rejects.toBe(reason);
    await expect(board.all(ids(1))).rejects.toBe(reason);
    expect(await now(board.all(ids(2)))).toEqual(['succeeded']);
  });

  test('a watch that ended without a reason was interrupted', async () => {
    const board = new Scoreboard();
    board.end(undefined);
    await expect(board.all(ids(1))).rejects.toBeInstanceOf(InterruptedError);
  });
});
