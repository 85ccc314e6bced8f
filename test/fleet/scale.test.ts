import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AwsError, InterruptedError } from '../../src/errors.ts';
import type { FleetStreamEvent } from '../../src/fleet/events.ts';
import { createBatch } from '../../src/launch/book.ts';
import { clientToken } from '../../src/launch/identity.ts';
import type { LaunchId } from '../../src/model.ts';
import { role } from '../launch/roles.ts';
import { holdsAsync } from '../support/property.ts';
import { fuse, killed } from './fuse.ts';
import { World } from './world.ts';

const shape = (events: readonly FleetStreamEvent[]): string[] =>
  events.flatMap((event) => {
    switch (event.type) {
      case 'wave-started':
        return [`wave ${event.wave} x${event.size} of ${event.left}${event.canary ? ' canary' : ''}`];
      case 'batch-launched':
        return [`launched ${event.machines.length}`];
      case 'batch-refused':
        return [`refused ${event.missing} ${event.error.code}`];
      case 'machines-ended':
        return [`${event.how} ${event.members.length} ${event.reason}`];
      case 'breaker-tripped':
        return [`breaker ${event.failures}/${event.allowed}, ${event.left} left`];
      case 'notice':
        return [event.text];
      default:
        return [];
    }
  });

const proved = (count: number): string[] => Array.from({ length: count }, () => 'succeeded');

describe('scale out', () => {
  test('is one machine first, then the rest', async () => {
    const world = new World();
    expect(shape(await world.scale('one', 5))).toEqual([
      'wave 1 x1 of 5 canary',
      'launched 1',
      'wave 2 x4 of 4',
      'launched 3',
      'launched 1',
    ]);
    expect(world.standing()).toEqual(proved(5));
  });

  test('goes by waves of a part or a number', async () => {
    const sizes = (events: readonly FleetStreamEvent[]) =>
      events.flatMap((event) => (event.type === 'wave-started' ? [event.size] : []));
    expect(sizes(await new World().scale('one', 20, { rules: { wave: { percent: 25 } } }))).toEqual([
      1, 5, 5, 5, 4,
    ]);
    expect(
      sizes(await new World().scale('one', 7, { rules: { wave: { machines: 4 }, canary: false } })),
    ).toEqual([4, 3]);
  });

  test('launches the difference only, and nothing where there is none', async () => {
    const world = new World();
    await world.scale('one', 3);
    expect(shape(await world.scale('two', 5, { rules: { canary: false } }))).toEqual([
      'wave 1 x2 of 2',
      'launched 2',
    ]);
    expect((await world.scale('three', 5)).map(({ type }) => type)).toEqual(['fleet-seen']);
    expect(world.standing()).toEqual(proved(5));
  });

  test('stops at a canary that fails, and the next run makes its slot good', async () => {
    const world = new World();
    world.boots = () => 'failed';
    expect(shape(await world.scale('one', 5))).toEqual([
      'wave 1 x1 of 5 canary',
      'launched 1',
      'breaker 1/0, 5 left',
    ]);
    world.boots = () => 'succeeded';
    await world.scale('two', 5);
    expect(world.standing()).toEqual(['failed', ...proved(5)]);
  });

  test('retries failed slots only, as long as the breaker holds', async () => {
    const world = new World();
    let failures = 2;
    world.boots = ({ launchIndex }) => (launchIndex === 1 && failures-- > 0 ? 'failed' : 'succeeded');
    const events = await world.scale('one', 7, { rules: { maxFailures: 2, onFailure: 'terminate' } });
    expect(shape(events)).toEqual([
      'wave 1 x1 of 7 canary',
      'launched 1',
      'wave 2 x6 of 6',
      'launched 3',
      'launched 3',
      'terminate 2 failed',
      'wave 3 x2 of 2',
      'launched 2',
    ]);
    expect(world.standing()).toEqual(proved(7));
  });

  test('ends where AWS has no more, with what there is', async () => {
    const world = new World();
    world.ec2.capacity = 4;
    const events = shape(await world.scale('one', 7));
    expect(events.at(-1)).toBe('refused 3 InsufficientInstanceCapacity');
    expect(world.standing()).toEqual(proved(4));
    world.ec2.capacity = 99;
    await world.scale('two', 7);
    expect(world.standing()).toEqual(proved(7));
  });

  test('tells of all that will not come, be the wave that AWS refuses as small as may be, and of no id to name', async () => {
    const refusalOf = async (capacity: number, wave: number) => {
      const world = new World();
      await world.scale('before', 2);
      world.ec2.capacity = 2 + capacity;
      const events = await world.scale('one', 9, { rules: { wave: { machines: wave } } });
      return events.find((event) => event.type === 'batch-refused');
    };
    for (const [capacity, wave] of [
      [0, 3],
      [1, 3],
      [2, 3],
      [5, 2],
    ] as const) {
      const refusal = await refusalOf(capacity, wave);
      expect(refusal).toMatchObject({ missing: 7 - capacity });
      expect(refusal?.error.hint ?? '').not.toContain('--launch-id');
    }
  });

  test('spreads over zones with regard to what the fleet has there', async () => {
    const world = new World();
    const zoned = role({ zones: ['us-east-1a', 'us-east-1b'] });
    await world.scale('one', 3, { of: role({ zones: ['us-east-1a'] }), rules: { canary: false } });
    await world.scale('two', 6, { of: zoned, rules: { canary: false } });
    const zones = world.ec2.living().map(({ zone }) => zone);
    expect(zones.filter((zone) => zone === 'us-east-1a')).toHaveLength(3);
  });

  test('judges machines that an earlier run left unjudged before it counts them', async () => {
    const world = new World();
    await world.scale('one', 3);
    for (const { instanceId } of world.ec2.living())
      world.ec2.setTags(instanceId, { 'rolecall:verdict': '' });
    const events = shape(await world.scale('two', 3));
    expect(events).toEqual(["3 of the fleet's machines were never judged: waiting for their verdicts"]);
    expect(world.standing()).toEqual(proved(3));
  });

  test('counts machines that EC2 does not describe yet', async () => {
    const world = new World();
    world.ec2.lateness = () => 300_000;
    await world.scale('one', 4);
    await world.scale('two', 4);
    expect(world.ec2.living()).toHaveLength(4);
  });
});

