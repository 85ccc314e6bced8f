import { expect, test } from '@jest/globals';
import { ndjsonEvent } from '../../src/reporters/ndjson.ts';
import { advance, emptyView } from '../../src/results/state.ts';
import { type AnyEvent, begin, boot, fold, instanceId, START, SUCCEEDED } from '../reporters/support.ts';

test('an event costs one step, however many machines there are', () => {
  const count = 10_000;
  const one = (index: number): AnyEvent[] => [
    ...boot(index, SUCCEEDED).slice(0, -1),
    { type: 'gap', at: START, instanceId: instanceId(index) },
    ...boot(index, SUCCEEDED).slice(-1),
  ];
  const events = [...begin(count), ...Array.from({ length: count }, (_, index) => one(index)).flat()];
  // A copy of a map sets each of its entries, too.
  const { set } = Map.prototype;
  let entries = 0;
  Map.prototype.set = function (...entry) {
    entries += 1;
    return set.apply(this, entry);
  };
  try {
    let view = emptyView();
    let lines = 0;
    let changed = 0;
    for (const event of events) {
      const next = advance(view, event);
      // The view before is still good for whoever tells what changed.
      if (event.type === 'verdict' && view.machines.get(event.machine.instanceId)?.verdict !== undefined)
        changed += 1;
      view = next;
      lines += ndjsonEvent(event).length > 0 ? 1 : 0;
    }
    expect(changed).toBe(0);
    expect(lines).toBe(events.length);
    expect(view.machines.size).toBe(count);
    expect(entries).toBeLessThanOrEqual(events.length + 2 * count);
  } finally {
    Map.prototype.set = set;
  }
  expect(fold(events).notices.length).toBeLessThan(100);
});
