import { expect, test } from '@jest/globals';
import { takeTurns } from '../../../../src/watch/channels/console/turns.ts';
import { type Tracked, track } from '../../../../src/watch/tracked.ts';
import { machine, READING } from '../../boxes.ts';

/** A machine that is looked at at once; its nonce is known, or it has ended. */
function tracked({ known = true, ended = false }): Tracked {
  const state = ended ? 'terminated' : 'running';
  const each = track(machine({ state }), { monotonic: 0, wall: 0 }, true, 0);
  return { ...each, runningSince: 0, ...(known && { reading: READING }) };
}

test.each([
  ['one reading a machine', { known: true, ended: false }, 1],
  ['one more to recover the nonce', { known: false, ended: false }, 2],
  ['one more for the last words, in the other mode', { known: true, ended: true }, 2],
  ['both', { known: false, ended: true }, 3],
])('requests of a look: %s', (_what, how, cost) => {
  const machines = Array.from({ length: 9 }, () => tracked(how));
  const read = (reads: number) =>
    takeTurns(machines, {
      ...{ now: 10_000, reads, fleet: machines.length, isPostedOnly: () => false },
      limits: { timeoutMs: 600_000, neverRunningMs: 600_000 },
      boots: { mostMs: () => undefined } as never,
    }).length;
  // The last look may go over the budget.
  expect([1, 2, 3, 4, 5, 6].map(read)).toEqual([1, 2, 3, 4, 5, 6].map((reads) => Math.ceil(reads / cost)));
});
