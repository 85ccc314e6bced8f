import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConsoleSnapshot } from '../../src/aws/ports.ts';
import { type Piece, stitch, unread } from '../../src/watch/stitch.ts';
import { holds, runs } from '../support/property.ts';

const RING = 65_536;

/** Reads snapshots one after the other; gives the pieces, a gap shown as its name. */
function read(snapshots: readonly (string | ConsoleSnapshot)[], ring = RING): Piece[] {
  const pieces: Piece[] = [];
  let state = unread(ring);
  for (const snapshot of snapshots) {
    const next = stitch(state, typeof snapshot === 'string' ? { text: snapshot } : snapshot);
    state = next.state;
    if (next.piece !== undefined) pieces.push(next.piece);
  }
  return pieces;
}

const show = (pieces: readonly Piece[]) =>
  pieces.map(({ join, text }) => (join === 'continues' ? text : `<${join}>${text}`)).join('');

const lines = (from: number, to: number, word = 'line') =>
  Array.from(
    { length: to - from },
    (_, i) => `[${from + i}] ${word} ${(from + i) * 7919} of the console\r\n`,
  ).join('');

/** What the ring holds of a console, as EC2 gives it: the newest bytes, read as UTF-8. */
const ringOf = (console: string, ring = RING) => Buffer.from(console).subarray(-ring).toString();

test('a console that grows is told once, whatever is asked again', () => {
  const whole = lines(0, 50);
  const at = (end: number) => whole.slice(0, end);
  expect(show(read(['', at(10), at(10), at(700), at(700), '', whole]))).toBe(whole);
});

test('stale and shrunken snapshots tell nothing, in whatever mode they came', () => {
  const whole = lines(0, 90);
  const posted = whole.slice(0, 900);
  expect(show(read([whole.slice(0, 2000), posted, '', whole, posted, whole.slice(0, 1000)]))).toBe(whole);
});

test('a ring that moves on is joined by overlap', () => {
  const console = lines(0, 6000);
  expect(console.length).toBeGreaterThan(3 * RING);
  const ends = [40_000, 70_000, 70_100, 130_000, 190_000, 70_100, console.length];
  const snapshots = ends.map((end) => ringOf(console.slice(0, end)));
  expect(show(read(snapshots))).toBe(console);
});

test('a console that says the same again and again is told once', () => {
  const waiting = (times: number) => 'waiting for the disk\r\n'.repeat(times);
  const whole = `${waiting(100)}the disk is there\r\n`;
  expect(show(read([whole, `${waiting(50)}the disk is there\r\n`]))).toBe(whole);
  expect(show(read([waiting(60), whole]))).toBe(whole);
});

test('what an older snapshot has brought is not told again, far behind the newest text too', () => {
  const console = lines(0, 9000);
  const ring = 200_000;
  const [older, newer] = [console.slice(0, ring), console.slice(100_000, 300_000)];
  const pieces = read([newer, older, console.slice(60_000, 160_000)], ring);
  expect(pieces.map(({ join }) => join)).toEqual(['continues', 'older']);
});

test('a ring that overflowed between two looks is a gap', () => {
  const console = lines(0, 6000);
  const pieces = read([ringOf(console.slice(0, 60_000)), ringOf(console.slice(0, 200_000))]);
  expect(pieces.map(({ join, cutHead }) => ({ join, cutHead }))).toEqual([
    { join: 'continues', cutHead: false },
    { join: 'gap', cutHead: true },
  ]);
  expect(pieces[1]?.text).toBe(console.slice(200_000 - RING, 200_000));
});

test('a console that begins anew after a stop and start is a restart, and what was before it stays known', () => {
  const first = lines(0, 100, 'first boot');
  const second = lines(0, 80, 'second boot');
  const pieces = read([first, second.slice(0, 1000), first, second, first.slice(0, 500)]);
  expect(show(pieces)).toBe(`${first}<restarted>${second}`);
  expect(pieces.every(({ cutHead }) => !cutHead)).toBe(true);
});

test('an older snapshot that reaches back further is told as older, with the line in which both meet', () => {
  const console = lines(0, 4000);
  const [latest, posted] = [ringOf(console.slice(0, 100_010)), console.slice(0, 50_000)];
  const [first, older] = read([latest, posted]);
  expect(first).toMatchObject({ join: 'continues', cutHead: true });
  expect(older).toMatchObject({ join: 'older', cutHead: false });
  const start = 100_010 - RING;
  expect(older?.text).toBe(console.slice(0, console.indexOf('\r', start) + 1));
});

