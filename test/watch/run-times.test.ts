import { describe, expect, test } from '@jest/globals';
import { readSnapshot, settledFacts, unreadText } from '../../src/watch/text.ts';
import type { RunTimes } from '../../src/watch/verdict.ts';
import { BOOTED, factsOf, goodRun, LAUNCHED_AT, marker, READING, text, verdictOf } from './boxes.ts';
import { World } from './world.ts';

const timesOf = (lines: readonly string[]): RunTimes | undefined => verdictOf(factsOf([text(lines)])).times;
/** Milliseconds from BOOTED. */
const since = (at: number | undefined) => (at === undefined ? undefined : at - BOOTED * 1000);
const kernelOf = (lines: readonly string[]) => since(timesOf(lines)?.kernelAt);

const cloudInit = (stage: string, secondsSinceBooted: number, up: string): string =>
  `[   ${up}0000] cloud-init[301]: Cloud-init v. 22.4.2 ${stage} at ${new Date(
    (BOOTED + secondsSinceBooted) * 1000,
  )
    .toUTCString()
    .replace(
      'GMT',
      '+0000',
    )}.${stage === 'finished' ? ' Datasource DataSourceEc2Local.  Up' : ' Up'} ${up} seconds${stage === 'finished' ? '' : '.'}`;
const LINUX = '[    0.000000] Linux version 6.1.0-18-cloud-amd64 (debian-kernel@lists.debian.org)';

describe('the times of the run that gave the verdict', () => {
  test('begin, steps and verdict are those of its markers', () => {
    const times = timesOf(goodRun());
    expect(since(times?.beginAt)).toBe(1000);
    expect(times?.steps.map(({ startAt, ...step }) => ({ ...step, at: since(startAt) }))).toEqual([
      { name: 'metadata', status: 0, ms: 31, at: 3000 - 31 },
      { name: 'personality', status: 0, ms: 4, at: 5000 - 4 },
      { name: 'init', status: 0, ms: 1200, at: 7000 - 1200 },
    ]);
    expect(since(times?.verdictAt)).toBe(8000);
  });

  test('where the console has lost the begin, the verdict tells it', () => {
    const times = timesOf(goodRun().slice(-1));
    expect({ begin: since(times?.beginAt), steps: times?.steps }).toEqual({ begin: 8000 - 1300, steps: [] });
  });

  test('a silent machine has those of the steps that it has ended', async () => {
    const world = new World();
    world.boot(goodRun({ epoch: LAUNCHED_AT / 1000 }, 6));
    const [times] = (await world.watch()).flatMap((event) =>
      event.type === 'verdict' && event.verdict.outcome === 'silent' ? [event.verdict.times] : [],
    );
    expect(times).toMatchObject({
      beginAt: LAUNCHED_AT,
      steps: [{ name: 'metadata' }, { name: 'personality' }],
    });
    expect(times?.verdictAt).toBeUndefined();
  });

  test('no marker, no times', () => {
    expect(timesOf(['login: '])).toBeUndefined();
  });

  test('an earlier run tells none of them', () => {
    const again = goodRun({ run: 'bbbbbbbb', epoch: BOOTED + 100 });
    expect(since(timesOf([...goodRun(), LINUX, ...again])?.beginAt)).toBe(100_000);
  });

  test('of a clock that is ahead of EC2’s none is believed', () => {
    const take = (takenAt: number) => {
      const read = readSnapshot(unreadText(), { text: text(goodRun()), takenAt }, READING);
      return verdictOf(settledFacts(read, READING)).times;
    };
    expect(take((BOOTED + 8) * 1000 - 1999)?.beginAt).toBe((BOOTED + 1) * 1000);
    expect(take((BOOTED + 8) * 1000 - 2001)).toEqual({ steps: [] });
  });
});

describe('the start of the kernel', () => {
  test('is not told by a console without time stamps', () => {
    expect(kernelOf([LINUX, ...goodRun()])).toBeUndefined();
  });

  test('is told by the kernel’s time stamp before a marker; the quickest line counts', () => {
    const stamped = goodRun().map(
      (line, i) => `[   ${(14.5 + i + (i === 3 ? 0 : 0.4)).toFixed(6)}] cloud-init[1120]: ${line}`,
    );
    expect(kernelOf(stamped)).toBeCloseTo(4000 - 17_500, -2);
  });

  test('is told by a marker behind a login prompt', () => {
    const [begin = '', ...rest] = goodRun();
    expect(kernelOf([`ip-10-0-0-1 login: [   21.700000] cloud-init[1618]: ${begin}`, ...rest])).toBe(
      1000 - 21_700,
    );
  });

  test('is told by the date and the running time in cloud-init’s lines', () => {
    expect(kernelOf([cloudInit("running 'init-local'", -9, '4.21'), ...goodRun()])).toBe(-9000 - 4210);
    expect(kernelOf([...goodRun(), cloudInit('finished', 9, '24.13')])).toBe(9000 - 24_130);
  });

  test.each([
    [
      'that is not the machine’s own',
      '[    3.000000] x[1]: <<rc2 other 0a0a0a0a 1 1.000 verdict ok init 0 1 0123456789abcdef>>',
    ],
    [
      'whose date is none',
      'Cloud-init v. 22.4.2 finished at Xyz, 99 Foo 2026 99:99:99 +0000. Up 3.00 seconds',
    ],
    ['of a clock set back since', cloudInit("running 'init'", 3600, '4.00')],
  ])('no line %s tells it', (_, line) => {
    expect(kernelOf([line, ...goodRun()])).toBeUndefined();
  });

  test('of a machine that rebooted, the last before the run counts', () => {
    const again = goodRun({ run: 'bbbbbbbb', epoch: BOOTED + 100 });
    const lines = [
      cloudInit("running 'init-local'", -9, '4.00'),
      ...goodRun({}, 5),
      LINUX,
      cloudInit("running 'init-local'", 90, '5.00'),
      ...again,
      LINUX,
      cloudInit("running 'init-local'", 400, '5.00'),
    ];
    expect(kernelOf(lines)).toBe(85_000);
  });

  test('thousands of stamped lines are not kept', () => {
    const alive = Array.from({ length: 3000 }, (_, i) => {
      const line = marker(i + 7, 'alive init', { epoch: BOOTED + 7 + i * 10 });
      return `[${(20 + i * 10 + (i % 7) / 10).toFixed(6)}] cloud-init[1]: ${line}`;
    });
    expect(factsOf([text([...goodRun({}, 6), ...alive])], READING, 10_000_000).bootedAt).toHaveLength(1);
  });
});
