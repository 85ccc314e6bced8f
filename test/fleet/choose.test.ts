import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseToEnd } from '../../src/fleet/choose.ts';
import type { Member, Standing } from '../../src/fleet/members.ts';
import { holds } from '../support/property.ts';
import { member } from './machines.ts';

const idsOf = (members: readonly Member[]): string[] =>
  members.map(({ machine }) => machine.instanceId.slice(-1));
const zoneOf = (index: number, zone: string, more: Partial<Member> = {}): Member =>
  member(index, more, { zone });

describe('which machines a fleet can spare', () => {
  test('failed, stopped, unjudged, stale, and only then proved ones', () => {
    const members = [
      member(1),
      member(2, { stale: ['other settings'] }),
      member(3, { standing: 'unjudged', verdict: undefined }),
      member(4, { standing: 'stopped' }),
      member(5, { standing: 'failed', verdict: 'failed' }),
    ];
    expect(idsOf(chooseToEnd(members, 4, 'oldest'))).toEqual(['5', '4', '3', '2']);
  });

  test('of equal ones the oldest, or the newest', () => {
    const members = [1, 2, 3].map((index) => member(index));
    expect(idsOf(chooseToEnd(members, 2, 'oldest'))).toEqual(['3', '2']);
    expect(idsOf(chooseToEnd(members, 2, 'newest'))).toEqual(['1', '2']);
  });

  test('of those that one call launched, their ids decide', () => {
    const members = [2, 1, 3].map((index) => member(index, {}, { launchedAt: 0 }));
    expect(idsOf(chooseToEnd(members, 2, 'oldest'))).toEqual(['1', '2']);
    expect(idsOf(chooseToEnd(members, 2, 'newest'))).toEqual(['3', '2']);
  });

  test('from the fullest zone first, whatever their age', () => {
    const members = [zoneOf(9, 'a'), zoneOf(1, 'b'), zoneOf(2, 'b'), zoneOf(3, 'b')];
    expect(idsOf(chooseToEnd(members, 2, 'oldest'))).toEqual(['3', '2']);
  });

  test('a machine of the better rank goes from an empty zone, too', () => {
    const members = [zoneOf(1, 'a', { standing: 'failed' }), zoneOf(2, 'b'), zoneOf(3, 'b')];
    expect(idsOf(chooseToEnd(members, 1, 'oldest'))).toEqual(['1']);
  });

  test('machines that end already are neither chosen nor counted', () => {
    const members = [member(1, { standing: 'ending' }), member(2)];
    expect(idsOf(chooseToEnd(members, 5, 'oldest'))).toEqual(['2']);
  });

  test('a count below one chooses none', () => {
    expect(chooseToEnd([member(1)], 0, 'oldest')).toEqual([]);
    expect(chooseToEnd([member(1)], -3, 'oldest')).toEqual([]);
  });

  test('properties: so many, each once; what stays is never worse than what goes; zones of equals stay even', () => {
    const standing = fc.constantFrom<Standing>('proved', 'failed', 'stopped', 'unjudged', 'ending');
    const members = fc
      .array(fc.record({ standing, zone: fc.constantFrom('a', 'b', 'c') }), { maxLength: 24 })
      .map((each) => each.map(({ standing: how, zone }, index) => zoneOf(index, zone, { standing: how })));
    const ranks: readonly Standing[] = ['failed', 'stopped', 'unjudged', 'proved'];
    holds(
      fc.property(
        members,
        fc.nat(30),
        fc.constantFrom('oldest' as const, 'newest' as const),
        (all, count, policy) => {
          const there = all.filter((each) => each.standing !== 'ending');
          const chosen = chooseToEnd(all, count, policy);
          expect(chosen).toHaveLength(Math.min(count, there.length));
          expect(new Set(chosen).size).toBe(chosen.length);
          const left = there.filter((each) => !chosen.includes(each));
          const rankOf = (each: Member) => ranks.indexOf(each.standing);
          expect(Math.max(-1, ...chosen.map(rankOf))).toBeLessThanOrEqual(Math.min(9, ...left.map(rankOf)));
        },
      ),
    );
    const proved = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 24 });
    holds(
      fc.property(proved, fc.nat(24), (zones, count) => {
        const all = zones.map((zone, index) => zoneOf(index, zone));
        const spread = (each: readonly Member[]) => {
          const sizes = [...new Set(zones)].map(
            (zone) => each.filter(({ machine }) => machine.zone === zone).length,
          );
          return Math.max(...sizes) - Math.min(...sizes);
        };
        const chosen = chooseToEnd(all, count, 'oldest');
        const left = all.filter((each) => !chosen.includes(each));
        expect(spread(left)).toBeLessThanOrEqual(Math.max(1, spread(all)));
      }),
    );
  });
});
