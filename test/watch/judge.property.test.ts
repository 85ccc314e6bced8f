/** 120,000 random consoles: however they are read, the verdict is that of the whole; and lies never make a success. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Verdict } from '../../src/watch/verdict.ts';
import { holds } from '../support/property.ts';
import { BOOTED, factsOf, failedRun, goodRun, marker, OTHER_NONCE, READING, verdictOf } from './boxes.ts';

const RING = 700;
const first = { run: '00000001', epoch: BOOTED };
const second = { run: '00000002', epoch: BOOTED + 50 };

const noise = [
  '[    0.000000] Linux version 6.1.0',
  '\u001b[0;32m[  OK  ]\u001b[0m Started Session c1 of User root.',
  'ip-10-0-0-1 login: ',
  '',
  "cloud-init[1]: __init__.py[WARNING]: Unhandled non-multipart userdata: 'b'role=x'",
  'rolecall[init]: running /etc/rolecall/init/b/prod/bootstrapper.sh',
  'rolecall[init]| service: error: no such unit',
  'not Ready.',
  'Prüfung … ✓ 日本語',
];
const cloudInit = 'util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]';
const anonymous = '<<rc2 - 0badf00d 2 1763762349 verdict failed metadata 7 12 ->>';
const okOf = (who: typeof first) => goodRun(who)[7] ?? '';

/** Fragments that could not make a success however they are put together. */
const lies = [
  ...goodRun({ ...first, launch: 'web-2' }),
  ...goodRun({ ...second, nonce: OTHER_NONCE }),
  '<<rc2 - 00000001 8 1763762349 verdict ok init 0 12 ->>',
  okOf(first).replace(/[0-9a-f]{16}>>/, '->>'),
  okOf(second).replace('verdict ok init', 'verdict ok exit'),
  (failedRun(first)[11] ?? '').replace('failed init 2', 'ok init 0'),
  marker(8, 'verdict ok init 1 1', first),
  // Torn: what is left of one never completes what is left of another.
  ...[1, 5, 20, 33].map((length) => okOf(first).slice(0, length)),
  ...[12, 9, 3].map((length) => okOf(first).slice(-length)),
  // Two writers at once, character by character.
  [...okOf(first)].map((character, i) => character + (okOf(second)[i] ?? '')).join(''),
  [...okOf(first)].map((character, i) => (i % 10 === 9 ? `${character}[  OK  ] ` : character)).join(''),
  okOf(first).replace('verdict', 'ver\r\ndict'),
];

const pick = (from: readonly string[]) => fc.nat(from.length - 1).map((i) => from[i] ?? '');
const glue = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '', ' ');

/** A console of such lines, some of them glued together. */
const consoleOf = (from: readonly string[], maxLength: number) =>
  fc.array(fc.tuple(pick(from), glue), { maxLength, size: 'max' });
const joined = (parts: readonly (readonly [string, string])[]) =>
  parts.map(([line, end]) => line + end).join('');

/** Where the console is looked at: steps in characters, and how far some stale looks go back. */
const looks = fc.array(fc.tuple(fc.integer({ min: 1, max: 150 }), fc.nat(9)), { maxLength: 12, size: 'max' });

const ringOf = (text: string) => Buffer.from(text).subarray(-RING).toString();

/** Snapshots as EC2 would give them, repeats and stale ones among them; the last one is of the console's end. */
function snapshotsOf(text: string, plan: readonly (readonly [number, number])[], step = 150): string[] {
  const ends: number[] = [];
  const snapshots: string[] = [];
  for (let at = 0, i = 0; ; i += 1) {
    const [by, back] = plan[i] ?? [step, 0];
    at = Math.min(text.length, at + by);
    ends.push(at);
    snapshots.push(ringOf(text.slice(0, at)));
    if (back > 0) snapshots.push(ringOf(text.slice(0, ends[Math.max(0, i - back)])));
    if (at === text.length) return snapshots;
  }
}

