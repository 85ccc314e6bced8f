/** Runs and boots: which run decides, and what belongs to it. */
import { describe, expect, test } from '@jest/globals';
import { judge } from '../../src/watch/judge.ts';
import { type Situation, silent } from '../../src/watch/silence.ts';
import { readSnapshot, settledFacts, unreadText } from '../../src/watch/text.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import {
  BOOTED,
  factsOf,
  failedRun,
  goodRun,
  LAUNCH,
  LAUNCHED_AT,
  marker,
  OTHER_ID,
  OTHER_NONCE,
  READING,
  text,
  verdictOf,
} from './boxes.ts';

const IN_VAIN: Situation = {
  described: true,
  running: true,
  impaired: false,
  postedOnly: false,
  waitedMs: 60_000,
  now: LAUNCHED_AT + 60_000,
  unproved: [],
};

const verdict = (lines: readonly string[]): Verdict => verdictOf(factsOf([text(lines)]));
const outcome = (lines: readonly string[]) => verdict(lines).outcome;
const kind = (lines: readonly string[], reading = READING) =>
  judge(factsOf([text(lines)], reading), { launchedAt: LAUNCHED_AT, now: LAUNCHED_AT + 60_000 }).kind;
const notes = (found: Verdict) => ('notes' in found ? found.notes : undefined);

const one = { run: '00000001', epoch: BOOTED };
const two = { run: '00000002', epoch: BOOTED + 100 };
const KERNEL = '[    0.000000] Linux version 6.1.115 (admin@build) #1 SMP';
const CLOUD_INIT =
  '[   22.0] cloud-init[900]: util.py[WARNING]: Failed running /var/lib/cloud/scripts/per-boot/rolecall';
const PANIC = '[   12.345678] Kernel panic - not syncing: Fatal exception in interrupt';

describe('runs are ordered by where they begin, whatever the clocks say', () => {
  test.each([
    ['an hour behind', -3600],
    ['at the beginning of time', -BOOTED],
    ['at the same moment', 0],
    ['an hour ahead', 3600],
  ])('an ok, a reboot, and a failed run whose clock is %s: failed', (_, by) => {
    const later = { ...two, epoch: BOOTED + by };
    expect(outcome([...goodRun(one), KERNEL, ...failedRun(later)])).toBe('failed');
    expect(outcome([...failedRun(one), KERNEL, ...goodRun(later)])).toBe('succeeded');
    expect(outcome([...goodRun(one), KERNEL, ...goodRun(later, 3)])).toBe('silent');
  });

  const read = (snapshots: readonly { lines: readonly string[]; takenAt: number }[], ring?: number) => {
    const state = snapshots.reduce(
      (now, { lines, takenAt }) => readSnapshot(now, { text: text(lines), takenAt }, READING),
      unreadText(ring),
    );
    return verdictOf(settledFacts(state, READING)).outcome;
  };

  test('text that is stitched in as older starts no later run', () => {
    const newer = { lines: failedRun(two), takenAt: 2_000 };
    const older = { lines: goodRun({ ...one, epoch: BOOTED + 900 }), takenAt: 1_000 };
    expect(read([newer, older])).toBe('failed');
    expect(read([older, newer])).toBe('failed');
  });

  test('a longer reading of the same console that came late starts none either', () => {
    const first = [...goodRun(one), ...Array.from({ length: 9 }, (_, i) => `[ ${i}.5] filler ${i * 31}`)];
    const tail = { lines: first.slice(10), takenAt: 2_000 };
    const whole = { lines: first, takenAt: 1_000 };
    const later = { lines: [...first.slice(10), ...failedRun({ ...two, epoch: 1 })], takenAt: 3_000 };
    expect(read([tail, later, whole], 200)).toBe('failed');
  });

  test('across a gap a later reading is later', () => {
    const [early, late] = [
      { lines: goodRun(two), takenAt: 1_000 },
      { lines: failedRun({ ...one, epoch: 1 }), takenAt: 2_000 },
    ];
    expect(read([early, late])).toBe('failed');
  });
});

