import { describe, expect, test } from '@jest/globals';
import type { AwsErrorKind } from '../../src/errors.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import { goodRun } from './boxes.ts';
import { World } from './world.ts';

const untagged = (events: readonly WatchEvent[]) => events.filter(({ type }) => type === 'untagged');

/** Machines that prove themselves, whose tags AWS refuses for so many seconds from the first verdict on. */
function troubled(count: number, kind: AwsErrorKind, seconds: number): World {
  const world = new World();
  for (let n = 1; n <= count; n += 1) world.boot(goodRun(), { n });
  let judged = false;
  const { tag } = world.ec2;
  Object.assign(world.ec2, {
    tag: (...args: Parameters<typeof tag>) => {
      if (!judged) world.refuse('tag', kind, seconds);
      judged = true;
      return tag(...args);
    },
  });
  return world;
}

describe('the tags of the last verdicts', () => {
  test.each<[AwsErrorKind, number]>([
    ['server', 1],
    ['endpoint', 20],
    ['throttle', 45],
  ])('are set after trouble (%s) of %i s', async (kind, seconds) => {
    const world = troubled(2, kind, seconds);
    const events = await world.watch();
    expect([...world.tags.values()]).toEqual([
      { 'rolecall:verdict': 'succeeded' },
      { 'rolecall:verdict': 'succeeded' },
    ]);
    expect(untagged(events)).toEqual([]);
  });

  test('are asked for less and less often, and for a minute at most; then told, with the reason', async () => {
    const world = troubled(2, 'server', 3_600);
    const events = await world.watch();
    const ids = [...world.machines.keys()];
    expect(untagged(events)).toMatchObject([{ instanceIds: ids, reason: 'tag was refused' }]);
    const asked = world.calls.filter(({ name }) => name === 'tag').map(({ at }) => at);
    expect(asked.length).toBeLessThan(20);
    expect((asked.at(-1) ?? 0) - (asked[0] ?? 0)).toBeLessThan(75);
  });

  test('are told at once where AWS refuses them for good', async () => {
    const world = troubled(1, 'permission', 3_600);
    expect(untagged(await world.watch())).toHaveLength(1);
    expect(world.calls.filter(({ name }) => name === 'tag')).toHaveLength(1);
  });
});

test('one machine among many that EC2 does not know leaves only itself without a tag', async () => {
  const world = new World();
  const boxes = Array.from({ length: 30 }, (_, n) => world.boot(goodRun(), { n: n + 1 }));
  const { instanceId } = (boxes[16] as (typeof boxes)[number]).machine;
  world.untaggable.add(instanceId);
  const events = await world.watch();
  expect(world.tags.size).toBe(29);
  expect(untagged(events)).toMatchObject([{ instanceIds: [instanceId] }]);
});

describe('Ctrl-C', () => {
  /** A large launch: verdicts wait for others to be tagged with. */
  async function stoppedAfter(verdicts: number, spoil: (world: World) => void) {
    const world = new World();
    for (let n = 1; n <= 29; n += 1) world.boot(goodRun(), { n });
    world.add({ n: 30, state: 'running' });
    const stop = new AbortController();
    let seen = 0;
    const events = await world.watch({ signal: stop.signal }, (event) => {
      if (event.type === 'verdict') seen += 1;
      if (seen !== verdicts || stop.signal.aborted) return;
      spoil(world);
      stop.abort();
    });
    return { world, events };
  }

  test('tags the verdicts that are known before it leaves', async () => {
    const { world, events } = await stoppedAfter(5, () => undefined);
    expect(world.tags.size).toBeGreaterThanOrEqual(5);
    expect(untagged(events)).toEqual([]);
  });

  test('waits for the answer, however little time that is by the clock of the cloud', async () => {
    const { world, events } = await stoppedAfter(5, ({ ec2 }) => {
      const { tag } = ec2;
      // The world's clock passes all of its time before a timer of the real one does.
      ec2.tag = async (...args) => {
        await new Promise((resolve) => setTimeout(resolve));
        await tag(...args);
      };
    });
    expect(world.tags.size).toBeGreaterThanOrEqual(5);
    expect(untagged(events)).toEqual([]);
  });

  test('tells of those that it could not tag, and waits for no better time', async () => {
    const { world, events } = await stoppedAfter(5, (there) => there.refuse('tag', 'server', 3_600));
    expect(world.tags.size).toBe(0);
    expect(untagged(events)).toMatchObject([{ reason: 'tag was refused' }]);
    expect(world.calls.filter(({ name }) => name === 'tag')).toHaveLength(1);
  });
});
