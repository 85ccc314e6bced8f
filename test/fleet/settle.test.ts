import { describe, expect, test } from '@jest/globals';
import { ConflictError } from '../../src/errors.ts';
import { glimpse } from '../../src/fleet/glimpse.ts';
import { beginLaunch } from '../../src/launch/begin.ts';
import type { LaunchId, Machine } from '../../src/model.ts';
import { role } from '../launch/roles.ts';
import { fuse, killed } from './fuse.ts';
import { proved, sleepsAt } from './sleeper.ts';
import { KEY, World } from './world.ts';

describe('a holder that sleeps while another takes the fleet over', () => {
  test('at any one step: it launches nothing more, and neither run leaves more than was asked for', async () => {
    for (let step = 0; ; step += 1) {
      const world = new World();
      const ended = await sleepsAt(step, world, () => world.scale('awake', 5));
      if (ended === 'over') return;
      if (ended !== 'through') expect(ended).toBeInstanceOf(ConflictError);
      expect({ step, standing: world.standing() }).toEqual({ step, standing: proved(5) });
    }
  });

  test('at any one step, where EC2 had nothing when the other asked, and has again when it wakes', async () => {
    for (let step = 0; ; step += 1) {
      const world = new World();
      const ended = await sleepsAt(step, world, async () => {
        world.ec2.capacity = world.ec2.living().length;
        await world.scale('awake', 3);
        world.ec2.capacity = 99;
      });
      if (ended === 'over') return;
      expect({ step, there: world.ec2.living().length <= 5 }).toEqual({ step, there: true });
      if (ended === 'through') continue;
      expect(ended).toBeInstanceOf(ConflictError);
      const before = world.ec2.living().length;
      await world.scale('last', 3);
      expect({ step, before, standing: world.standing() }).toEqual({ step, before, standing: proved(3) });
    }
  });

  test('at any one step, where EC2 refuses what it left open, and then gives the other all: its late request is taken back', async () => {
    for (let step = 0; ; step += 1) {
      const world = new World();
      const ended = await sleepsAt(step, world, async () => {
        let refusals = 1;
        world.ec2.capacityOf = () => (refusals-- > 0 ? 0 : Number.POSITIVE_INFINITY);
        await world.scale('awake', 5, { rules: { canary: false } });
        if (world.ec2.living().length < 5) await world.scale('awake', 5, { rules: { canary: false } });
      });
      if (ended === 'over') return;
      expect({ step, standing: world.standing() }).toEqual({ step, standing: proved(5) });
    }
  });
});

describe('what an earlier run left open', () => {
  test('a batch that was never sent is sent with its own token, and counts', async () => {
    const world = new World();
    // Dead right after its batch has entered the fleet's record.
    for (let steps = 0; world.ec2.living().length === 0; steps += 1) {
      if (steps > 60) throw new Error('it never comes to the record');
      await killed(world.scale('dead', 3, { step: fuse(steps) }));
      const { book, pid } = await world.open('scale', 'looks');
      const open = book.open.length;
      await book.close();
      world.alive.delete(pid);
      if (open > 0) break;
    }
    const events = await world.scale('next', 4);
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    expect(notices[0]).toMatch(
      /^settled batch \d of launch dead, which an earlier run left open: 1 machine$/,
    );
    expect(world.standing()).toEqual(proved(4));
    expect(world.ec2.living().map(({ tags }) => tags['rolecall:launch'])).toContain('dead');
  });

  test('a batch that was answered already is neither waited for nor sent again', async () => {
    const world = new World();
    await world.scale('one', 3, { rules: { canary: false } });
    const { book, pid } = await world.open('scale', 'dead');
    await book.enter('one' as LaunchId, { batch: 1, count: 3 });
    world.alive.delete(pid);
    const events = await world.terminate();
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    expect(notices).toEqual(['settled batch 1 of launch one, which an earlier run left open: 3 machines']);
  });

  test('machines that were about to be ended are ended, and the record is clear', async () => {
    const world = new World();
    await world.scale('one', 3);
    const [first] = world.ec2.living() as [Machine];
    const { book, pid } = await world.open('scale', 'dead');
    await book.enterEnd([first.instanceId], 'terminate');
    world.alive.delete(pid);
    const events = await world.scale('next', 2);
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    expect(notices).toEqual(['terminated 1 machine, as an earlier run was about to']);
    expect(world.standing()).toEqual(proved(2));
    expect(world.ec2.living().map(({ instanceId }) => instanceId)).not.toContain(first.instanceId);
  });
});

