import { describe, expect, test } from '@jest/globals';
import { fleetsDocument, fleetsText } from '../../src/reporters/fleets.ts';
import { needDocument, needText } from '../../src/reporters/need.ts';
import type { FleetStatus } from '../../src/results/fleet-state.ts';
import { plain } from '../../src/terminal/paint.ts';
import { machine, member, NAME, NOON } from '../fleet/machines.ts';
import { expectGolden } from './support.ts';

const MEMBERS = [
  member(1, {}, { tags: { 'rolecall:build': 'v2' } }),
  member(2, { stale: ['build v1, now v2', 'other settings'] }, { tags: { 'rolecall:build': 'v1' } }),
  member(3, { standing: 'failed', verdict: 'failed' }),
  member(4, { standing: 'failed', verdict: 'silent' }, { state: 'pending' }),
  member(5, { standing: 'stopped', verdict: 'failed' }, { state: 'stopped' }),
  member(600, { standing: 'unjudged', verdict: undefined }, { zone: 'eu-west-1b' }),
  member(7, { standing: 'ending' }, { state: 'shutting-down' }),
];
const STATUS: FleetStatus = {
  name: NAME,
  fleet: { members: MEMBERS, strangers: [machine(8, { clientToken: 'by-hand' })] },
  wanted: { ami: 'ami-1', settings: 's1', build: 'v2' },
  target: 3,
  busy: 'at work on it: scale by ann@laptop since 2026-11-21T22:00:00.000Z (launch one)',
};
const GONE: FleetStatus = {
  name: { ...NAME, context: 'a' as never },
  fleet: { members: [member(9)], strangers: [] },
  wanted: undefined,
  target: null,
  busy: undefined,
};
const NOW = NOON + 3_600_000;

describe('status', () => {
  test.each([40, 80, undefined])('in a window of %s columns', (columns) => {
    const text = fleetsText([STATUS, GONE], NOW, columns, plain);
    // Who greps for two words finds them.
    expect(text).not.toContain('\u00a0');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns ?? 200);
    expectGolden(`fleets-${columns ?? 'pipe'}.txt`, text);
  });

  test('a fleet whose machines are all silent has none that failed', () => {
    const members = [1, 2, 3].map((id) => member(id, { standing: 'failed', verdict: 'silent' }));
    const text = fleetsText([{ ...STATUS, fleet: { members, strangers: [] } }], NOW, undefined, plain);
    expect(text).toMatch(/^web prod\/b: 3 silent, target 3\n/);
  });

  test('as data', () => {
    expectGolden('fleets.json', `${JSON.stringify(fleetsDocument([STATUS, GONE]), undefined, 2)}\n`);
  });

  test('of nothing', () => {
    expect(fleetsText([], NOW, 80, plain)).toBe('no machine of such a fleet is there\n');
    expect(fleetsDocument([])).toEqual({ fleets: [] });
  });
});

describe('a dry run of scale', () => {
  const planned = {
    ...{ role: 'web', environment: 'prod', context: 'b', target: 5, fleet: STATUS.fleet, open: 0 },
    ...{ need: { kind: 'more', count: 3 } as const, waves: [1, 2] },
  };

  test('that would launch', () => {
    expect(needText(planned, NOW, 80)).toBe(
      'web prod/b has 2 proved machines, and is to have 5\n1 machine without a verdict would be judged first\n3 machines would be launched, in waves of 1, 2\n',
    );
    expect(needDocument(planned)).toMatchObject({ target: 5, launch: 3, waves: [1, 2], end: [], open: 0 });
  });

  test('that would end some, and settle what is open first', () => {
    const fewer = {
      ...planned,
      target: 1,
      need: { kind: 'fewer', members: MEMBERS.slice(2, 4) } as const,
      waves: [],
    };
    expectGolden('need-fewer.txt', needText({ ...fewer, open: 2 }, NOW, 80));
    expect(needDocument(fewer)).toMatchObject({
      launch: 0,
      end: MEMBERS.slice(2, 4).map((each) => each.machine.instanceId),
    });
  });

  test('that would do nothing', () => {
    const none = { ...planned, target: 2, need: { kind: 'none' } as const, waves: [] };
    expect(needText(none, NOW, 80)).toContain('\nnothing would be done\n');
    expect(needDocument(none)).toMatchObject({ launch: 0, end: [] });
  });
});
