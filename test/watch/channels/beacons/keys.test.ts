import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { LaunchId } from '../../../../src/model.ts';
import { isTrueLog, readLogKey, readVerdictKey } from '../../../../src/watch/channels/beacons/keys.ts';
import { findMarkers, isTrue } from '../../../../src/watch/markers.ts';
import { BOOTED, beaconKey, ID, LAUNCH, marker, NONCE, OTHER_ID, READING } from '../../boxes.ts';

const one = (event: string, who: Parameters<typeof marker>[2] = {}) => {
  const [found] = findMarkers(marker(8, event, who));
  if (found === undefined) throw new Error(event);
  return found;
};
const at = { epoch: BOOTED + 0.007 };
const keyOf = (event: string, who: Parameters<typeof marker>[2] = at) => beaconKey(marker(8, event, who));

describe('the key of a verdict beacon', () => {
  test.each([
    'verdict ok init 0 1300',
    'verdict failed module.java_8.x-1 137 9',
    'verdict failed deploy.unpack:2 1 0',
    `verdict failed ${'.'.repeat(48)} 255 999999999999`,
  ])('holds %s whole', (event) => {
    const read = readVerdictKey(keyOf(event), LAUNCH);
    expect(read).toEqual({ instanceId: ID, marker: one(event, at) });
    expect(read && isTrue(read.marker, READING)).toBe(true);
  });

  test('is spelled as the contract has it, its time in milliseconds', () => {
    const { mac } = one('verdict failed module.a 7 1300', at);
    expect(keyOf('verdict failed module.a 7 1300')).toBe(
      `beacons/${LAUNCH}/v/${ID}/failed.module.a.7.a1b2c3d4.8.${BOOTED}007.1300.${mac}`,
    );
  });

  test('of a box whose clock stands near its beginning', () => {
    const early = { epoch: 0.5 };
    expect(readVerdictKey(keyOf('verdict ok init 0 1', early), LAUNCH)?.marker).toEqual(
      one('verdict ok init 0 1', early),
    );
  });

  test('of one machine under the id of another is not true of it', () => {
    const read = readVerdictKey(keyOf('verdict ok init 0 1').replace(ID, OTHER_ID), LAUNCH);
    expect(read && isTrue(read.marker, { ...READING, instanceId: OTHER_ID })).toBe(false);
  });

  test.each([
    ['ok', 'failed'],
    ['init', 'exit'],
    ['.8.', '.9.'],
    ['007.', '008.'],
    ['.1300.', '.1301.'],
    ['a1b2c3d4', 'a1b2c3d5'],
    ['failed.', 'ok.'],
  ])('with %s made %s is not true', (from, to) => {
    const event = from === 'failed.' ? 'verdict failed init 0 1300' : 'verdict ok init 0 1300';
    const read = readVerdictKey(keyOf(event).replace(from, to), LAUNCH);
    expect(read && isTrue(read.marker, READING)).toBe(false);
  });

  test.each([
    ['the shape of before', `beacons/${LAUNCH}/v/${ID}/ok.init`],
    ['an ok with a status', keyOf('verdict ok init 0 1').replace('init.0', 'init.1')],
    ['another launch', keyOf('verdict ok init 0 1').replace(LAUNCH, 'web-2')],
    ['no MAC', keyOf('verdict ok init 0 1').replace(/[0-9a-f]{16}$/, '-')],
    ['more behind it', `${keyOf('verdict ok init 0 1')}.txt`],
    ['a folder behind it', `${keyOf('verdict ok init 0 1')}/x`],
    ['a line end in its step', keyOf('verdict ok init 0 1').replace('init', 'in\nit')],
    ['a marker in its step', keyOf('verdict ok init 0 1').replace('init', marker(8, 'verdict ok init 0 1'))],
    ['no machine', keyOf('verdict ok init 0 1').replace(ID, 'i-x')],
    ['a time with zeros before it', keyOf('verdict ok init 0 1').replace(`.${BOOTED}`, `.0${BOOTED}`)],
    ['progress', `beacons/${LAUNCH}/e/${ID}/3.init`],
  ])('%s is none', (_, key) => {
    expect(readVerdictKey(key, LAUNCH)).toBeUndefined();
  });
});

describe('the key of a boot log', () => {
  const sha = 'ab'.repeat(32);
  const mac = createHash('sha256').update(`${NONCE}|${ID}|log ${LAUNCH} a1b2c3d4 ${sha}`).digest('hex');
  const key = `logs/${LAUNCH}/${ID}/a1b2c3d4.${sha}.${mac.slice(0, 16)}`;
  const isTrueKey = (text: string, trust = READING) => {
    const read = readLogKey(text, LAUNCH, trust.instanceId);
    return read && isTrueLog(read, trust);
  };

  test('names its run and its content, and is proved by the machine alone', () => {
    expect(readLogKey(key, LAUNCH, ID)).toMatchObject({ key, run: 'a1b2c3d4', sha256: sha });
    expect(isTrueKey(key)).toBe(true);
    expect(isTrueKey(key, { ...READING, nonce: undefined })).toBe(false);
    expect(isTrueKey(key.replace(ID, OTHER_ID), { ...READING, instanceId: OTHER_ID })).toBe(false);
    expect(isTrueKey(key.replace('a1b2c3d4', 'a1b2c3d5'))).toBe(false);
    expect(isTrueKey(key.replace('abab', 'abac'))).toBe(false);
  });

  test.each([
    ['the shape of before', `logs/${LAUNCH}/${ID}`],
    ['more behind it', `${key}.txt`],
    ['another machine', key.replace(ID, OTHER_ID)],
    ['another launch', key.replace(LAUNCH, 'web-2' as LaunchId)],
    ['upper case', key.replace('abab', 'ABAB')],
  ])('%s is none', (_, other) => {
    expect(readLogKey(other, LAUNCH, ID)).toBeUndefined();
  });
});
