import { describe, expect, test } from '@jest/globals';
import { ConflictError } from '../../src/errors.ts';
import { glimpse } from '../../src/fleet/glimpse.ts';
import { doomedOf } from '../../src/fleet/terminate.ts';
import type { Machine } from '../../src/model.ts';
import { fuse, killed } from './fuse.ts';
import { member } from './machines.ts';
import { proved, sleepsAt } from './sleeper.ts';
import { KEY, World } from './world.ts';

describe('which machines are meant', () => {
  const members = [
    member(1),
    member(2, { standing: 'failed', verdict: 'failed' }),
    member(3, { standing: 'stopped' }),
    member(4, { standing: 'unjudged', verdict: undefined }),
    member(5, { standing: 'ending' }),
    member(6, {}, { tags: { 'rolecall:launch': 'two' } }),
  ];
  const ids = (doomed: Parameters<typeof doomedOf>[1]) =>
    doomedOf({ members, strangers: [] }, doomed).map(({ machine }) => Number(machine.instanceId.slice(-1)));

  test('all that are there, those of a launch, those that serve nobody, or both', () => {
    expect(ids({})).toEqual([1, 2, 3, 4, 6]);
    expect(ids({ launch: 'two' })).toEqual([6]);
    expect(ids({ failed: true })).toEqual([2, 3]);
    expect(ids({ failed: true, launch: 'two' })).toEqual([]);
  });
});

describe('terminate', () => {
  test('ends the fleet, and no stranger', async () => {
    const world = new World();
    await world.scale('one', 3);
    const [first] = world.ec2.living() as [Machine];
    const copied = world.ec2.add({ ...first, clientToken: 'by-hand' });
    await world.terminate();
    expect(world.ec2.living().map(({ instanceId }) => instanceId)).toEqual([copied]);
    await world.terminate();
    expect(world.ec2.living()).toHaveLength(1);
  });

  test('without a yes nothing', async () => {
    const world = new World();
    await world.scale('one', 3);
    await world.terminate({}, { agreed: () => false });
    expect(world.ec2.living()).toHaveLength(3);
  });

  test('one launch only', async () => {
    const world = new World();
    await world.scale('one', 2);
    await world.scale('two', 3);
    const [seen] = await world.terminate({ launch: 'two' });
    expect(seen).toMatchObject({ type: 'fleet-seen', target: 2 });
    expect(world.ec2.living().map(({ tags }) => tags['rolecall:launch'])).toEqual(['one', 'one']);
  });

  test('what another was about to end is ended', async () => {
    const world = new World();
    await world.scale('one', 3);
    const [first] = world.ec2.living() as [Machine];
    const { book, pid } = await world.open('scale', 'dead');
    await book.enterEnd([first.instanceId], 'terminate');
    world.alive.delete(pid);
    await world.terminate({ failed: true });
    expect(world.ec2.living()).toHaveLength(2);
    expect((await glimpse(world.records, KEY, world.clock)).open).toEqual([]);
  });
});

describe.each<[string, (world: World) => Promise<unknown>]>([
  ['terminate', (world) => world.terminate()],
  ['scale --to 0', (world) => world.scale('none', 0)],
])('%s ends all of a fleet, and launches nothing for it, after a run', (_name, end) => {
  test('that was killed at any one step, though EC2 shows its machines late', async () => {
    for (let step = 0; ; step += 1) {
      const world = new World();
      world.ec2.lateness = () => 20_000;
      const over = !(await killed(world.scale('dead', 4, { step: fuse(step) })));
      const launched = world.ec2.machines.size;
      await end(world);
      expect({ step, standing: world.standing(), launched: world.ec2.machines.size }).toEqual({
        step,
        standing: [],
        launched,
      });
      expect((await glimpse(world.records, KEY, world.clock)).open).toEqual([]);
      if (over) return;
    }
  });

  test('that sleeps at any one step, and wakes when the fleet is gone', async () => {
    for (let step = 0; ; step += 1) {
      const world = new World();
      const ended = await sleepsAt(step, world, () => end(world));
      if (ended === 'over') return;
      // One that slept before it had the lease, or after its last word, goes its way.
      if (ended !== 'through') expect(ended).toBeInstanceOf(ConflictError);
      const expected = ended === 'through' && world.standing().length > 0 ? proved(5) : [];
      expect({ step, standing: world.standing() }).toEqual({ step, standing: expected });
    }
  });

  test('whose batch EC2 gave in part', async () => {
    for (let step = 0; ; step += 1) {
      const world = new World();
      world.ec2.capacity = 2;
      const over = !(await killed(world.scale('dead', 3, { step: fuse(step), rules: { canary: false } })));
      await end(world);
      expect({ step, standing: world.standing() }).toEqual({ step, standing: [] });
      if (over) return;
    }
  });
});