test('an older snapshot that meets nothing is told by its time', () => {
  const [early, late] = [lines(0, 20, 'early'), lines(500, 520, 'late')];
  const pieces = read([
    { text: late, takenAt: 2000 },
    { text: early, takenAt: 1000 },
    { text: late, takenAt: 2000 },
    { text: early, takenAt: 1000 },
  ]);
  expect(show(pieces)).toBe(`${late}<older>${early}`);
});

test('a character cut in the middle at either end of the ring is read whole', () => {
  const console = `${'日本語のログ €uro ✓\n'.repeat(30)}end\n`;
  const bytes = Buffer.from(console);
  const snapshots = Array.from({ length: bytes.length }, (_, i) =>
    bytes.subarray(Math.max(0, i + 1 - 200), i + 1).toString(),
  );
  const told = show(read(snapshots, 200));
  expect(told).not.toContain('\uFFFD');
  expect(new Set(told.split('\n'))).toEqual(new Set(console.split('\n')));
  expect(told.endsWith('✓\nend\n')).toBe(true);
});

describe('any console, cut into any snapshots that overlap', () => {
  const line = fc.nat({ max: 40 }).map((n) => `${'.'.repeat(n % 5)} line ${n} é\r\n`);
  const plan = fc.record({
    body: fc.array(line, { minLength: 1, maxLength: 60 }),
    steps: fc.array(
      fc.record({ by: fc.integer({ min: 0, max: 150 }), stale: fc.boolean(), back: fc.nat(20) }),
      {
        maxLength: 30,
      },
    ),
  });

  test('is told without a gap, with every distinct line and nothing else', () => {
    holds(
      fc.property(plan, ({ body, steps }) => {
        const console = body.map((entry, i) => `${i} ${entry}`).join('');
        const ends = [0];
        for (const { by } of steps) ends.push(Math.min(console.length, (ends.at(-1) ?? 0) + by));
        while ((ends.at(-1) ?? 0) < console.length)
          ends.push(Math.min(console.length, (ends.at(-1) ?? 0) + 150));
        const snapshots = ends.flatMap((end, i) => {
          const { stale = false, back = 0 } = steps[i] ?? {};
          const now = ringOf(console.slice(0, end), 400);
          return stale ? [now, ringOf(console.slice(0, ends[Math.max(0, i - back)]), 400)] : [now];
        });
        expect(show(read(snapshots, 400))).toBe(console);
      }),
      { numRuns: 3000 },
    );
  });
});

test('a thousand full snapshots of a hostile console are read in linear work', () => {
  // Text that repeats itself is the worst case of naive matching: 65,536 x 65,536 comparisons a snapshot.
  const dots = '.'.repeat(RING - 1);
  let state = unread();
  let told = 0;
  for (let i = 0; i < runs(1000); i += 1) {
    const next = stitch(state, {
      text: `${i % 2 === 0 ? '' : '.'.repeat(i % 7)}${dots.slice(i % 7)}${i % 3}`,
    });
    state = next.state;
    told += next.piece?.text.length ?? 0;
  }
  expect(told).toBeGreaterThan(0);
  expect(state.known.length).toBeLessThanOrEqual(4 * RING);
}, 120_000);

describe('what is known begins with the lines that another snapshot ends with', () => {
  const panic = '[   12.345678] Kernel panic - not syncing: Fatal exception\r\n';
  const ring = 1_000;
  const known = ringOf(`${lines(0, 9)}${panic}${lines(9, 27)}`, ring);
  const other = ringOf(`${lines(70, 99, 'boot')}${panic}`, ring);
  const start = known.slice(known.indexOf(panic));

  test.each([
    ['later: the same lines of another boot, behind what is known', 2000, 'gap'],
    ['earlier: what stood before', 500, 'older'],
    ['at the same time: what stood before', 1000, 'older'],
    ['at a time that EC2 does not tell: what stood before', undefined, 'older'],
  ])('taken %s', (_what, takenAt, join) => {
    const text = ringOf(start, ring).padEnd(ring - 10, 'x');
    const newer = { text: other, ...(takenAt !== undefined && { takenAt }) };
    const pieces = read([{ text, takenAt: 1000 }, newer], ring);
    expect(pieces.map((piece) => piece.join)).toEqual(['continues', join]);
  });
});