const essence = (verdict: Verdict) => ({
  outcome: verdict.outcome,
  steps: verdict.steps,
  ...(verdict.outcome === 'failed' && { step: verdict.failure.step, status: verdict.failure.status }),
});
const patterns = { ...READING, success: /^Ready\.$/, failure: /^Oops/ };
const runs = [...goodRun(first), ...goodRun(second), ...failedRun(first), ...failedRun(second)];
const anything = [...runs, ...noise, ...lies, cloudInit, anonymous, 'Ready.', 'Oops: no disk'];

test('any way to read a console gives the verdict of the whole, to the last line of its excerpt', () => {
  holds(
    fc.property(consoleOf(anything, 24), looks, (parts, plan) => {
      // Numbered lines, as the kernel's timestamps number them: no two are the same.
      const text = parts.map(([line, end], i) => `[${i}] ${line}${end}`).join('');
      expect(verdictOf(factsOf(snapshotsOf(text, plan), patterns, RING))).toEqual(
        verdictOf(factsOf([text], patterns)),
      );
    }),
    { numRuns: 20_000 },
  );
});

test('nor do consoles that repeat themselves change it', () => {
  holds(
    fc.property(consoleOf(anything, 16), looks, (parts, plan) => {
      const text = joined(parts);
      const found = verdictOf(factsOf(snapshotsOf(text, plan), patterns, RING));
      expect(essence(found)).toEqual(essence(verdictOf(factsOf([text], patterns))));
    }),
    { numRuns: 20_000 },
  );
});

const withoutOk = runs.filter((line) => !line.includes('verdict ok'));

test('torn, interleaved, replayed and forged markers never make a success, beside true ones or alone', () => {
  holds(
    fc.property(
      consoleOf([...lies, ...withoutOk, ...noise, anonymous], 20),
      looks,
      fc.boolean(),
      (parts, plan, cut) => {
        const snapshots = cut ? snapshotsOf(joined(parts), plan, 1500) : [joined(parts)];
        expect(verdictOf(factsOf(snapshots, READING, RING)).outcome).not.toBe('succeeded');
      },
    ),
    { numRuns: 50_000 },
  );
});

test('an ok with any one character changed, lost or added is none', () => {
  const whole = okOf(first);
  const change = fc.tuple(
    fc.nat(whole.length - 1),
    fc.constantFrom('set', 'cut', 'add'),
    fc.string({ minLength: 1, maxLength: 1 }),
  );
  holds(
    fc.property(change, ([at, how, character]) => {
      const before = whole.slice(0, how === 'cut' ? at : at + (how === 'add' ? 1 : 0));
      const changed = before + (how === 'cut' ? '' : character) + whole.slice(at + 1);
      const harmless = changed.includes(whole);
      expect(verdictOf(factsOf([`${changed}\r\n`])).outcome).toBe(harmless ? 'succeeded' : 'silent');
    }),
    { numRuns: 10_000 },
  );
});

test('in whatever order they come, one bad marker of the current run beats every ok', () => {
  const lines = [...failedRun(second), okOf(second), ...goodRun(second), ...noise];
  const bad = lines.filter((line) => /end init 2|verdict failed/.test(line));
  expect(bad).toHaveLength(2);
  holds(
    fc.property(fc.shuffledSubarray(lines, { minLength: 3 }), fc.nat(1), fc.nat(), (subset, which, where) => {
      const culprit = bad[which] ?? '';
      const at = where % (subset.length + 1);
      const text = [...subset.slice(0, at), culprit, ...subset.slice(at)].join('\r\n');
      expect(verdictOf(factsOf([`${text}\r\n`])).outcome).toBe('failed');
    }),
    { numRuns: 10_000 },
  );
});

test('text that is lost can make a run silent, and never turns its verdict round', () => {
  holds(
    fc.property(
      fc.boolean(),
      consoleOf(noise, 40),
      looks,
      fc.integer({ min: 100, max: 4000 }),
      (good, parts, plan, step) => {
        const run = good ? goodRun(first) : failedRun(first);
        const text = joined(parts.flatMap((part, i) => [part, [run[i] ?? '', '\r\n'] as const]));
        const { outcome } = verdictOf(factsOf(snapshotsOf(text, plan.slice(0, 3), step), READING, RING));
        expect([good ? 'succeeded' : 'failed', 'silent']).toContain(outcome);
      },
    ),
    { numRuns: 10_000 },
  );
});
