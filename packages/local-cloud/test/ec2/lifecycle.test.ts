import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holds } from '../../../../test/support/property.ts';
import { advance, born, isSpent, type Life, type LifeEvent } from '../../src/ec2/lifecycle.ts';

const EVENTS: LifeEvent[] = [
  { kind: 'started' },
  { kind: 'shut-down', behaviour: 'stop' },
  { kind: 'shut-down', behaviour: 'terminate' },
  { kind: 'crashed' },
  { kind: 'crashed', stays: true },
  { kind: 'start' },
  { kind: 'terminate' },
  { kind: 'stop' },
  { kind: 'interrupted' },
  { kind: 'gone' },
];

const after = (...events: LifeEvent[]): Life =>
  events.reduce((life, event, index) => advance(life, event, index + 1), born(0));

describe('advance', () => {
  test.each<[string, LifeEvent[], string, string | undefined]>([
    ['starts', [{ kind: 'started' }], 'running', undefined],
    [
      'stops from inside',
      [{ kind: 'started' }, { kind: 'shut-down', behaviour: 'stop' }],
      'stopping',
      'Client.InstanceInitiatedShutdown',
    ],
    [
      'is terminated while pending',
      [{ kind: 'terminate' }, { kind: 'started' }],
      'shutting-down',
      'Client.UserInitiatedShutdown',
    ],
    ['crashes', [{ kind: 'started' }, { kind: 'crashed' }], 'terminated', 'Server.InternalError'],
    [
      'loses its power, and keeps its disk',
      [{ kind: 'started' }, { kind: 'crashed', stays: true }, { kind: 'gone' }],
      'stopped',
      'Server.InternalError',
    ],
    ['is started again', [{ kind: 'stop' }, { kind: 'gone' }, { kind: 'start' }], 'pending', undefined],
    [
      'runs again',
      [{ kind: 'stop' }, { kind: 'gone' }, { kind: 'start' }, { kind: 'started' }],
      'running',
      undefined,
    ],
    [
      'is not started while it stops',
      [{ kind: 'stop' }, { kind: 'start' }],
      'stopping',
      'Client.UserInitiatedShutdown',
    ],
    [
      'keeps the user as reason when the box dies of the termination',
      [{ kind: 'terminate' }, { kind: 'crashed' }, { kind: 'gone' }],
      'terminated',
      'Client.UserInitiatedShutdown',
    ],
    [
      'is stopped by the user',
      [{ kind: 'started' }, { kind: 'stop' }, { kind: 'gone' }],
      'stopped',
      'Client.UserInitiatedShutdown',
    ],
    [
      'is taken back',
      [{ kind: 'started' }, { kind: 'interrupted' }, { kind: 'crashed' }, { kind: 'gone' }],
      'terminated',
      'Server.SpotInstanceTermination',
    ],
    [
      'is terminated at once when stopped',
      [{ kind: 'shut-down', behaviour: 'stop' }, { kind: 'gone' }, { kind: 'terminate' }],
      'terminated',
      'Client.UserInitiatedShutdown',
    ],
  ])('a machine %s', (_, events, state, code) => {
    const life = after(...events);
    expect([life.state, life.reason?.code]).toEqual([state, code]);
  });

  test('whatever happens, a spent machine never comes back and keeps its reason', () => {
    holds(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 12 }), (events) => {
        events.reduce((life, event) => {
          const next = advance(life, event, 1);
          if (isSpent(life)) {
            expect(isSpent(next)).toBe(true);
            expect(next.reason).toEqual(life.reason);
          }
          if (life.state === 'terminated') expect(next).toBe(life);
          return next;
        }, born(0));
      }),
    );
  });
});