describe('scale in', () => {
  test('ends failed machines first, then stale ones, then the oldest', async () => {
    const world = new World();
    await world.scale('old', 2, { build: 'v1', rules: { canary: false } });
    world.clock.pass(60_000);
    world.boots = ({ tags }) => (tags['rolecall:launch'] === 'bad' ? 'failed' : 'succeeded');
    await world.scale('bad', 3, { build: 'v2' });
    await world.scale('new', 5, { build: 'v2', rules: { canary: false } });
    const events = await world.scale('in', 2, { build: 'v2' });
    expect(shape(events)).toEqual(['terminate 4 surplus']);
    expect(world.ec2.living().map(({ tags }) => tags['rolecall:launch'])).toEqual(['new', 'new']);
  });

  test('asks, and does nothing without a yes', async () => {
    const world = new World();
    await world.scale('one', 3);
    expect(shape(await world.scale('two', 1, { agreed: () => false }))).toEqual([]);
    expect(world.standing()).toEqual(proved(3));
  });

  test('to 0 means 0, failed ones included', async () => {
    const world = new World();
    world.boots = () => 'failed';
    await world.scale('one', 3);
    expect(world.standing()).toEqual(['failed']);
    await world.scale('two', 0);
    expect(world.ec2.living()).toEqual([]);
    expect(shape(await world.scale('three', 0))).toEqual([]);
  });

  test('to 0 waits for no verdict', async () => {
    const world = new World();
    await world.scale('one', 3);
    for (const { instanceId } of world.ec2.living())
      world.ec2.setTags(instanceId, { 'rolecall:verdict': '' });
    expect(shape(await world.scale('two', 0))).toEqual(['terminate 3 surplus']);
  });

  test('counts machines that a killed run of the same launch never judged, beside those of others', async () => {
    const world = new World();
    const die = () => {
      if (world.ec2.living().length === 5) throw new Error('killed');
    };
    expect(await killed(world.scale('one', 5, { rules: { canary: false }, step: die }))).toBe(true);
    // As `launch` does it, which waits for nobody.
    await world.launch('by-hand', 3);
    await world.scale('one', 5);
    expect(world.standing()).toEqual(proved(5));
  });

  test('touches only what rolecall launched into this fleet', async () => {
    const world = new World();
    await world.scale('one', 2);
    const [first] = world.ec2.living();
    if (first === undefined) throw new Error('there are two');
    // "Launch more like this" copies every tag.
    const copied = world.ec2.add({ ...first, clientToken: 'by-hand' });
    const other = world.ec2.add({ ...first, tags: { ...first.tags, 'rolecall:context': 'a' } });
    await world.scale('two', 0);
    expect(world.ec2.living().map(({ instanceId }) => instanceId)).toEqual([copied, other]);
  });
});

/** Runs whole processes until one is through: EC2 may need time to show what it has. */
async function finish(world: World, launch: string, count: number): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    try {
      await world.scale(launch, count);
      return;
    } catch (error) {
      if (!(error instanceof AwsError && error.kind === 'idempotency')) throw error;
    }
    world.clock.pass(60_000);
  }
  throw new Error('fifty whole runs did not finish it');
}

