import { describe, expect, test } from '@jest/globals';
import { AwsError } from '../../src/errors.ts';
import type { FleetStreamEvent } from '../../src/fleet/events.ts';
import { glimpse } from '../../src/fleet/glimpse.ts';
import { lookAtFleet, standingAs } from '../../src/fleet/look.ts';
import type { InstanceId, Machine } from '../../src/model.ts';
import { role } from '../launch/roles.ts';
import { KEY, World } from './world.ts';

/** Ids whose end was told. */
const told = (events: readonly FleetStreamEvent[]): InstanceId[] =>
  events.flatMap((event) =>
    event.type === 'machines-ended' ? event.members.map(({ machine }) => machine.instanceId) : [],
  );

const recordOf = (world: World) => glimpse(world.records, KEY, world.clock);

/** The fleet as another command sees it. */
async function seen(world: World) {
  const book = await recordOf(world);
  const tools = { ec2: world.ec2.port(() => undefined), records: world.records, clock: world.clock, book };
  return standingAs(await lookAtFleet(role(), undefined, tools), 'proved').length;
}

async function fleetOf(count: number): Promise<{ world: World; first: InstanceId }> {
  const world = new World();
  await world.scale('one', count, { build: 'v1' });
  const [{ instanceId }] = world.ec2.living() as [Machine];
  return { world, first: instanceId };
}

describe('an end that EC2 answers without naming the machine', () => {
  test('is told of nobody, hides nobody, and is made good by the next run', async () => {
    const { world, first } = await fleetOf(3);
    world.ec2.deaf.add(first);
    await expect(world.terminate()).rejects.toThrow(AwsError);
    expect(await seen(world)).toBe(1);
    expect((await recordOf(world)).open).toMatchObject([{ kind: 'end' }]);
    world.alive.clear();
    world.ec2.deaf.clear();
    await world.terminate();
    expect(world.standing()).toEqual([]);
    expect((await recordOf(world)).open).toEqual([]);
  });

  test('in a scale-in, too', async () => {
    const { world, first } = await fleetOf(3);
    for (const { instanceId } of world.ec2.living()) world.ec2.deaf.add(instanceId);
    await expect(world.scale('in', 2)).rejects.toThrow(`EC2 has not ended ${first}`);
    expect(await seen(world)).toBe(3);
  });

  test('in a replacement, too: what is replaced and runs on is named, and goes with the next run', async () => {
    const { world, first } = await fleetOf(1);
    world.ec2.deaf.add(first);
    await expect(world.replace('new', { build: 'v2' })).rejects.toThrow(`EC2 has not ended ${first}`);
    expect(world.standing()).toEqual(['succeeded', 'succeeded']);
    world.ec2.deaf.clear();
    world.alive.clear();
    await world.replace('again', { build: 'v2' });
    expect(world.ec2.living().map(({ tags }) => tags['rolecall:build'])).toEqual(['v2']);
  });
});

test('a machine that EC2 has forgotten meanwhile is not told as ended', async () => {
  const { world, first } = await fleetOf(2);
  world.clock.pass(60 * 60_000);
  const events = await world.terminate(
    {},
    {
      agreed: () => {
        world.ec2.terminate(first);
        world.ec2.forget();
        return true;
      },
    },
  );
  expect(told(events)).toHaveLength(1);
  expect(told(events)).not.toContain(first);
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'notice', text: expect.stringContaining(first) }),
  );
});

test('a late description does not bring an ended machine back, and one that runs on is seen to run', async () => {
  const { world, first } = await fleetOf(2);
  const stored = world.ec2.machines.get(first);
  if (stored === undefined) throw new Error('it is there');
  const { machine } = stored;
  await world.terminate();
  stored.machine = machine;
  expect(await seen(world)).toBe(0);
  world.clock.pass(61_000);
  expect(await seen(world)).toBe(1);
});
