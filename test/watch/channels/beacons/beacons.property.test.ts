import { describe, expect, test } from '@jest/globals';
import type { Machine } from '../../../../src/model.ts';
import { failedRun, goodRun, text } from '../../boxes.ts';
import { consoles, notices, Store, verdicts } from '../../store.ts';
import { World } from '../../world.ts';

describe('a thousand machines', () => {
  const FLEET = 1_000;

  function fleet(world: World, lines: readonly string[] = []) {
    return Array.from({ length: FLEET }, (_, i) => world.boot(lines, { n: i + 1 }));
  }

  test('are followed by listings; consoles are read of the failed ones and a few', async () => {
    const world = new World();
    const store = new Store(world);
    const boxes = fleet(world);
    boxes.forEach(({ machine }, i) => {
      world.at(20 + i / 50, () => {
        if (i !== 500) return store.verdict(machine.instanceId, 'ok');
        store.verdict(machine.instanceId, 'failed');
        store.log(machine.instanceId, text(failedRun({ id: machine.instanceId })));
      });
    });
    const outcomes = verdicts(await world.watch({ beacons: store })).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'succeeded')).toHaveLength(FLEET - 1);
    expect(outcomes.filter((outcome) => outcome === 'failed')).toHaveLength(1);
    expect(world.now - 40).toBeLessThan(3);
    expect(store.asked.length + consoles(world)).toBeLessThan(60);
  });

  test('whose beacons find no way to S3 are followed on their consoles, and that is told', async () => {
    const world = new World();
    const store = new Store(world);
    fleet(world, goodRun());
    const events = await world.watch({ beacons: store, timeoutMs: 300_000 });
    expect(verdicts(events).every(({ outcome }) => outcome === 'succeeded')).toBe(true);
    expect(verdicts(events)).toHaveLength(FLEET);
    expect(notices(events)).toEqual([
      expect.stringMatching(/^No beacons come from machines that have booted/),
    ]);
  });

  test('one that stays silent long after the others is looked at', async () => {
    const world = new World();
    const store = new Store(world);
    const [odd, ...boxes] = fleet(world);
    for (const { machine } of boxes) world.at(10, () => store.verdict(machine.instanceId, 'ok'));
    if (odd !== undefined)
      world.at(12, () => {
        odd.console = text(failedRun());
      });
    const events = await world.watch({ beacons: store, timeoutMs: 600_000 });
    expect(verdicts(events).filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
    expect(world.now).toBeLessThan(60);
  });
});

describe('the first of a thousand machines that are to come', () => {
  /** What is asked for while one machine boots for 40 s, and whether it is all that there will be. */
  async function costOf(toCome: number, beacons: 'with' | 'without') {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([], { n: 1 });
    world.at(40, () => {
      if (beacons === 'with') store.verdict(machine.instanceId, 'ok');
      world.machines.forEach((box) => {
        box.console = text(goodRun());
      });
    });
    const sent = { machines: [machine], launched: 1, toCome, done: true, only: true };
    const events = await world.watch({
      sent: () => sent,
      timeoutMs: 600_000,
      ...(beacons === 'with' && { beacons: store }),
    });
    expect(verdicts(events)).toMatchObject([{ outcome: 'succeeded' }]);
    return { requests: world.calls.length + store.asked.length, seconds: world.now - 40 };
  }

  test('is followed by a listing every second', async () => {
    const { requests, seconds } = await costOf(1_000, 'with');
    expect(requests).toBeLessThan(60);
    expect(seconds).toBeLessThan(2);
    expect((await costOf(1, 'with')).requests).toBeGreaterThan(150);
  });

  test('without beacons is a scout: looked at when it has become a quarter older', async () => {
    const { requests, seconds } = await costOf(1_000, 'without');
    expect(requests).toBeLessThan(45);
    expect(seconds).toBeLessThan(12);
    expect((await costOf(1, 'without')).requests).toBeGreaterThan(150);
  });
});

test('a canary and 999 machines after it cost what leaves room for their launching within 150 requests', async () => {
  const world = new World();
  const store = new Store(world);
  const machines: Machine[] = [];
  const boots = (n: number, seconds: number) => {
    const begin = world.now;
    const box = world.add({ n, launchedAt: world.clock.now() });
    machines.push(box.machine);
    world.at(begin + 4, () => world.state(box, 'running'));
    world.at(begin + seconds, () => store.verdict(box.machine.instanceId, 'ok'));
  };
  boots(1, 26);
  let done = false;
  // Batches of a hundred: five at once, then two a second.
  for (let n = 2; n <= 1_000; n += 1) {
    const batch = Math.floor(n / 100);
    world.at(30 + Math.max(0, batch - 4) / 2, () => {
      boots(n, 15 + ((n * 7) % 22));
      done = n === 1_000;
    });
  }
  const events = await world.watch({
    beacons: store,
    sent: () => ({ machines, toCome: 1_000, launched: machines.length, done, only: true }),
    timeoutMs: 600_000,
  });
  expect(verdicts(events)).toHaveLength(1_000);
  expect(new Set(verdicts(events).map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']));
  // Eleven batches are eleven RunInstances and 44 requests for records, and a fleet's lease and look are ten.
  expect(world.calls.length + store.asked.length).toBeLessThan(150 - 11 - 44 - 10);
});

test('a listing of many pages is asked for as much less often', async () => {
  const listings = async (others: number): Promise<number> => {
    const world = new World();
    const store = new Store(world);
    for (let n = 1; n <= others; n += 1) {
      const { machine } = world.add({ n, state: 'running' });
      store.verdict(machine.instanceId, 'ok');
    }
    const { machine } = world.add({ n: others + 1, state: 'running' });
    world.at(100, () => store.verdict(machine.instanceId, 'ok'));
    expect(verdicts(await world.watch({ beacons: store, timeoutMs: 600_000 }))).toHaveLength(others + 1);
    return store.asked.length;
  };
  expect(await listings(500)).toBeGreaterThan(60);
  expect(await listings(4_500)).toBeLessThan(24);
});