describe('a record that was copied from another fleet', () => {
  test('ends no machine of that one', async () => {
    const world = new World();
    await world.scale('one', 2);
    const [first] = world.ec2.living() as [Machine];
    const other = world.ec2.add({ ...first, tags: { ...first.tags, 'rolecall:role': 'other' } });
    const { book, pid } = await world.open('scale', 'dead');
    await book.enterEnd([other], 'terminate');
    world.alive.delete(pid);
    await expect(world.scale('next', 2)).rejects.toThrow(`speaks of ${other}, which is of another fleet`);
    await expect(world.terminate()).rejects.toThrow(ConflictError);
    expect(world.ec2.living()).toHaveLength(3);
  });

  test.each(['catalogue', 'role', 'environment', 'context'])(
    'launches nothing of another %s',
    async (part) => {
      const world = new World();
      const elsewhere = role({}, { [part]: 'other' });
      await beginLaunch(world.plan('foreign', 1, { of: elsewhere }).launch, world.records, 0);
      const { book, pid } = await world.open('scale', 'dead');
      await book.enter('foreign' as LaunchId, { batch: 1, count: 1 });
      world.alive.delete(pid);
      const before = world.ec2.machines.size;
      await expect(world.scale('next', 2)).rejects.toThrow(
        'speaks of launch foreign, which is of another fleet',
      );
      expect(world.ec2.machines.size).toBe(before);
    },
  );
});

describe('RunInstances that is refused', () => {
  const refusal = { type: 'batch-refused', error: { kind: 'permission' } };

  test.each(['same', 'other'])(
    'after an answer was lost: the next run (%s launch) finds what was launched, however late EC2 shows it',
    async (next) => {
      const world = new World();
      world.ec2.lateness = () => 20_000;
      world.ec2.denied = 1;
      world.ec2.lost = true;
      expect((await world.scale('same', 3, { rules: { canary: false } })).at(-1)).toMatchObject(refusal);
      expect(world.standing()).toEqual(['none', 'none', 'none']);
      expect((await glimpse(world.records, KEY, world.clock)).open).toMatchObject([{ launch: 'same' }]);
      await world.scale(next, 3);
      expect(world.standing()).toEqual(proved(3));
      expect((await glimpse(world.records, KEY, world.clock)).open).toEqual([]);
    },
  );

  test('at the first try: nothing is open, and the next run launches what it is asked for', async () => {
    const world = new World();
    world.ec2.denied = 1;
    expect((await world.scale('one', 3, { rules: { canary: false } })).at(-1)).toMatchObject(refusal);
    expect((await glimpse(world.records, KEY, world.clock)).open).toEqual([]);
    await world.scale('two', 1);
    expect(world.standing()).toEqual(proved(1));
  });
});

test('a batch that EC2 will never take, since its subnet is gone, blocks the fleet no longer', async () => {
  for (let step = 0; ; step += 1) {
    const world = new World();
    if (!(await killed(world.scale('one', 3, { step: fuse(step) })))) throw new Error('it never stood open');
    const { open } = await glimpse(world.records, KEY, world.clock);
    if (open.length === 0 || world.ec2.living().length > 0) continue;
    world.ec2.invalid = true;
    await expect(world.scale('two', 3)).resolves.toBeDefined();
    expect((await glimpse(world.records, KEY, world.clock)).open).toEqual([]);
    world.ec2.invalid = false;
    await world.scale('three', 3);
    expect(world.standing()).toEqual(proved(3));
    return;
  }
});