describe('a marker torn behind an ok', () => {
  const next = marker(1, 'begin personality 1.2.3', { run: '00000003', epoch: 5 });
  const cut = (length: number) => next.slice(0, length);

  test.each([
    ['behind its RUN', cut(28)],
    ['at the end of its RUN', cut(`<<rc2 ${LAUNCH} 00000003`.length)],
    ['before its >>', next.slice(0, -2)],
    ['in a line with a prefix', `[   24.1] cloud-init[1]: ${cut(40)}`],
    ['with an escape inside', cut(40).replace('<<', '<\u001b[1m<')],
    ['glued to the ok again', `${cut(40)}${goodRun(one)[7]}`],
  ])('%s opens the verdict again, and never fails it', (_, torn) => {
    expect(kind([...goodRun(one), torn])).toBe('open');
    expect(verdict([...goodRun(one), torn]).outcome).toBe('silent');
    // What follows decides.
    expect(outcome([...goodRun(one), torn, ...failedRun({ ...two, run: '00000003' })])).toBe('failed');
    expect(outcome([...goodRun(one), torn, ...goodRun({ ...two, run: '00000003' })])).toBe('succeeded');
  });

  test.each([
    ['of the same run', goodRun(one)[3]?.slice(0, 40) ?? ''],
    ['of another launch', cut(40).replace(LAUNCH, 'web-2')],
    ['within its RUN', cut(24)],
    ['of a whole marker with a wrong MAC', marker(1, 'begin personality 1', { ...two, nonce: OTHER_NONCE })],
    ["of a sibling's whole marker", marker(8, 'verdict failed init 1 1', { ...two, id: OTHER_ID })],
  ])('%s changes nothing', (_, line) => {
    expect(kind([...goodRun(one), line])).toBe('decided');
    expect(outcome([...goodRun(one), line])).toBe('succeeded');
  });

  test('before the ok is of an earlier run', () => {
    expect(outcome([cut(40), KERNEL, ...goodRun(one)])).toBe('succeeded');
  });
});

describe('what belongs to the first boot does not fail a good second one', () => {
  const second = [KERNEL, ...goodRun(two)];

  test.each([
    [
      'a warning of cloud-init',
      [...goodRun(one, 6), `${CLOUD_INIT} [-15]`, 'systemd-shutdown[1]: Rebooting.'],
    ],
    [
      'its other words',
      [...goodRun(one, 6), 'Failed to run module scripts-user (scripts in /var/lib/cloud)'],
    ],
    ['one without any marker', [`${CLOUD_INIT} [1]`]],
    ['a panic', [...goodRun(one), PANIC]],
    ['a failed run', failedRun(one)],
  ])('%s', (_, first) => {
    expect(outcome([...first, ...second])).toBe('succeeded');
  });

  test('but its own does', () => {
    expect(verdict([...second, CLOUD_INIT])).toMatchObject({ failure: { step: 'cloud-init' } });
    expect(verdict([KERNEL, CLOUD_INIT, ...goodRun(two)])).toMatchObject({ failure: { step: 'cloud-init' } });
  });

  test("nor do a pattern's matches and people's lines", () => {
    const patterns = { ...READING, success: /^Finished /, failure: /^ERROR / };
    const boot = (lines: readonly string[]) => verdictOf(factsOf([text(lines)], patterns));
    const good = [KERNEL, 'Starting', 'Finished bootstrapping'];
    expect(boot([`${CLOUD_INIT} [-15]`, ...good]).outcome).toBe('succeeded');
    expect(boot(['ERROR no disk', ...good]).outcome).toBe('succeeded');
    expect(boot(['Finished', KERNEL, 'ERROR no disk']).outcome).toBe('failed');
    expect(boot(['Finished bootstrapping', KERNEL])).toMatchObject({
      outcome: 'succeeded',
      notes: ['rebooted since'],
    });
  });

  test('an echo of the kernel in the middle of a run is no boot', () => {
    const lines = [...goodRun(one, 6), CLOUD_INIT, KERNEL, ...goodRun(one).slice(6)];
    expect(verdict(lines)).toMatchObject({ outcome: 'failed', failure: { step: 'cloud-init' } });
    expect(notes(verdict([...goodRun(one, 6), KERNEL, ...goodRun(one).slice(6)]))).toBeUndefined();
  });
});

