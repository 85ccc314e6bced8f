/** What a launch costs in requests, against EC2's documented buckets: counted, on a clock that only sleeping moves. */
import { describe, expect, test } from '@jest/globals';
import { AwsError } from '../../src/errors.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { WatchOptions } from '../../src/watch/options.ts';
import { goodRun, LAUNCHED_AT, text } from './boxes.ts';
import { World } from './world.ts';

/** Numbers from 0 up to 1, the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

type Port = WatchOptions['ec2'];

/** EC2 as AWS documents it: requests by operation, and those that find an empty bucket refused. */
class Counted {
  readonly requests = new Map<string, number>();
  throttled = 0;
  readonly #world: World;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(world: World) {
    this.#world = world;
  }

  get total(): number {
    return [...this.requests.values()].reduce((sum, count) => sum + count, 0);
  }

  get port(): Port {
    const { ec2, machines } = this.#world;
    return {
      machinesOfLaunch: async (launch) => {
        for (let page = 0; page < machines.size; page += 1000) this.#take('DescribeInstances', 100, 20);
        return ec2.machinesOfLaunch(launch);
      },
      statusChecks: async (ids) => {
        for (let chunk = 0; chunk < ids.length; chunk += 100) this.#take('DescribeInstanceStatus', 50, 10);
        return ec2.statusChecks(ids);
      },
      consoleOutput: async (id, mode) => {
        this.#take('GetConsoleOutput', 100, 20);
        return ec2.consoleOutput(id, mode);
      },
      userData: async (id) => {
        this.#take('DescribeInstanceAttribute', 100, 20);
        return ec2.userData(id);
      },
      tag: async (ids, tags) => {
        for (let chunk = 0; chunk < ids.length; chunk += 1000) this.#take('CreateTags', 100, 10);
        return ec2.tag(ids, tags);
      },
    };
  }

  #take(operation: string, capacity: number, perSecond: number): void {
    this.requests.set(operation, (this.requests.get(operation) ?? 0) + 1);
    const now = this.#world.clock.now();
    const before = this.#buckets.get(operation) ?? { tokens: capacity, at: now };
    const tokens = Math.min(capacity, before.tokens + ((now - before.at) * perSecond) / 1000) - 1;
    this.#buckets.set(operation, { tokens: Math.max(0, tokens), at: now });
    if (tokens >= 0) return;
    this.throttled += 1;
    throw new AwsError('slow down', { kind: 'throttle', code: 'RequestLimitExceeded' });
  }
}

interface Launched {
  readonly world: World;
  readonly ec2: Counted;
  readonly events: readonly WatchEvent[];
  /** How long after the box's verdict it was known, the longest of all, seconds. */
  readonly latest: number;
  /** RunInstances' requests included. */
  readonly perMachine: number;
}

/** @param bootOf seconds from the launch to the verdict on the console; undefined for a machine that hangs */
async function launched(count: number, bootOf: (nth: number) => number | undefined): Promise<Launched> {
  const world = new World();
  const ready = new Map<string, number>();
  const pending = numbers(7);
  for (let n = 1; n <= count; n += 1) {
    const box = world.add({ n });
    const boots = bootOf(n - 1);
    const runs = Math.min(5 + 5 * pending(), (boots ?? 20) / 2);
    world.at(runs, () => world.state(box, 'running'));
    if (boots === undefined) continue;
    ready.set(box.machine.instanceId, LAUNCHED_AT + boots * 1000);
    world.at(boots, () => {
      const { instanceId: id } = box.machine;
      box.console = text(goodRun({ id, epoch: Math.floor(LAUNCHED_AT / 1000 + boots) - 7 }));
    });
  }
  const ec2 = new Counted(world);
  const machines = [...world.machines.values()].map(({ machine }) => machine);
  const sent = { machines, launched: count, done: true, only: true };
  const events = await world.watch({ ec2: ec2.port, sent: () => sent, timeoutMs: 600_000 });
  const lateness = events.flatMap((event) =>
    event.type === 'verdict' ? [event.at - (ready.get(event.machine.instanceId) ?? event.at)] : [],
  );
  const perMachine = (ec2.total + Math.ceil(count / 100)) / count;
  return { world, ec2, events, perMachine, latest: Math.max(...lateness) / 1000 };
}

