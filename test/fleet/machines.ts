import type { Member } from '../../src/fleet/members.ts';
import { clientToken } from '../../src/launch/identity.ts';
import type { InstanceId, LaunchId, Machine, PathName } from '../../src/model.ts';

export const NAME = {
  catalogue: 'shop' as PathName,
  role: 'web' as PathName,
  environment: 'prod' as PathName,
  context: 'b' as PathName,
};

/** 2026-11-21T22:00:00Z. */
export const NOON = Date.UTC(2026, 10, 21, 22);

export const instanceId = (index: number): InstanceId =>
  `i-0abc${String(index).padStart(13, '0')}` as InstanceId;

/** A machine that rolecall launched into the fleet `shop web prod/b`, and that proved its boot. */
export function machine(index: number, more: Partial<Machine> = {}): Machine {
  return {
    instanceId: instanceId(index),
    state: 'running',
    zone: 'eu-west-1a',
    instanceType: 't3.micro',
    launchIndex: 0,
    launchedAt: NOON - index * 60_000,
    imageId: 'ami-1',
    clientToken: clientToken('one' as LaunchId, 1),
    ...more,
    tags: {
      'rolecall:catalogue': 'shop',
      'rolecall:role': 'web',
      'rolecall:environment': 'prod',
      'rolecall:context': 'b',
      'rolecall:launch': 'one',
      'rolecall:batch': '1',
      'rolecall:settings': 's1',
      'rolecall:verdict': 'succeeded',
      ...more.tags,
    },
  };
}

export const member = (index: number, more: Partial<Member> = {}, of: Partial<Machine> = {}): Member => ({
  machine: machine(index, of),
  standing: 'proved',
  verdict: 'succeeded',
  stale: [],
  ...more,
});
