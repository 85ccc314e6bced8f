import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MachineSettings } from '../../src/catalogue/role.ts';
import {
  levelled,
  MISSED_FOR_MS,
  Misses,
  nextShare,
  type Offering,
  offeringsIn,
} from '../../src/launch/offerings.ts';
import type { InstanceId, Machine } from '../../src/model.ts';
import { holds } from '../support/property.ts';
import { VirtualClock } from './memory-ec2.ts';
import { role } from './roles.ts';

const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
const settings = (other: Partial<MachineSettings> = {}): MachineSettings =>
  role({ instanceTypes: ['m7i.large', 'm6i.large'], zones: ZONES, ...other }).machine;

const inZone = (zone: string, count: number): Machine[] =>
  Array.from({ length: count }, (_, index) => ({
    instanceId: `i-${zone}${index}` as InstanceId,
    state: 'running',
    zone,
    instanceType: 'm7i.large',
    launchIndex: 0,
    launchedAt: 0,
    tags: {},
  }));

const never = () => false;

describe('the next offering', () => {
  test('is the emptiest place, for as many as make the places even', () => {
    const standing = [...inZone('us-east-1a', 3), ...inZone('us-east-1b', 1)];
    expect(nextShare(settings(), 5, standing, never)).toMatchObject({
      offering: { instanceType: 'm7i.large', zone: 'us-east-1c', market: 'on-demand' },
      count: 3,
    });
  });

  test('is the next type of the same place where the first has no capacity', () => {
    const missed = ({ zone, instanceType }: Offering) =>
      zone === 'us-east-1a' && instanceType === 'm7i.large';
    expect(nextShare(settings(), 3, [], missed)?.offering).toEqual({
      instanceType: 'm6i.large',
      zone: 'us-east-1a',
      market: 'on-demand',
    });
  });

  test('leaves out a place that has nothing, and gives its share to the others', () => {
    const missed = ({ zone }: Offering) => zone === 'us-east-1a';
    expect(nextShare(settings(), 4, [], missed)).toMatchObject({
      offering: { zone: 'us-east-1b' },
      count: 2,
    });
  });

  test('is nothing where every offering is missed', () => {
    expect(nextShare(settings(), 4, [], () => true)).toBeUndefined();
  });

  test('goes by subnets where the role has several', () => {
    const subnets = ['subnet-00000001', 'subnet-00000002'];
    const standing = inZone('us-east-1a', 2).map((machine) => ({ ...machine, subnetId: 'subnet-00000001' }));
    const share = nextShare(settings({ subnets, zones: [] }), 2, standing, never);
    expect(share).toMatchObject({ offering: { subnet: 'subnet-00000002' }, count: 2 });
  });

  test('is one place where the role has none: EC2 chooses', () => {
    expect(nextShare(settings({ zones: [] }), 7, inZone('us-east-1a', 2), never)).toMatchObject({
      offering: { instanceType: 'm7i.large', market: 'on-demand' },
      count: 7,
    });
  });
});

test('spot comes before on-demand, each with all types in order', () => {
  const offered = offeringsIn({}, settings({ spot: { orOnDemand: true } }));
  expect(offered.map(({ market, instanceType }) => `${market} ${instanceType}`)).toEqual([
    'spot m7i.large',
    'spot m6i.large',
    'on-demand m7i.large',
    'on-demand m6i.large',
  ]);
  expect(offeringsIn({}, settings({ spot: { orOnDemand: false } }))).toHaveLength(2);
});

test('levelling gives all that there is, and leaves no place two above one that got something', () => {
  const loads = fc.array(fc.nat(30), { minLength: 1, maxLength: 6 });
  holds(
    fc.property(loads, fc.nat(100), (before, more) => {
      const given = levelled(before, more);
      expect(given.reduce((sum, each) => sum + each, 0)).toBe(more);
      const after = before.map((load, index) => load + (given[index] ?? 0));
      const filled = after.filter((_, index) => (given[index] ?? 0) > 0);
      for (const height of filled) expect(height - Math.min(...after)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a miss is remembered for three minutes, of its own offering only', () => {
  const clock = new VirtualClock();
  const misses = new Misses(clock);
  const offering: Offering = { instanceType: 'm7i.large', zone: 'us-east-1a', market: 'spot' };
  misses.note(offering);
  expect(misses.has(offering)).toBe(true);
  expect(misses.has({ ...offering, market: 'on-demand' })).toBe(false);
  expect(misses.has({ ...offering, zone: 'us-east-1b' })).toBe(false);
  clock.pass(MISSED_FOR_MS - 1);
  expect(misses.has(offering)).toBe(true);
  clock.pass(1);
  expect(misses.has(offering)).toBe(false);
});

test.each([-3_600_000, 3_600_000])('a wall clock that is set by %d ms changes no miss', (stepMs) => {
  const clock = new VirtualClock();
  const misses = new Misses(clock);
  const offering: Offering = { instanceType: 'm7i.large', zone: 'us-east-1a', market: 'spot' };
  misses.note(offering);
  clock.wallStepMs = stepMs;
  clock.pass(MISSED_FOR_MS - 1);
  expect(misses.has(offering)).toBe(true);
  clock.pass(1);
  expect(misses.has(offering)).toBe(false);
});