describe('a reboot in the middle of a run', () => {
  const interrupted = [...goodRun(one, 6), marker(7, 'interrupted init', { ...one, epoch: BOOTED + 6 })];

  test('is no verdict: the next run decides, and the report tells', () => {
    expect(kind(interrupted)).toBe('open');
    expect(verdict([...interrupted, KERNEL, ...goodRun(two)])).toMatchObject({
      outcome: 'succeeded',
      notes: ['rebooted during init'],
    });
    expect(verdict([...interrupted, ...failedRun(two)])).toMatchObject({
      outcome: 'failed',
      notes: ['rebooted during init'],
    });
    expect(notes(verdict([...goodRun(one, 6), KERNEL, ...goodRun(two)]))).toEqual(['rebooted during init']);
  });

  test.each([
    ['its marker', interrupted],
    ['the kernel', [...goodRun(one, 6), KERNEL]],
    ['SIGTERM', [...goodRun(one, 6), `${CLOUD_INIT} [-15]`]],
  ])('what cloud-init says of the scripts that it ended dooms nothing: told by %s', (_, lines) => {
    const words = lines.flatMap((line) => (line === KERNEL ? [CLOUD_INIT, line] : [line]));
    expect(['open', 'waiting']).toContain(kind([...words, ...(lines === interrupted ? [CLOUD_INIT] : [])]));
  });

  test('a bad end stays one', () => {
    const bad = [...goodRun(one, 6), marker(7, 'end init 1 900', one), marker(8, 'interrupted init', one)];
    expect(outcome([...bad, KERNEL])).toBe('failed');
  });

  test('a kernel start behind a verdict is told', () => {
    expect(notes(verdict([...goodRun(one), KERNEL]))).toEqual(['rebooted since']);
    expect(notes(verdict([...failedRun(one), `ip-10-0-0-1 login: ${KERNEL}`]))).toEqual(['rebooted since']);
    expect(notes(verdict([KERNEL, ...goodRun(one)]))).toBeUndefined();
    expect(notes(verdict([...goodRun(one), `rolecall[init]| ${KERNEL}`]))).toBeUndefined();
  });
});

test.each([
  ['alone', '[   24.1] cloud-init[1120]: '],
  ['without its space', '[   24.1] cloud-init[1120]:'],
  ['behind a login prompt', 'ip-10-0-0-1 login: [   24.1] cloud-init[1120]: '],
  ['in colour', '\u001b[32m[   24.1] cloud-init[1120]: \u001b[0m'],
])('a blank line that cloud-init repeats is none of the last lines: %s', (_, line) => {
  expect(factsOf([text(['one', line, 'two'])]).tail).toEqual(['one', 'two']);
});

describe('a kernel panic', () => {
  test.each([
    ['behind the ok', [...goodRun(one), PANIC]],
    ['behind a login prompt', [...goodRun(one), `ip-10-0-0-1 login: ${PANIC}`]],
    ['with the thread that the kernel names', [...goodRun(one), PANIC.replace('] ', '][    T1] ')]],
    ['between copies of the ok', [...goodRun(one), PANIC, goodRun(one)[7] ?? '']],
    ['and the reboot that it brings', [...goodRun(one), PANIC, KERNEL]],
    ['in colour', [...goodRun(one), `\u001b[31m${PANIC}\u001b[0m`]],
    [
      'behind an old line that is printed again',
      [...goodRun(two, 2), KERNEL, ...goodRun(one), goodRun(two)[4] ?? '', PANIC],
    ],
  ])('%s fails the machine', (_, lines) => {
    expect(verdict(lines)).toMatchObject({
      outcome: 'failed',
      failure: {
        step: 'kernel',
        error: expect.stringContaining('Kernel panic'),
        reason: expect.any(String),
      },
    });
  });

  test.each([
    [
      'that a script prints',
      [...goodRun(one), '[   24.1] cloud-init[1120]: Kernel panic - not syncing: a drill'],
    ],
    ['without a time stamp', [...goodRun(one), 'Kernel panic - not syncing: a drill']],
    ['of a dmesg that a script prints', [...goodRun(one), `rolecall[init]| ${PANIC}`]],
    ['that the run survives', [...goodRun(one, 6), PANIC, ...goodRun(one).slice(6)]],
    ['of an earlier boot', [PANIC, KERNEL, ...goodRun(one)]],
    ['of an earlier run', [...goodRun(two), PANIC, KERNEL, ...goodRun(one)]],
  ])('%s does not', (_, lines) => {
    expect(outcome(lines)).toBe('succeeded');
  });

  test.each([
    ['in the middle of a run', [...goodRun(one, 4), PANIC], /^the kernel panicked: .*Kernel panic/],
    ['before the first marker', [PANIC], /^the kernel panicked: .*Kernel panic/],
    ['of the second boot', [...goodRun(one, 4), KERNEL, PANIC], /^rebooted during personality/],
  ])('%s is no failure: the next run or the timeout decides', (_, lines, reason) => {
    expect(kind(lines)).toBe('open');
    expect(silent(factsOf([text(lines)]), unreadText(), READING, IN_VAIN)).toMatchObject({
      reason: expect.stringMatching(reason),
    });
    expect(outcome([...lines, KERNEL, ...goodRun(two)])).toBe('succeeded');
  });

  test('behind the success that a pattern tells fails it, too', () => {
    const patterns = { ...READING, success: /^Ready$/ };
    expect(verdictOf(factsOf([text(['Ready', PANIC])], patterns))).toMatchObject({
      failure: { step: 'kernel' },
    });
    expect(verdictOf(factsOf([text([PANIC, KERNEL, 'Ready'])], patterns)).outcome).toBe('succeeded');
  });
});
