import { describe, expect, test } from '@jest/globals';
import type { Nonce } from '../../src/model.ts';
import { findMarkers, isAnonymous, isBad, isTrue, macOf } from '../../src/watch/markers.ts';
import { ID, LAUNCH, marker, NONCE, OTHER_ID, OTHER_NONCE } from './boxes.ts';

const trust = { launch: LAUNCH, instanceId: ID, nonce: NONCE };
const one = (line: string) => {
  const found = findMarkers(line);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} markers in ${line}`);
  return found[0];
};
const ESC = '\u001b';

describe('the grammar', () => {
  test('the MAC is what sha256sum says of the same bytes', () => {
    // printf '%s' '0123456789abcdef0123456789abcdef|i-00000000000000001|memcached-1 ... 4210' | sha256sum
    const signed = 'memcached-1 a1b2c3d4 7 1763762345.123 verdict ok init 0 4210';
    expect(macOf(NONCE, ID, signed)).toBe('94092c6fb6a9f9a5');
  });

  test.each([
    ['begin personality 0.1.0', { type: 'begin', scheme: 'personality', version: '0.1.0' }],
    ['begin start-up-bundle 1.0-rc.1', { type: 'begin', scheme: 'start-up-bundle', version: '1.0-rc.1' }],
    ['start init', { type: 'start', step: 'init' }],
    ['alive init', { type: 'alive', step: 'init' }],
    ['interrupted init', { type: 'interrupted', step: 'init' }],
    ['end init 0 1200', { type: 'end', step: 'init', status: 0, ms: 1200 }],
    ['end module:java_8.x-1 137 9', { type: 'end', step: 'module:java_8.x-1', status: 137, ms: 9 }],
    ['verdict ok init 0 1300', { type: 'verdict', ok: true, step: 'init', status: 0, ms: 1300 }],
    ['verdict failed init 2 7', { type: 'verdict', ok: false, step: 'init', status: 2, ms: 7 }],
  ])('reads %s', (event, expected) => {
    const found = one(marker(3, event, { epoch: 1763762345.123 }));
    expect(found).toMatchObject({ launch: LAUNCH, run: 'a1b2c3d4', seq: 3, epoch: 1763762345.123 });
    expect(found.event).toEqual(expected);
    expect(isTrue(found, trust)).toBe(true);
  });

  test.each([
    ['a login prompt glued before it', (m: string) => `ip-10-0-0-1 login: [   21.7] cloud-init[1618]: ${m}`],
    ['systemd glued behind it', (m: string) => `${m}[  OK  ] Started Session c1.`],
    ['colours in the middle of it', (m: string) => m.replace(' end ', ` ${ESC}[0;32mend${ESC}[0m `)],
    ['a colour between its first two characters', (m: string) => m.replace('<<', `<${ESC}[1m<`)],
    ['colours between all its characters', (m: string) => [...m].join(`${ESC}[0m`)],
    ['a title sequence before it', (m: string) => `${ESC}]0;root@box\u0007${m}`],
    ['a torn one before it', (m: string) => `${m.slice(0, 30)}${m}`],
    ['angle brackets around it', (m: string) => `<<<<${m}>>>>`],
    ['a RHEL timestamp before it', (m: string) => `[   12.345678] rc.local[733]: ${m}`],
  ])('finds a marker with %s', (_, garble) => {
    expect(isTrue(one(garble(marker(7, 'end init 0 12'))), trust)).toBe(true);
  });

  test('finds two markers on one line', () => {
    const line = `${marker(6, 'start init')}${marker(7, 'end init 0 12')}`;
    expect(findMarkers(line).map(({ seq }) => seq)).toEqual([6, 7]);
  });

  test.each([
    ['an ok with a status', 'verdict ok init 1 12'],
    ['an unknown event', 'finish init 0 12'],
    ['an unknown verdict', 'verdict maybe init 0 12'],
    ['a step with a space', 'start in it'],
    ['a step of 49 characters', `start ${'x'.repeat(49)}`],
    ['a negative status', 'end init -1 12'],
    ['two spaces', 'end init  0 12'],
    ['no duration', 'end init 0'],
    ['a beginning without a version', 'begin personality'],
    ['a version with a space', 'begin personality 1.0 beta'],
    ['an interruption with a status', 'interrupted init 143'],
  ])('%s is no marker', (_, event) => {
    expect(findMarkers(marker(3, event))).toEqual([]);
  });

  test.each([
    ['SEQ 0', marker(0, 'start init')],
    ['an upper-case RUN', marker(1, 'start init', { run: 'A1B2C3D4' })],
    ['a short RUN', marker(1, 'start init', { run: 'a1b2c3' })],
    ['another version', marker(1, 'start init').replace('rc2', 'rc1')],
    ['a launch that forms no path', marker(1, 'start init', { launch: '../x' })],
    ['a short MAC', marker(1, 'start init').replace(/.>>$/, '>>')],
  ])('%s is no marker', (_, line) => {
    expect(findMarkers(line)).toEqual([]);
  });
});

describe('whose markers are believed', () => {
  test.each([
    ['another launch', marker(8, 'verdict ok init 0 1', { launch: 'web-2' })],
    ['a sibling of the launch', marker(8, 'verdict ok init 0 1', { id: OTHER_ID })],
    ['another nonce', marker(8, 'verdict ok init 0 1', { nonce: OTHER_NONCE })],
    ['a changed event', marker(8, 'verdict failed init 1 1').replace('failed init 1', 'ok init 0')],
    ['a changed step', marker(8, 'verdict ok init 0 1').replace('init', 'exit')],
    ['no MAC', marker(8, 'verdict ok init 0 1').replace(/ [0-9a-f]{16}>>/, ' ->>')],
    ['no launch and no MAC, and an ok', '<<rc2 - a1b2c3d4 1 1763762345 verdict ok init 0 1 ->>'],
  ])('not one of %s', (_, line) => {
    const found = one(line);
    expect([isTrue(found, trust), isAnonymous(found)]).toEqual([false, false]);
  });

  test('none without a nonce', () => {
    expect(isTrue(one(marker(8, 'verdict ok init 0 1')), { ...trust, nonce: undefined })).toBe(false);
  });

  test('a nonce is no guess: one bit of it changed, and nothing is believed', () => {
    const near = NONCE.replace(/.$/, 'e') as Nonce;
    expect(isTrue(one(marker(8, 'verdict ok init 0 1')), { ...trust, nonce: near })).toBe(false);
  });

  test('without launch and MAC only a failed verdict is legal', () => {
    const legal = (event: string) => isAnonymous(one(`<<rc2 - a1b2c3d4 2 1763762345 ${event} ->>`));
    expect(legal('verdict failed metadata 22 9')).toBe(true);
    expect(legal('end metadata 22 9')).toBe(false);
    expect(legal('begin personality 1.0')).toBe(false);
  });

  test('bad is an end that is not 0, or a failed verdict', () => {
    const bad = (event: string) => isBad(one(marker(1, event)));
    expect(['end init 1 1', 'verdict failed init 0 1'].map(bad)).toEqual([true, true]);
    expect(
      ['end init 0 1', 'verdict ok init 0 1', 'start init', 'interrupted init', 'begin personality 1.0'].map(
        bad,
      ),
    ).toEqual([false, false, false, false, false]);
  });
});