describe('interrupted while machines of earlier launches are judged', () => {
  /** Ctrl-C: the watch ends, and has told nothing. */
  function interruption() {
    const abort = new AbortController();
    const judge = async () => {
      abort.abort();
      return new Map();
    };
    return { signal: abort.signal, judge };
  }

  test('scale ends no machine', async () => {
    const world = new World();
    await world.scale('one', 4);
    const [first] = world.ec2.living();
    if (first === undefined) throw new Error('there are four');
    world.ec2.setTags(first.instanceId, { 'rolecall:verdict': '' });
    await expect(world.scale('two', 2, interruption())).rejects.toThrow(InterruptedError);
    expect(world.ec2.living()).toHaveLength(4);
  });

  test('replace ends no machine, and notes no size that was counted without them', async () => {
    const world = new World();
    await world.scale('one', 4, { build: 'v1' });
    for (const { instanceId } of world.ec2.living().slice(1))
      world.ec2.setTags(instanceId, { 'rolecall:verdict': '' });
    await expect(world.replace('two', { build: 'v2', ...interruption() })).rejects.toThrow(InterruptedError);
    await world.replace('three', { build: 'v2' });
    expect(world.standing()).toEqual(proved(4));
  });
});

test('a batch that a run of the same launch recorded before it slept brings no failed machine back', async () => {
  const world = new World();
  let first: string | undefined;
  world.boots = ({ instanceId }) => {
    if (first === undefined) {
      first = instanceId;
      void createBatch(world.records, 'one' as LaunchId, {
        version: 1,
        batch: 2,
        count: 1,
        client_token: clientToken('one' as LaunchId, 2),
        offering: { instance_type: 't3.micro', zone: null, subnet: null, market: 'on-demand' },
        payload_sha256: '',
        created: new Date(world.clock.now()).toISOString(),
      });
    }
    return instanceId === first ? 'failed' : 'succeeded';
  };
  await world.scale('one', 3, { rules: { maxFailures: 1 } });
  expect(world.standing()).toEqual(['failed', ...proved(3)]);
});

/** Who goes on where a run ended, and under which launch id. */
const RE_RUNS = [
  ['the same command', 'one'],
  ['another run', 'other'],
] as const;

test.each(RE_RUNS)(
  'AWS is out of reach from any one step on: the run ends with its error, and %s goes on where it was',
  async (_, again) => {
    for (let steps = 0; ; steps += 1) {
      const world = new World();
      world.ec2.lateness = (serial) => serial * 4_000;
      let left = steps;
      const step = () => {
        left -= 1;
        if (left < 0) throw new AwsError('out of reach', { kind: 'server', code: 'InternalError' });
      };
      const ended = await world.scale('one', 5, { step }).catch((error: unknown) => error);
      const through = Array.isArray(ended);
      if (!through) expect(ended).toBeInstanceOf(AwsError);
      await finish(world, again, 5);
      expect({ steps, standing: world.standing() }).toEqual({ steps, standing: proved(5) });
      if (through) return;
    }
  },
);

describe('killed', () => {
  test.each(RE_RUNS)(
    'at any one step, %s ends with the size that was asked for, no duplicate and no orphan',
    async (_, again) => {
      for (let steps = 0; ; steps += 1) {
        const world = new World();
        world.ec2.lateness = (serial) => serial * 4_000;
        const died = await killed(world.scale('one', 5, { step: fuse(steps) }));
        await finish(world, again, 5);
        expect({ killedAtStep: steps, standing: world.standing() }).toEqual({
          killedAtStep: steps,
          standing: proved(5),
        });
        if (!died) return;
      }
    },
  );

  test('again and again, by runs with other sizes too, the last one has its way', async () => {
    const run = fc.record({
      steps: fc.nat(60),
      count: fc.nat(6),
      launch: fc.constantFrom('one', 'two', 'three'),
    });
    await holdsAsync(
      fc.asyncProperty(fc.array(run, { maxLength: 6 }), fc.nat(6), async (runs, last) => {
        const world = new World();
        world.ec2.lateness = (serial) => (serial % 3) * 4_000;
        for (const { steps, count, launch } of runs) {
          // A launch id is of one size.
          await killed(world.scale(`${launch}-${count}`, count, { step: fuse(steps) })).catch((error) => {
            if (!(error instanceof AwsError && error.kind === 'idempotency')) throw error;
          });
          world.clock.pass(20_000);
        }
        await finish(world, 'last', last);
        expect(world.standing()).toEqual(proved(last));
      }),
      { numRuns: 60 },
    );
  });
});
