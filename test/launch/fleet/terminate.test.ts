import { describe, expect, test } from '@jest/globals';
import type { FleetEvent } from '../../../src/launch/fleet/events.ts';
import { doomedOf, terminateFleet } from '../../../src/launch/fleet/terminate.ts';
import type { LaunchId, Machine } from '../../../src/nouns.ts';
import { role } from '../roles.ts';
import { member } from './machines.ts';
import { World } from './world.ts';

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
  async function end(world: World, doomed: Parameters<typeof terminateFleet>[1], agreed = true) {
    const { book, records, pid } = await world.open('terminate', '-');
    const events: FleetEvent[] = [];
    const tools = { ec2: world.ec2.port(() => undefined), records, clock: world.clock, book };
    for await (const event of terminateFleet(role(), doomed, { ...tools, agreed: async () => agreed }))
      events.push(event);
    await book.close();
    world.alive.delete(pid);
    return events;
  }

  test('ends the fleet, and no stranger', async () => {
    const world = new World();
    await world.scale('one', 3);
    const [first] = world.ec2.living() as [Machine];
    const copied = world.ec2.add({ ...first, clientToken: 'by-hand' });
    await end(world, {});
    expect(world.ec2.living().map(({ instanceId }) => instanceId)).toEqual([copied]);
    await end(world, {});
    expect(world.ec2.living()).toHaveLength(1);
  });

  test('without a yes nothing', async () => {
    const world = new World();
    await world.scale('one', 3);
    await end(world, {}, false);
    expect(world.ec2.living()).toHaveLength(3);
  });

  test('one launch only', async () => {
    const world = new World();
    await world.scale('one', 2);
    await world.scale('two', 3);
    await end(world, { launch: 'two' });
    expect(world.ec2.living().map(({ tags }) => tags['rolecall:launch'])).toEqual(['one', 'one']);
  });

  test('what another was about to end is ended; a batch that is open stays, and is told of', async () => {
    const world = new World();
    await world.scale('one', 3);
    const [first] = world.ec2.living() as [Machine];
    const { book, pid } = await world.open('scale', 'dead');
    await book.enterEnd([first.instanceId], 'terminate');
    await book.enter('dead' as LaunchId, { batch: 1, count: 4 });
    world.alive.delete(pid);
    const events = await end(world, { failed: true });
    expect(world.ec2.living()).toHaveLength(2);
    expect(events[0]).toMatchObject({
      type: 'notice',
      text: 'batch 1 of launch dead is open (4 machines): the next scale of this fleet settles it',
    });
    const next = await world.open('scale', 'looks');
    expect(next.book.open).toMatchObject([{ kind: 'batch', launch: 'dead' }]);
  });
});
