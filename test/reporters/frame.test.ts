import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boardFrame } from '../../src/reporters/frame.ts';
import { painter, plain } from '../../src/terminal/paint.ts';
import { unpainted, widthOf } from '../../src/text.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { anyCharacter, holds } from '../support/property.ts';
import {
  type AnyEvent,
  begin,
  boot,
  expectGolden,
  FAILED,
  fold,
  LOST,
  SILENT,
  START,
  SUCCEEDED,
} from './support.ts';

const TITLE = { title: 'launching memcached prod/b', paint: plain };
const frame = (events: readonly AnyEvent[], columns: number, rows = 23) =>
  `${boardFrame(fold(events), START + 12_300, { columns, rows }, TITLE).join('\n')}\n`;

/** Machines at every stage: judged, in a step, booting, pending. */
const MIDWAY: AnyEvent[] = [
  ...begin(7, 6),
  ...boot(0, SUCCEEDED),
  ...boot(1, FAILED),
  ...boot(2, SILENT).slice(0, -1),
  ...boot(3, SUCCEEDED).slice(0, 1),
  ...boot(5, LOST),
];

describe('the board', () => {
  test.each([40, 80])('in %i columns', (columns) => {
    expectGolden(`board-${columns}.txt`, frame(MIDWAY, columns - 1));
  });

  test('before AWS has answered', () => {
    expect(frame(begin(2).slice(0, 2), 79)).toBe(
      'launching memcached prod/b: asking for 2 machines, elapsed 12 s\n',
    );
  });

  test('before there is anything to count', () => {
    expect(frame([], 79)).toBe('launching memcached prod/b: connecting, elapsed 0 s\n');
    expect(frame(begin(2).slice(0, 1), 79)).toBe(
      'launching memcached prod/b: 2 machines to come, elapsed 12 s\n',
    );
  });

  test('tells how long EC2’s pace makes a large launch wait, while it does', () => {
    const [started, , launched] = begin(10_000, 1_000);
    const asked = (at: number, etaMs?: number): AnyEvent => ({
      type: 'batch-requested',
      at,
      batch: 2,
      count: 100,
      repeat: false,
      ...(etaMs !== undefined && { etaMs }),
    });
    const events = [started, launched].flatMap((event) => event ?? []);
    const line = 'asking EC2: 1,000 of 10,000, about 75 min to go (EC2 gives 2 machines a second)';
    const at = (etaMs?: number) => frame([...events, asked(START + 12_300, etaMs)], 99, 5).split('\n')[1];
    expect(at(4_500_000)).toBe(`  ${line}`);
    expect(at(4_999)).not.toContain('to go');
    expect(at()).not.toContain('to go');
    expect(at(50_000)).toContain('about 50 s to go');
    expect(at(7_200_000)).toContain('about 2 h to go');
    const refused = begin(10_000, 1_000).filter(({ type }) => type === 'batch-refused');
    expect(frame([...events, asked(START, 4_500_000), ...refused], 99, 5)).not.toContain('to go');
  });

  test('of a fleet tells which wave is at work, and how many machines are proved', () => {
    const seen: AnyEvent = { type: 'fleet-seen', at: START, members: [], strangers: 0, target: 20 };
    const wave = (number: number, size: number, canary: boolean): AnyEvent => ({
      ...{ type: 'wave-started', at: START, wave: number, size, left: 20, canary },
    });
    const canary = [seen, wave(1, 1, true), ...begin(1)];
    expect(frame(canary, 99).split('\n')[0]).toBe(
      'launching memcached prod/b: canary, 0 of 20 machines proved, elapsed 12 s',
    );
    const second = [...canary, ...boot(0, SUCCEEDED), wave(2, 5, false)];
    expect(frame(second, 99).split('\n')[0]).toBe(
      'launching memcached prod/b: wave 2 (5 machines), 1 of 20 machines proved, elapsed 12 s',
    );
    expect(frame(second, 39).split('\n').slice(0, 3)).toEqual([
      'launching memcached prod/b',
      '  wave 2 (5 machines),',
      '  1 of 20 machines proved, elapsed 12 s',
    ]);
  });

  test('keeps to the window’s height: failures first, the rest counted', () => {
    const events = [
      ...begin(40),
      ...Array.from({ length: 30 }, (_, i) => boot(i, SUCCEEDED).slice(0, 4)).flat(),
    ];
    expectGolden('board-many.txt', frame([...events, ...boot(35, FAILED)], 79, 8));
  });

  test('shows the last notice below', () => {
    const notice: AnyEvent = { type: 'notice', at: START, text: 'AWS throttles: asking every 5 s' };
    expect(frame([...begin(1), notice], 79)).toMatch(/\n {2}AWS throttles: asking every 5 s\n$/);
  });

  test('never exceeds the window, whatever machines say', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: anyCharacter, maxLength: 200 }));
    const outcome = (reason: string): fc.Arbitrary<Verdict | undefined> =>
      fc.constantFrom(undefined, SUCCEEDED, FAILED, SILENT, { ...LOST, reason });
    const one = text.chain((said) => outcome(said).map((verdict) => ({ said, verdict })));
    holds(
      fc.property(
        fc.array(one, { maxLength: 12 }),
        fc.integer({ min: 20, max: 130 }),
        fc.integer({ min: 3, max: 15 }),
        (machines, columns, rows) => {
          const events = machines.flatMap(({ said, verdict }, index) => {
            const told = boot(index, verdict ?? SUCCEEDED);
            const spoken = told.map((event) => (event.type === 'said' ? { ...event, text: said } : event));
            return verdict === undefined ? spoken.slice(0, -1) : spoken;
          });
          const view = fold([
            ...begin(machines.length),
            ...events,
            { type: 'notice', at: START, text: 'x'.repeat(99) },
          ]);
          const lines = boardFrame(view, START, { columns, rows }, { ...TITLE, paint: painter(true) });
          expect(lines.length).toBeLessThanOrEqual(rows);
          lines.forEach((line, index) => {
            expect(widthOf(unpainted(line))).toBeLessThanOrEqual(columns - (index === 0 ? 2 : 0));
            expect(unpainted(line)).not.toMatch(/\p{Cc}/u);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
