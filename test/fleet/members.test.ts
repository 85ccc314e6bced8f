import { describe, expect, test } from '@jest/globals';
import { fleetOf, standingOf } from '../../src/fleet/members.ts';
import type { Outcome } from '../../src/model.ts';
import { instanceId, machine, NAME } from './machines.ts';

const WANTED = { ami: 'ami-1', settings: 's1' };

describe('members of a fleet', () => {
  test('are machines whose token a launch and a batch of rolecall’s give; copied tags make strangers', () => {
    const copied = machine(2, { clientToken: 'by-hand' });
    const { clientToken: _, ...bare } = machine(3);
    const otherBatch = machine(4, { tags: { 'rolecall:batch': '2' } });
    const noBatch = machine(5, { tags: { 'rolecall:batch': 'one' } });
    const fleet = fleetOf([machine(1), copied, bare, otherBatch, noBatch], NAME, WANTED);
    expect(fleet.members.map((each) => each.machine.instanceId)).toEqual([instanceId(1)]);
    expect(fleet.strangers.map((each) => each.instanceId)).toEqual([2, 3, 4, 5].map(instanceId));
  });

  test('a stranger that is gone is not worth a word', () => {
    const gone = machine(2, { clientToken: 'by-hand', state: 'terminated' });
    expect(fleetOf([gone], NAME, WANTED).strangers).toEqual([]);
  });

  test.each(['catalogue', 'role', 'environment', 'context'])('another %s is another fleet', (name) => {
    const other = machine(1, { tags: { [`rolecall:${name}`]: 'other' } });
    expect(fleetOf([other], NAME, WANTED).members).toEqual([]);
  });

  test.each<[Parameters<typeof standingOf>[0]['state'], Outcome | undefined, string]>([
    ['running', 'succeeded', 'proved'],
    ['pending', undefined, 'unjudged'],
    ['running', undefined, 'unjudged'],
    ['running', 'failed', 'failed'],
    ['running', 'silent', 'failed'],
    ['stopped', 'succeeded', 'stopped'],
    ['stopping', 'failed', 'stopped'],
    ['shutting-down', 'succeeded', 'ending'],
    ['terminated', undefined, 'ending'],
  ])('%s with verdict %s is %s', (state, verdict, standing) => {
    expect(standingOf(machine(1, { state }), verdict)).toBe(standing);
  });

  test('a verdict tag that is none, is none', () => {
    const [one] = fleetOf([machine(1, { tags: { 'rolecall:verdict': 'great' } })], NAME, WANTED).members;
    expect(one).toMatchObject({ standing: 'unjudged', verdict: undefined });
  });

  test('one that was told to end a moment ago is ending, whatever a late description says', () => {
    const [one] = fleetOf([machine(1)], NAME, WANTED, new Set([instanceId(1)])).members;
    expect(one?.standing).toBe('ending');
  });

  test('stale: what differs from what a launch would give now, in words', () => {
    const staleOf = (wanted: typeof WANTED & { build?: string; bundle?: string }, tags = {}) =>
      fleetOf([machine(1, { tags })], NAME, wanted).members[0]?.stale;
    expect(staleOf(WANTED)).toEqual([]);
    expect(staleOf({ ...WANTED, ami: 'ami-2' })).toEqual(['AMI ami-1, now ami-2']);
    expect(staleOf({ ...WANTED, build: 'v2' }, { 'rolecall:build': 'v1' })).toEqual(['build v1, now v2']);
    expect(staleOf({ ...WANTED, build: 'v2' })).toEqual(['build none, now v2']);
    expect(staleOf(WANTED, { 'rolecall:build': 'v1' })).toEqual(['build v1, now none']);
    expect(staleOf({ ...WANTED, bundle: 'b2' }, { 'rolecall:bundle': 'b1' })).toEqual(['other modules']);
    expect(staleOf({ ...WANTED, settings: 's2' })).toEqual(['other settings']);
    expect(fleetOf([machine(1)], NAME, undefined).members[0]?.stale).toEqual([]);
  });
});
