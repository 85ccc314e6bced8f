/** Beacons beside a console: what is proved, and which run decides. */
import { describe, expect, test } from '@jest/globals';
import { readVerdictKey } from '../../src/watch/channels/beacons/keys.ts';
import type { Beacon } from '../../src/watch/channels/beacons/listing.ts';
import { provedOf, withClaims } from '../../src/watch/claims.ts';
import { readSnapshot, settledFacts, unreadText } from '../../src/watch/text.ts';
import {
  BOOTED,
  beaconKey,
  failedRun,
  goodRun,
  LAUNCH,
  marker,
  OTHER_ID,
  OTHER_NONCE,
  READING,
  text,
  verdictOf,
} from './boxes.ts';

const one = { run: '00000001', epoch: BOOTED + 500 };
const two = { run: '00000002', epoch: BOOTED };
const OK = 'verdict ok init 0 1300';
const FAILED = 'verdict failed init 2 1000';

/** A beacon that S3 took so many seconds after the first. */
function beacon(event: string, who: Parameters<typeof marker>[2], seconds: number, seq = 8): Beacon {
  const key = beaconKey(marker(seq, event, who));
  const told = readVerdictKey(key, LAUNCH);
  if (told === undefined) throw new Error(key);
  return { marker: told.marker, key, at: seconds * 1000, seenAt: 0 };
}

/** @param takenAt when EC2 took the one reading of the console, seconds on S3's clock */
function outcome(lines: readonly string[], beacons: readonly Beacon[], takenAt = 0): string {
  const snapshot = { text: text(lines), takenAt: takenAt * 1000 };
  const facts = settledFacts(readSnapshot(unreadText(), snapshot, READING), READING);
  return verdictOf(withClaims(facts, provedOf(beacons, READING))).outcome;
}

describe('what nothing proves never counts', () => {
  test.each([
    ['of a sibling', { id: OTHER_ID }],
    ['of another nonce', { nonce: OTHER_NONCE }],
  ])('a beacon %s', (_, who) => {
    expect(outcome([], [beacon(OK, who, 10)])).toBe('silent');
    expect(outcome(goodRun(), [beacon(FAILED, who, 10)])).toBe('succeeded');
    expect(outcome(failedRun(), [beacon(OK, { ...who, run: '00000009' }, 10)])).toBe('failed');
  });

  test('none without a nonce', () => {
    expect(provedOf([beacon(OK, {}, 10)], { ...READING, nonce: undefined })).toEqual([]);
  });
});

describe('within a run failed wins', () => {
  test.each([
    ['two beacons', [], [beacon(OK, one, 10), beacon(FAILED, one, 10, 9)]],
    ['two beacons, the failed first', [], [beacon(FAILED, one, 10, 7), beacon(OK, one, 12)]],
    ['two under one number', [], [beacon(OK, one, 10), beacon(FAILED, one, 12)]],
    ['the console and a beacon', failedRun(one), [beacon(OK, one, 10, 9)]],
    ['a beacon and the console', goodRun(one), [beacon(FAILED, one, 10, 9)]],
    ['a bad end on the console', failedRun(one).slice(0, 7), [beacon(OK, one, 10)]],
  ])('%s', (_, lines, beacons) => {
    expect(outcome(lines, beacons)).toBe('failed');
    expect(outcome(lines, beacons.toReversed())).toBe('failed');
  });
});

describe('between runs the later one decides', () => {
  test.each([
    ['failed, then ok', [beacon(FAILED, one, 10), beacon(OK, two, 60)], 'succeeded'],
    ['ok, then failed', [beacon(OK, one, 10), beacon(FAILED, two, 60)], 'failed'],
    ['within one second failed is later', [beacon(FAILED, one, 10), beacon(OK, two, 10)], 'failed'],
  ])('as S3 took them: %s', (_, beacons, expected) => {
    expect(outcome([], beacons)).toBe(expected);
    expect(outcome([], beacons.toReversed())).toBe(expected);
  });

  test.each([
    [
      'a run that the console shows is where it shows it',
      [...goodRun(two), ...goodRun(one, 3)],
      [beacon(OK, two, 90)],
      80,
      'silent',
    ],
    [
      'the verdict of the last run is missing on it',
      [...failedRun(two), ...goodRun(one, 3)],
      [beacon(OK, one, 90)],
      80,
      'succeeded',
    ],
    ['the console has lost the earlier run', goodRun(one, 3), [beacon(OK, two, 40)], 80, 'silent'],
    ['the console has lost an earlier failure', goodRun(one), [beacon(FAILED, two, 40)], 80, 'succeeded'],
    ['the console is late', goodRun(one), [beacon(FAILED, two, 90)], 80, 'failed'],
    ['the console is late, and shows a failure', failedRun(one), [beacon(OK, two, 90)], 80, 'succeeded'],
    ['the console is late, in one second', goodRun(one), [beacon(FAILED, two, 80)], 80.5, 'failed'],
    ['nobody knows when the console was taken', goodRun(one), [beacon(FAILED, two, 90)], 0, 'failed'],
  ])('beside a console: %s', (_, lines, beacons, takenAt, expected) => {
    expect(outcome(lines, beacons, takenAt)).toBe(expected);
  });

  test('a run torn behind the ok of a beacon opens it again', () => {
    const torn = marker(1, 'begin personality 1', { run: '00000003' }).slice(0, 40);
    expect(outcome([...goodRun(one, 7), torn], [beacon(OK, one, 90)], 80)).toBe('silent');
  });
});
