import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { remarkOf } from '../../src/reporters/status.ts';
import { advance, emptyView, type LaunchView } from '../../src/results/state.ts';
import {
  type AnyEvent,
  begin,
  boot,
  FAILED,
  fold,
  instanceId,
  LOST,
  machine,
  SILENT,
  START,
  SUCCEEDED,
} from '../reporters/support.ts';
import { holds } from '../support/property.ts';

const row = (events: readonly AnyEvent[], index = 0) => fold(events).machines.get(instanceId(index));

describe('the fold of events', () => {
  test('knows what was asked for and what AWS gave', () => {
    const view = fold(begin(3, 2));
    expect(view.requested).toBe(3);
    expect([...view.machines.keys()]).toEqual([instanceId(0), instanceId(1)]);
    expect(view.refused).toMatchObject([{ batch: 1, missing: 1 }]);
    expect(view.asking).toBe(0);
    expect(view.startedAt).toBe(START);
  });

  test('counts the machines of a call that is not answered yet', () => {
    expect(fold(begin(3).slice(0, 2)).asking).toBe(3);
  });

  test('follows a machine from step to step', () => {
    const events = [...begin(1), ...boot(0, SUCCEEDED)];
    const until = (type: AnyEvent['type']) =>
      events.slice(0, events.findIndex((event) => event.type === type) + 1);
    expect(row(until('machine'))).toMatchObject({ machine: { state: 'running' }, steps: [] });
    expect(row(until('step-started'))).toMatchObject({ step: { name: 'metadata', since: START + 900 } });
    expect(row(until('step-ended'))).toMatchObject({ steps: [{ name: 'metadata', status: 0 }] });
    expect(row(until('step-ended'))).not.toHaveProperty('step');
    expect(row(until('said'))).toMatchObject({ step: { name: 'init' }, said: { step: 'init' } });
    expect(row(until('verdict'))).toMatchObject({ verdict: SUCCEEDED, steps: SUCCEEDED.steps });
    expect(row(until('verdict'))).not.toHaveProperty('step');
  });

  test('shows a sign of life until the machine tells anything else', () => {
    const id = instanceId(0);
    const said: AnyEvent = { type: 'said', at: START, instanceId: id, step: 'init', text: 'half done' };
    const alive: AnyEvent = {
      type: 'alive',
      at: START,
      instanceId: id,
      step: 'init',
      ms: 30_000,
      text: 'Get:1',
    };
    const remark = (events: readonly AnyEvent[]) => {
      const found = row([...begin(1), ...events]);
      return found && remarkOf(found);
    };
    expect(remark([said, alive])).toBe('last line: Get:1');
    expect(remark([said, { ...alive, text: '' }])).toBe('nothing printed yet');
    expect(remark([alive, said])).toBe('half done');
    expect(remark([said, alive, { type: 'step-started', at: START, instanceId: id, step: 'next' }])).toBe(
      'half done',
    );
    const verdict: AnyEvent = { type: 'verdict', at: START, machine: machine(0), verdict: SUCCEEDED };
    expect(remark([said, alive, verdict])).toBe('half done');
  });

  test('keeps the step that a silent machine hangs in', () => {
    expect(row([...begin(1), ...boot(0, SILENT)])).toMatchObject({ step: { name: 'init' } });
  });

  test('an end that comes after the next start does not end the next step', () => {
    const id = instanceId(0);
    const late: AnyEvent[] = [
      { type: 'step-started', at: START, instanceId: id, step: 'init' },
      { type: 'step-ended', at: START, instanceId: id, step: { name: 'personality', status: 0, ms: 1 } },
    ];
    expect(row([...begin(1), ...late])).toMatchObject({
      step: { name: 'init' },
      steps: [{ name: 'personality' }],
    });
  });

  test('takes a machine from a watched launch that it never saw begin', () => {
    const view = fold(boot(4, LOST), emptyView(2));
    expect(view.requested).toBe(2);
    expect(view.machines.get(instanceId(4))?.verdict).toEqual(LOST);
  });

  test('tells once that console text was lost', () => {
    const view = fold([...begin(1), { type: 'gap', at: START, instanceId: instanceId(0) }]);
    expect(view.notices).toEqual([
      `${instanceId(0)}: part of its console was overwritten before it was read`,
    ]);
  });

  test('is pure: an earlier view never changes', () => {
    const verdicts = fc.array(fc.constantFrom(SUCCEEDED, FAILED, SILENT, LOST), {
      minLength: 1,
      maxLength: 6,
    });
    holds(
      fc.property(verdicts, (outcomes) => {
        const events = [
          ...begin(outcomes.length),
          ...outcomes.flatMap((verdict, index) => boot(index, verdict)),
        ];
        let view = emptyView();
        for (const event of events) {
          const before = structuredClone([...view.machines.values()]);
          const next = advance(view, event);
          expect([...view.machines.values()]).toEqual(before);
          view = next;
        }
        expect([...view.machines.values()].map(({ verdict }) => verdict)).toEqual(outcomes);
      }),
      { numRuns: 50 },
    );
  });

  test('a repeated machine event changes nothing but the state', () => {
    const events = [...begin(1), ...boot(0, FAILED)];
    const again = fold([{ type: 'machine', at: START + 9000, machine: machine(0, 'stopped') }], fold(events));
    expect(again.machines.get(instanceId(0))).toEqual({ ...row(events), machine: machine(0, 'stopped') });
  });

  test('an old view may be read, and gone on from, long after it was made', () => {
    const started = fold(begin(2));
    const first = fold(boot(0, SUCCEEDED), started);
    const other = fold(boot(0, FAILED), started);
    const later = fold(boot(1, LOST), first);
    const outcomes = (view: LaunchView) => [...view.machines.values()].map(({ verdict }) => verdict?.outcome);
    expect(outcomes(started)).toEqual([undefined, undefined]);
    expect(outcomes(other)).toEqual(['failed', undefined]);
    expect(outcomes(first)).toEqual(['succeeded', undefined]);
    expect(outcomes(later)).toEqual(['succeeded', 'lost']);
    expect(first.machines.get(instanceId(1))?.verdict).toBeUndefined();
  });
});
