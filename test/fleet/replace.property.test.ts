import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rules } from '../../src/fleet/tools.ts';
import type { InstanceId, Machine, Outcome } from '../../src/model.ts';
import { holdsAsync } from '../support/property.ts';
import { fuse, killed } from './fuse.ts';
import { World } from './world.ts';

interface OldMachine {
  readonly verdict: Outcome | 'none';
  readonly state: 'running' | 'stopped';
  readonly build: 'v1' | 'v2';
}

interface Case {
  readonly old: readonly OldMachine[];
  readonly target: number | null;
  readonly which: 'stale' | 'all';
  readonly allowShrink: boolean;
  readonly rules: Partial<Rules>;
  /** How the boots of new machines end, one after another; afterwards all succeed. */
  readonly boots: readonly Outcome[];
  /** Machines that EC2 gives beside the old ones. */
  readonly capacity: number;
  /** Runs that are killed at these steps, before one that is not. */
  readonly kills: readonly number[];
  readonly again: 'same' | 'other';
}

const often = <T>(usual: T, ...rare: readonly T[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(usual, ...rare) },
  );

const CASES: fc.Arbitrary<Case> = fc.record({
  old: fc.array(
    fc.record({
      verdict: fc.constantFrom<OldMachine['verdict']>('succeeded', 'silent', 'failed', 'none'),
      state: often<OldMachine['state']>('running', 'stopped'),
      build: often<OldMachine['build']>('v1', 'v2'),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  target: fc.option(fc.integer({ min: 1, max: 8 })),
  which: fc.constantFrom('stale', 'all'),
  allowShrink: often(false, true),
  rules: fc.record({
    wave: fc.record({ machines: fc.integer({ min: 1, max: 4 }) }),
    canary: fc.boolean(),
    maxFailures: fc.integer({ min: 0, max: 3 }),
    onFailure: fc.constantFrom('keep', 'terminate'),
  }),
  boots: fc.array(often<Outcome>('succeeded', 'failed', 'silent'), { maxLength: 8 }),
  capacity: often(99, 0, 1, 3),
  kills: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 3 }),
  again: fc.constantFrom('same', 'other'),
});

async function fleetOf({ old, target, capacity, boots }: Case): Promise<World> {
  const world = new World();
  await world.launch('before', old.length);
  for (const [index, stored] of [...world.ec2.machines.values()].entries()) {
    const { verdict, state, build } = old[index] as OldMachine;
    const { 'rolecall:verdict': _, ...tags } = stored.machine.tags;
    const judged = verdict === 'none' ? {} : { 'rolecall:verdict': verdict };
    stored.machine = { ...stored.machine, state, tags: { ...tags, ...judged, 'rolecall:build': build } };
  }
  if (target !== null) await world.setTarget(target);
  world.ec2.capacity = old.length + capacity;
  let next = 0;
  world.boots = ({ tags }) => {
    if (tags['rolecall:launch'] === 'before') return 'silent';
    next += 1;
    return boots[next - 1] ?? 'succeeded';
  };
  return world;
}

/** An operator's own client: it knows the machines that were there, and sees what EC2 shows and is asked to end. */
function watchOf(world: World) {
  const before = new Set(world.ec2.living().map(({ instanceId }) => instanceId));
  const isOld = ({ instanceId }: Machine) => before.has(instanceId);
  const runs = ({ state }: Machine) => state === 'running' || state === 'pending';
  const succeeded = ({ tags }: Machine) => tags['rolecall:verdict'] === 'succeeded';
  const running = () => world.ec2.living().filter(runs);
  const counts = () => ({
    proved: running().filter(succeeded).length,
    serving: running().filter((machine) => isOld(machine) || succeeded(machine)).length,
  });
  const atFirst = counts();
  const least = { ...atFirst };
  const ended = new Set<InstanceId>();
  const wrong: string[] = [];
  const look = () => {
    const now = counts();
    least.proved = Math.min(least.proved, now.proved);
    least.serving = Math.min(least.serving, now.serving);
  };
  world.ec2.onTerminate = (ids) => {
    const all = [...world.ec2.machines.values()].map(({ machine }) => machine);
    const arrived = all.filter((machine) => !isOld(machine) && succeeded(machine));
    // Of new ones that failed --on-failure tells what becomes.
    const failures = all.filter((machine) => !isOld(machine) && !succeeded(machine));
    const failed = new Set(failures.map(({ instanceId }) => instanceId));
    for (const id of ids) if (!failed.has(id)) ended.add(id);
    if (ended.size > arrived.length) wrong.push(`${ended.size} ended for ${arrived.length} new ones`);
  };
  return { atFirst, least, wrong, look, counts };
}

async function replaceAndWatch(given: Case) {
  const world = await fleetOf(given);
  const watch = watchOf(world);
  const { which, allowShrink, rules, kills, again } = given;
  const run = (index: number, step: () => void) =>
    world.replace(again === 'same' ? 'new' : `new${index}`, {
      ...{ build: 'v2', which, allowShrink, rules },
      step: () => {
        watch.look();
        step();
      },
    });
  for (const [index, steps] of kills.entries()) {
    const died = await killed(run(index, fuse(steps)));
    watch.look();
    if (!died) break;
  }
  world.clock.pass(60_000);
  const events = await run(99, () => undefined);
  watch.look();
  return { world, watch, events };
}

/** Cut short by capacity, then run again under the same launch, and killed once it was begun. */
const BEGUN_TWICE: Case = {
  old: (['none', 'succeeded', 'none', 'succeeded', 'succeeded'] as const).map((verdict) => ({
    verdict,
    state: 'running',
    build: 'v1',
  })),
  target: 6,
  which: 'stale',
  allowShrink: false,
  rules: { wave: { machines: 3 }, canary: false, maxFailures: 1, onFailure: 'terminate' },
  boots: ['failed'],
  capacity: 3,
  kills: [59, 4],
  again: 'same',
};

test('a fleet never has fewer machines that serve, or that are proved, and each that goes was replaced', async () => {
  await holdsAsync(
    fc.asyncProperty(CASES, async (any) => {
      const given = { ...any, allowShrink: false };
      const { watch } = await replaceAndWatch(given);
      expect({ wrong: watch.wrong, ...watch.least }).toEqual({ wrong: [], ...watch.atFirst });
    }),
    { numRuns: 600, examples: [[BEGUN_TWICE], [{ ...BEGUN_TWICE, target: null, which: 'all' }]] },
  );
}, 120_000);

test('--allow-shrink ends no more than what is beyond the target', async () => {
  await holdsAsync(
    fc.asyncProperty(CASES, async (any) => {
      const given = { ...any, allowShrink: true };
      const { watch } = await replaceAndWatch(given);
      const { serving } = watch.atFirst;
      expect(watch.least.serving).toBeGreaterThanOrEqual(Math.min(serving, given.target ?? serving));
    }),
    { numRuns: 300 },
  );
}, 120_000);

test('where nothing stands in its way, no outdated machine is left, and the fleet has its size', async () => {
  await holdsAsync(
    fc.asyncProperty(CASES, async (any) => {
      const given = { ...any, allowShrink: false, capacity: 99, boots: [] };
      const { world, watch } = await replaceAndWatch(given);
      const outdated = world.ec2
        .living()
        .filter(({ state, tags }) => state === 'running' && tags['rolecall:build'] === 'v1')
        .filter(({ tags }) => tags['rolecall:verdict'] === 'succeeded');
      expect(outdated).toEqual([]);
      const { old, target, which } = given;
      const running = old.filter(({ state }) => state === 'running');
      const proved = running.filter(({ verdict }) => verdict === 'succeeded');
      const current = which === 'all' ? [] : proved.filter(({ build }) => build === 'v2');
      const size = target === null ? running.length : Math.max(target, proved.length);
      const hasOthers = old.length > current.length;
      expect(watch.counts().proved).toBe(hasOthers && size > current.length ? size : proved.length);
    }),
    { numRuns: 300 },
  );
}, 120_000);
