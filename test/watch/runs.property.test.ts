/** 9,000 random consoles of several boots: only a last run that is a success makes one, however they are read. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readSnapshot, settledFacts, unreadText } from '../../src/watch/text.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { holds } from '../support/property.ts';
import { BOOTED, failedRun, goodRun, marker, OTHER_ID, OTHER_NONCE, READING, verdictOf } from './boxes.ts';

const KERNEL = '[    0.000000] Linux version 6.1.115';
const PANIC = '[   12.345678] Kernel panic - not syncing: Fatal exception';
const CLOUD_INIT = 'util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]';

type End = 'ok' | 'failed' | 'cut off' | 'interrupted' | 'panic' | 'cloud-init';

/** One run of the bootstrapper: how it ends, and by what clock it goes. */
interface Run {
  readonly end: End;
  readonly epoch: number;
  /** Whether a kernel start is shown before it. */
  readonly shown: boolean;
}

const linesOf = ({ end, epoch, shown }: Run, index: number): string[] => {
  const who = { run: `0000000${index}`, epoch };
  const good = goodRun(who);
  const last = marker(7, 'interrupted init', who);
  const body: Record<End, string[]> = {
    ok: good,
    failed: failedRun(who),
    'cut off': good.slice(0, 6),
    interrupted: [...good.slice(0, 6), last],
    panic: [...good, PANIC],
    'cloud-init': [...good, CLOUD_INIT],
  };
  return [...(shown ? [KERNEL] : []), ...body[end]];
};

const ends: fc.Arbitrary<End> = fc.constantFrom(
  'ok',
  'failed',
  'cut off',
  'interrupted',
  'panic',
  'cloud-init',
);
const runs = fc.array(
  fc.record({
    end: ends,
    epoch: fc.constantFrom(1, BOOTED - 3600, BOOTED, BOOTED + 3600),
    shown: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4, size: 'max' },
);

/** What stands between true lines and must change nothing, or at most leave the verdict open. */
const foreign = [
  ...goodRun({ run: '00000009', epoch: BOOTED + 9000, id: OTHER_ID }),
  ...goodRun({ run: '00000009', epoch: BOOTED + 9000, nonce: OTHER_NONCE }),
  ...failedRun({ run: '00000009', launch: 'web-2' }),
  ...[9, 25, 40].map((length) => (goodRun({ run: '00000000' })[7] ?? '').slice(0, length)),
  'rolecall[init]: Kernel panic - not syncing, says a script',
  'ip-10-0-0-1 login: ',
  '\u001b[0;32m[  OK  ]\u001b[0m Started Session c1 of User root.',
];
const torn = marker(1, 'begin personality 1.2.3', { run: '00000008' }).slice(0, 40);
const between = fc.array(fc.constantFrom(...foreign, torn), { maxLength: 3 });

/** Where the console is read, in characters; how far some readings go back, and whether EC2 gives them late. */
const looks = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.nat(4)), { maxLength: 12, size: 'max' });

function read(text: string, plan: readonly (readonly [number, number])[]): Verdict {
  let at = 0;
  const ends = plan.map(([by]) => {
    at = Math.min(text.length, at + by);
    return at;
  });
  const snapshots = ends.flatMap((end, i) => {
    const back = plan[i]?.[1] ?? 0;
    const stale = ends[Math.max(0, i - back)] ?? end;
    const newest = { text: text.slice(0, end), takenAt: end };
    return back === 0 ? [newest] : [newest, { text: text.slice(0, stale), takenAt: stale }];
  });
  const last = { text, takenAt: text.length };
  const state = [...snapshots, last].reduce((now, one) => readSnapshot(now, one, READING), unreadText());
  return verdictOf(settledFacts(state, READING));
}

test('only a last run that is a success makes one; clocks, torn pieces and foreign markers change nothing', () => {
  holds(
    fc.property(runs, fc.array(between, { minLength: 5, maxLength: 5 }), looks, (all, others, plan) => {
      const lines = all.flatMap((run, index) => [...(others[index] ?? []), ...linesOf(run, index)]);
      const tail = others[4] ?? [];
      const text = [...lines, ...tail].map((line) => `${line}\r\n`).join('');
      const { outcome } = read(text, plan);
      const { end = 'ok' } = all.at(-1) ?? {};
      const open = tail.includes(torn);
      if (end === 'ok') expect(outcome).toBe(open ? 'silent' : 'succeeded');
      else if (end === 'cut off' || end === 'interrupted') expect(outcome).toBe('silent');
      else expect(outcome).toBe('failed');
    }),
    { numRuns: 6_000 },
  );
});

test('text that is lost never makes a success of a last run that told something else', () => {
  holds(
    fc.property(runs, fc.integer({ min: 300, max: 3000 }), fc.nat(3), (all, step, back) => {
      const text = all
        .flatMap(linesOf)
        .map((line) => `${line}\r\n`)
        .join('');
      const ring = 1_000;
      const at = Array.from({ length: Math.ceil(text.length / step) }, (_, i) =>
        Math.min(text.length, step * (i + 1)),
      );
      const ringAt = (end: number) => ({
        text: Buffer.from(text.slice(0, end)).subarray(-ring).toString(),
        takenAt: end,
      });
      const order = at.flatMap((end, i) => (i % 2 === 1 ? [end, at[Math.max(0, i - back)] ?? end] : [end]));
      const state = [...order, text.length]
        .map(ringAt)
        .reduce((now, one) => readSnapshot(now, one, READING), unreadText(ring));
      const { outcome } = verdictOf(settledFacts(state, READING));
      const { end } = all.at(-1) ?? {};
      // The last reading shows the console's end, and so how the last run ended.
      if (end !== 'ok') expect(outcome).not.toBe('succeeded');
    }),
    {
      numRuns: 3_000,
      // The first and the last boot end with the same line of the kernel.
      examples: [
        [
          [
            { end: 'panic', epoch: BOOTED, shown: false },
            { end: 'ok', epoch: 1, shown: false },
            { end: 'ok', epoch: BOOTED - 3600, shown: false },
            { end: 'panic', epoch: BOOTED, shown: false },
          ],
          1653,
          0,
        ],
      ],
    },
  );
});