/** Boots of about so many seconds: 15 % sooner or later, and one in twenty half as long again. */
function about(seconds: number): () => number {
  const random = numbers(seconds);
  return () => seconds * (0.85 + 0.3 * random()) * (random() < 0.05 ? 1.5 : 1);
}

const outcomes = (events: readonly WatchEvent[]) => {
  const counts: Record<string, number> = {};
  for (const event of events)
    if (event.type === 'verdict') counts[event.verdict.outcome] = (counts[event.verdict.outcome] ?? 0) + 1;
  return counts;
};

describe.each([20, 60, 300])('boots of %i seconds, no beacons', (seconds) => {
  test.each([1, 10, 20])('%i machines: a verdict is known within about two seconds', async (count) => {
    const { ec2, events, latest } = await launched(count, about(seconds));
    expect(outcomes(events)).toEqual({ succeeded: count });
    // A success is looked at twice more.
    expect(latest).toBeLessThanOrEqual(count > 8 ? 2.5 : 1.5);
    expect(ec2.throttled).toBe(0);
  });

  test.each([
    [100, 3],
    [1000, 1.5],
  ])('%i machines: under %f requests a machine, and none throttled', async (count, most) => {
    const { ec2, events, world, perMachine } = await launched(count, about(seconds));
    expect(outcomes(events)).toEqual({ succeeded: count });
    expect(ec2.throttled).toBe(0);
    expect(perMachine).toBeLessThan(most);
    expect(world.tags.size).toBe(count);
    expect(ec2.requests.get('CreateTags')).toBeLessThanOrEqual(Math.ceil(world.now / 15));
    expect(ec2.requests.get('DescribeInstances')).toBeLessThanOrEqual(50);
    // The slowest takes 1.15 x 1.5 as long as most, and its last pause is a fifth of its age.
    expect(world.now).toBeLessThan(seconds * 1.15 * 1.5 * 1.25 + count / 16 + 5);
  });
});

test('machines that hang are not asked again and again: 50 of 1,000 do, and the 2.5 hold', async () => {
  const random = about(60);
  const { ec2, events, perMachine } = await launched(1000, (nth) => (nth % 20 === 3 ? undefined : random()));
  expect(outcomes(events)).toEqual({ succeeded: 950, silent: 50 });
  expect(ec2.throttled).toBe(0);
  expect(perMachine).toBeLessThan(2.5);
});

test('where all scouts hang, the others have their verdict long before the time is up', async () => {
  const { world, events, perMachine } = await launched(200, (nth) => (nth < 10 ? undefined : 60));
  expect(outcomes(events)).toEqual({ succeeded: 190, silent: 10 });
  const judged = events.flatMap((event) =>
    event.type === 'verdict' && event.verdict.outcome === 'succeeded' ? [event.at] : [],
  );
  expect((Math.max(...judged) - LAUNCHED_AT) / 1000).toBeLessThan(450);
  expect(world.now).toBeLessThan(625);
  expect(perMachine).toBeLessThan(2.5);
});

test('tags that could not be set are set later, when AWS is well again', async () => {
  const world = new World();
  for (let n = 1; n <= 30; n += 1) world.boot(goodRun(), { n });
  const late = world.add({ n: 31, state: 'running' });
  world.at(60, () => {
    late.console = text(goodRun({ id: late.machine.instanceId }));
  });
  world.refuse('tag', 'server', 25);
  const events = await world.watch({ timeoutMs: 120_000 });
  expect(outcomes(events)).toEqual({ succeeded: 31 });
  expect(world.tags.size).toBe(31);
});

test('a console that is shown late is not looked at by the time that its boot took', async () => {
  const world = new World();
  world.postedOnly.add('t2.micro');
  for (let n = 1; n <= 100; n += 1) {
    const box = world.add({ n, state: 'running', instanceType: 't2.micro' });
    world.at(240 + n / 10, () => {
      box.posted = text(goodRun({ id: box.machine.instanceId }));
    });
  }
  const events = await world.watch({ timeoutMs: 600_000 });
  expect(outcomes(events)).toEqual({ succeeded: 100 });
  expect(world.calls.filter(({ name }) => name === 'posted').length).toBeLessThan(250);
});
