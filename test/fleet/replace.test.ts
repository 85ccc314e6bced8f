import { describe, expect, test } from '@jest/globals';
import { AwsError } from '../../src/errors.ts';
import type { FleetStreamEvent } from '../../src/fleet/events.ts';
import type { Machine } from '../../src/model.ts';
import { fuse, killed } from './fuse.ts';
import { World } from './world.ts';

/** The builds of the living machines that are proved, and of the others. */
const builds = (world: World): string[] =>
  world.ec2
    .living()
    .map(({ tags }) => `${tags['rolecall:build']} ${tags['rolecall:verdict'] ?? 'none'}`)
    .sort();

const times = (count: number, text: string): string[] => Array.from({ length: count }, () => text);

const shape = (events: readonly FleetStreamEvent[]): string[] =>
  events.flatMap((event) => {
    switch (event.type) {
      case 'wave-started':
        return [`wave of ${event.size}`];
      case 'machines-ended':
        return [`${event.how} ${event.members.length} ${event.reason}`];
      case 'breaker-tripped':
        return ['breaker'];
      default:
        return [];
    }
  });

async function fleetOfOld(count: number): Promise<World> {
  const world = new World();
  await world.scale('old', count, { build: 'v1', rules: { canary: false } });
  return world;
}

describe('replace', () => {
  test('wave by wave: as many old ones go as new ones are proved', async () => {
    const world = await fleetOfOld(6);
    const events = await world.replace('new', { build: 'v2', rules: { wave: { machines: 2 } } });
    expect(shape(events)).toEqual([
      ...['wave of 1', 'terminate 1 replaced', 'wave of 2', 'terminate 2 replaced'],
      ...['wave of 2', 'terminate 2 replaced', 'wave of 1', 'terminate 1 replaced'],
    ]);
    expect(builds(world)).toEqual(times(6, 'v2 succeeded'));
  });

  test('is never smaller than it was, at no step', async () => {
    const world = await fleetOfOld(5);
    let least = 5;
    const step = () => {
      least = Math.min(least, world.standing().filter((verdict) => verdict === 'succeeded').length);
    };
    await world.replace('new', { build: 'v2', rules: { wave: { machines: 2 } }, step });
    expect(least).toBe(5);
    expect(builds(world)).toEqual(times(5, 'v2 succeeded'));
  });

  test('stops at a canary that fails: the old ones are untouched', async () => {
    const world = await fleetOfOld(3);
    world.boots = () => 'failed';
    expect(shape(await world.replace('new', { build: 'v2' }))).toEqual(['wave of 1', 'breaker']);
    expect(builds(world)).toEqual([...times(3, 'v1 succeeded'), 'v2 failed']);
  });

  test.each([
    ['that fails', () => 'failed' as const, 99],
    ['that AWS does not give', () => 'succeeded' as const, 0],
  ])('a canary %s takes no failed or stopped machine with it', async (_, boots, more) => {
    const world = await fleetOfOld(3);
    world.boots = () => 'failed';
    await world.scale('bad', 4, { build: 'v1' });
    const [stored] = [...world.ec2.machines.values()];
    if (stored) stored.machine = { ...stored.machine, state: 'stopped' };
    const before = world.ec2.living().map(({ instanceId }) => instanceId);
    world.boots = boots;
    world.ec2.capacity = before.length + more;
    await world.replace('new', { build: 'v2' });
    expect(world.ec2.living().map(({ instanceId }) => instanceId)).toEqual(expect.arrayContaining(before));
  });

  describe('stopped by the breaker in the middle', () => {
    /** The canary and two of the next wave are proved, the wave's second machine is not. */
    async function stopped(): Promise<World> {
      const world = await fleetOfOld(5);
      world.boots = ({ launchIndex }) => (launchIndex === 1 ? 'failed' : 'succeeded');
      const events = await world.replace('new', { build: 'v2', rules: { wave: { machines: 3 } } });
      expect(shape(events)).toEqual([
        ...['wave of 1', 'terminate 1 replaced', 'wave of 3', 'breaker', 'terminate 2 replaced'],
      ]);
      world.boots = () => 'succeeded';
      return world;
    }

    test('has as many proved machines as before', async () => {
      expect(builds(await stopped())).toEqual([
        ...times(2, 'v1 succeeded'),
        ...['v2 failed', ...times(3, 'v2 succeeded')],
      ]);
    });

    test('leaves no size behind: machines that came since are counted', async () => {
      const world = await stopped();
      await world.launch('more', 3);
      await world.replace('again', { build: 'v2' });
      expect(builds(world)).toEqual(['v2 failed', ...times(8, 'v2 succeeded')]);
    });

    test('goes on under the same id, though one of its machines has died since', async () => {
      const world = await stopped();
      const old = world.ec2.living().find(({ tags }) => tags['rolecall:build'] === 'v1');
      if (old === undefined) throw new Error('there are two');
      world.ec2.terminate(old.instanceId);
      await world.replace('new', { build: 'v2' });
      expect(builds(world)).toEqual(['v2 failed', ...times(5, 'v2 succeeded')]);
    });

    test('goes on under the same id, and tells how many AWS does not give', async () => {
      const world = await stopped();
      world.ec2.capacity = world.ec2.living().length;
      const events = await world.replace('new', { build: 'v2' });
      expect(events.find(({ type }) => type === 'batch-refused')).toMatchObject({ missing: 2 });
    });

    test('its failed machine is kept for a look, but where the fleet may shrink', async () => {
      const world = await stopped();
      await world.replace('again', { build: 'v2', allowShrink: true });
      expect(builds(world)).toEqual(times(5, 'v2 succeeded'));
    });
  });

  test('what is not stale stays, but for --all', async () => {
    const world = await fleetOfOld(2);
    await world.scale('mixed', 4, { build: 'v2' });
    await world.replace('new', { build: 'v2' });
    const launches = () =>
      world.ec2
        .living()
        .map(({ tags }) => tags['rolecall:launch'])
        .sort();
    expect(launches()).toEqual(['mixed', 'mixed', 'new', 'new']);
    expect(shape(await world.replace('again', { build: 'v2' }))).toEqual([]);
    await world.replace('all', { build: 'v2', which: 'all' });
    expect(launches()).toEqual(times(4, 'all'));
  });

  test('a failed machine is replaced like any other', async () => {
    const world = await fleetOfOld(3);
    world.boots = () => 'failed';
    await world.scale('bad', 4, { build: 'v1' });
    world.boots = () => 'succeeded';
    const events = await world.replace('new', { build: 'v2' });
    expect(shape(events)).toEqual(['wave of 1', 'terminate 1 replaced', 'wave of 3', 'terminate 3 replaced']);
    expect(builds(world)).toEqual(times(4, 'v2 succeeded'));
  });

  describe('a fleet whose machines are all silent', () => {
    async function silentFleet(): Promise<World> {
      const world = new World();
      await world.launch('old', 3);
      for (const { instanceId } of world.ec2.living())
        world.ec2.setTags(instanceId, { 'rolecall:verdict': 'silent', 'rolecall:build': 'v1' });
      return world;
    }

    test('gets as many new ones, each before one goes', async () => {
      const world = await silentFleet();
      const events = await world.replace('new', { build: 'v2', rules: { wave: { machines: 1 } } });
      expect(shape(events)).toEqual(
        times(3, 'wave of 1,terminate 1 replaced').flatMap((two) => two.split(',')),
      );
      expect(builds(world)).toEqual(times(3, 'v2 succeeded'));
      expect(shape(await world.replace('again', { build: 'v2' }))).toEqual([]);
    });

    test('stays whole where the canary fails, and the next run does not count that one in', async () => {
      const world = await silentFleet();
      world.boots = () => 'failed';
      await world.replace('new', { build: 'v2' });
      expect(builds(world)).toEqual([...times(3, 'v1 silent'), 'v2 failed']);
      world.boots = () => 'succeeded';
      await world.replace('again', { build: 'v2' });
      expect(builds(world)).toEqual(['v2 failed', ...times(3, 'v2 succeeded')]);
    });

    test('is not ended by --allow-shrink either, where no target was recorded', async () => {
      const world = await silentFleet();
      await world.replace('new', { build: 'v2', allowShrink: true });
      expect(builds(world)).toEqual(times(3, 'v2 succeeded'));
    });

    test('is made good by scale, which ends none of it', async () => {
      const world = await silentFleet();
      await world.scale('more', 2, { build: 'v2' });
      expect(builds(world)).toEqual([...times(3, 'v1 silent'), ...times(2, 'v2 succeeded')]);
    });
  });

  test.each([
    ['larger than what runs: the fleet grows to it first', 5, false, ['v2 failed'], 5],
    ['smaller: the fleet stays as large as it was', 2, false, ['v2 failed'], 3],
    ['smaller, and the fleet may shrink', 2, true, [], 2],
  ])('a recorded target %s', async (_, target, allowShrink, others, size) => {
    const world = await fleetOfOld(3);
    world.boots = () => 'failed';
    await world.scale('bad', 4, { build: 'v2' });
    world.boots = () => 'succeeded';
    await world.setTarget(target);
    await world.replace('new', { build: 'v2', allowShrink });
    expect(builds(world)).toEqual([...(target === 5 ? [] : others), ...times(size, 'v2 succeeded')]);
  });

  test('a fleet that may shrink keeps its surplus until the last wave is proved', async () => {
    const world = await fleetOfOld(4);
    await world.setTarget(2);
    const rules = { wave: { machines: 1 } };
    expect(shape(await world.replace('new', { build: 'v2', allowShrink: true, rules }))).toEqual([
      ...['wave of 1', 'terminate 1 replaced', 'wave of 1', 'terminate 1 replaced', 'terminate 2 surplus'],
    ]);
  });

  test('a run that goes on asks only for the machines that have not come', async () => {
    const world = await fleetOfOld(3);
    const options = { build: 'v2', rules: { wave: { machines: 1 } } };
    const requested = (events: readonly FleetStreamEvent[]) =>
      events.flatMap((event) => (event.type === 'launch-started' ? [event.requested] : []));
    const step = () => {
      if (builds(world).includes('v2 succeeded')) throw new Error('killed');
    };
    await killed(world.replace('new', { ...options, step }));
    const events = await world.replace('new', options);
    expect(requested(events)).toEqual([2]);
    expect(events.filter(({ type }) => type === 'batch-launched')).toHaveLength(2);
  });

  test('a run that goes on ends the surplus, where only that is left to do', async () => {
    const world = await fleetOfOld(4);
    await world.setTarget(2);
    const options = { build: 'v2', allowShrink: true } as const;
    const almost = [...times(2, 'v1 succeeded'), ...times(2, 'v2 succeeded')].join();
    const step = () => {
      if (builds(world).join() === almost) throw new Error('killed');
    };
    await killed(world.replace('new', { ...options, step }));
    expect(builds(world).join()).toBe(almost);
    expect(shape(await world.replace('new', options))).toEqual(['terminate 2 surplus']);
    expect(builds(world)).toEqual(times(2, 'v2 succeeded'));
  });

  describe('a new machine that died after it had proved its boot', () => {
    /** Replaces three machines by waves of two; one new machine ends once the first wave is proved. */
    async function withDeath(maxFailures: number) {
      const world = await fleetOfOld(3);
      let died = false;
      const events = await world.replace('new', {
        build: 'v2',
        rules: { wave: { machines: 2 }, canary: false, maxFailures },
        step: () => {
          for (const stored of world.ec2.machines.values())
            if (stored.machine.state === 'pending') stored.machine = { ...stored.machine, state: 'running' };
          const isProved = ({ tags }: Machine) =>
            tags['rolecall:launch'] === 'new' && tags['rolecall:verdict'] === 'succeeded';
          const proved = world.ec2.living().filter(isProved);
          if (died || proved.length < 2) return;
          died = true;
          world.ec2.terminate((proved[0] as Machine).instanceId);
        },
      });
      expect(events.filter(({ type }) => type === 'machine-died')).toHaveLength(1);
      return { world, events };
    }

    test('takes no old one with it: another one is launched', async () => {
      const { world, events } = await withDeath(1);
      expect(shape(events)).toEqual([
        ...['wave of 2', 'terminate 1 replaced', 'wave of 2', 'terminate 2 replaced'],
      ]);
      expect(builds(world)).toEqual(times(3, 'v2 succeeded'));
    });

    test('counts as a failure: one too many stops the replacement', async () => {
      const { world, events } = await withDeath(0);
      expect(shape(events)).toEqual(['wave of 2', 'breaker', 'terminate 1 replaced']);
      const breaker = events.find(({ type }) => type === 'breaker-tripped');
      expect(breaker).toMatchObject({ failures: 1, allowed: 0, left: 2 });
      expect(builds(world)).toEqual([...times(2, 'v1 succeeded'), 'v2 succeeded']);
    });
  });

  test('what was terminated on purpose does not come again', async () => {
    const world = await fleetOfOld(2);
    await world.scale('more', 5, { build: 'v1' });
    await killed(world.replace('new', { build: 'v2', rules: { wave: { machines: 1 } }, step: fuse(40) }));
    await world.terminate({ launch: 'more' });
    await world.replace('new', { build: 'v2' });
    const isNew = (text: string) => text === 'v2 succeeded';
    expect(builds(world).every(isNew)).toBe(true);
    expect(builds(world).length).toBeLessThanOrEqual(4);
    await world.terminate();
    await world.replace('last', { build: 'v2', which: 'all' });
    expect(builds(world)).toEqual([]);
  });

  test('new ones that fail are made good while the breaker holds', async () => {
    const world = await fleetOfOld(4);
    let failures = 2;
    world.boots = () => (failures-- > 0 ? 'failed' : 'succeeded');
    await world.replace('new', {
      build: 'v2',
      rules: { maxFailures: 2, onFailure: 'terminate', wave: { machines: 2 } },
    });
    expect(builds(world)).toEqual(times(4, 'v2 succeeded'));
  });

  test('where AWS gives no more, what is proved has replaced as many, and a later run does the rest', async () => {
    const world = await fleetOfOld(4);
    world.ec2.capacity = 5;
    const events = await world.replace('new', { build: 'v2', rules: { wave: { machines: 2 } } });
    expect(shape(events)).toEqual([
      ...['wave of 1', 'terminate 1 replaced', 'wave of 2', 'terminate 1 replaced'],
    ]);
    expect(events.find(({ type }) => type === 'batch-refused')).toMatchObject({ missing: 2 });
    expect(builds(world)).toEqual([...times(2, 'v1 succeeded'), ...times(2, 'v2 succeeded')]);
    world.ec2.capacity = 99;
    await world.replace('later', { build: 'v2' });
    expect(builds(world)).toEqual(times(4, 'v2 succeeded'));
  });

  test('asks, and does nothing without a yes', async () => {
    const world = await fleetOfOld(3);
    expect(shape(await world.replace('new', { build: 'v2', agreed: () => false }))).toEqual([]);
    expect(builds(world)).toEqual(times(3, 'v1 succeeded'));
  });

  test('a fleet of none has nothing to replace', async () => {
    const agreed = () => {
      throw new Error('asked');
    };
    const events = await new World().replace('new', { build: 'v2', which: 'all', agreed });
    expect(events).toMatchObject([{ type: 'fleet-seen', target: 0 }]);
    expect(events).toHaveLength(1);
  });

  test.each([
    ['the same command', 'new'],
    ['another run', 'other'],
  ])('killed at any one step, %s ends with as many machines, all of them new', async (_, again) => {
    for (let steps = 0; ; steps += 1) {
      const world = await fleetOfOld(4);
      world.ec2.lateness = (serial) => (serial < 4 ? 0 : serial * 3_000);
      const options = { build: 'v2', rules: { wave: { machines: 2 } } } as const;
      const died = await killed(world.replace('new', { ...options, step: fuse(steps) }));
      await through(world, () => world.replace(again, options));
      expect({ killedAtStep: steps, builds: builds(world) }).toEqual({
        killedAtStep: steps,
        builds: times(4, 'v2 succeeded'),
      });
      if (!died) return;
    }
  });
});

/** Runs whole processes until one is through: EC2 may need time to show what it has. */
async function through(world: World, run: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    try {
      await run();
      return;
    } catch (error) {
      if (!(error instanceof AwsError && error.kind === 'idempotency')) throw error;
    }
    world.clock.pass(60_000);
  }
  throw new Error('fifty whole runs did not finish it');
}

test('a replacement never ends a machine of somebody else’s', async () => {
  const world = await fleetOfOld(2);
  const [first] = world.ec2.living() as [Machine];
  const copied = world.ec2.add({ ...first, clientToken: 'by-hand' });
  await world.replace('new', { build: 'v2', which: 'all' });
  expect(world.ec2.living().map(({ instanceId }) => instanceId)).toContain(copied);
  expect(world.ec2.living()).toHaveLength(3);
});
