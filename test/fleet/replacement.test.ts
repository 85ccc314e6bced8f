import { expect, test } from '@jest/globals';
import { replacementOf } from '../../src/fleet/replacement.ts';
import type { LaunchId } from '../../src/model.ts';
import { member } from './machines.ts';

test('the machines that most likely serve are replaced first', () => {
  const members = [
    member(1, { standing: 'stopped' }),
    member(2, { standing: 'failed', verdict: 'failed' }),
    member(3, { standing: 'failed', verdict: 'silent' }),
    member(4, { standing: 'unjudged', verdict: undefined }),
    member(5, { stale: ['other settings'] }),
  ];
  const order = { which: 'stale', launch: 'new' as LaunchId, begun: null, allowShrink: true } as const;
  const replaced = (target: number) =>
    replacementOf({ members, strangers: [] }, { ...order, target }).old.map(({ machine }) =>
      Number(machine.instanceId.slice(-1)),
    );
  expect(replaced(5)).toEqual([5, 4, 3, 2, 1]);
  expect(replaced(2)).toEqual([5, 4]);
});
