import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AwsError } from '../../src/errors.ts';
import type { LaunchEvent } from '../../src/launch/events.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { launchMachines } from '../../src/launch/launch.ts';
import type { LaunchPlan, LaunchTools } from '../../src/launch/plan.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import type { InstanceId } from '../../src/model.ts';
import { holdsAsync } from '../support/property.ts';
import { MemoryEc2, VirtualClock } from './memory-ec2.ts';
import { hashOf, LAUNCH, payload, role } from './roles.ts';

/** The process is gone: nothing after it runs. */
class Crash extends Error {}

/** Throws at the nth step, counted from 0. */
function fuse(steps: number): () => void {
  let left = steps;
  return () => {
    if (left === 0) throw new Crash();
    left -= 1;
  };
}

/** Records on disk, with a step before and after each write: recorded-but-unsent and answered-but-unrecorded. */
function crashing(records: LaunchRecords, step: () => void): LaunchRecords {
  return {
    ...records,
    create: async (key, text) => {
      step();
      const created = await records.create(key, text);
      step();
      return created;
    },
  };
}

interface Scene {
  readonly ec2: MemoryEc2;
  readonly clock: VirtualClock;
  readonly folder: string;
}

async function inScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-crash-'));
  try {
    await work({ clock, folder, ec2: new MemoryEc2(clock) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The nth process of a launch: with a nonce of its own, and dead after `steps` steps. */
function processOf(
  { ec2, clock, folder }: Scene,
  count: number,
  nth: number,
  steps = Number.POSITIVE_INFINITY,
) {
  const step = fuse(steps);
  const own = payload(nth.toString(16).padStart(32, '0'));
  const plan: LaunchPlan = {
    launch: LAUNCH,
    role: role(),
    settingsHash: hashOf(role()),
    payload: async () => own,
    count,
  };
  const tools: LaunchTools = {
    ec2: ec2.port(step),
    records: crashing(fileRecords(folder), step),
    clock,
    maxBatch: 3,
  };
  return launchMachines(plan, tools);
}

/** What the run told of machines, and how it ended. */
async function toldBy(
  run: AsyncGenerator<LaunchEvent>,
): Promise<{ told: Set<InstanceId>; ended: 'done' | 'crash' | 'open' }> {
  const told = new Set<InstanceId>();
  try {
    for await (const event of run) {
      if (event.type === 'batch-launched') for (const { instanceId } of event.machines) told.add(instanceId);
    }
    return { told, ended: 'done' };
  } catch (error) {
    if (error instanceof Crash) return { told, ended: 'crash' };
    if (error instanceof AwsError && error.kind === 'idempotency') return { told, ended: 'open' };
    throw error;
  }
}

const livingIds = ({ ec2 }: Scene) => new Set(ec2.living().map(({ instanceId }) => instanceId));

/** Runs whole processes until one is done: EC2 may need time to show what it has. */
async function finish(scene: Scene, count: number): Promise<Set<InstanceId>> {
  for (let nth = 1_000; nth < 1_100; nth += 1) {
    const { told, ended } = await toldBy(processOf(scene, count, nth));
    if (ended === 'done') return told;
    scene.clock.pass(60_000);
  }
  throw new Error('a hundred whole runs did not finish the launch');
}

test('killed at any one step, the same command ends with what was asked for, no duplicate and no orphan', async () => {
  const count = 7;
  for (let steps = 0; ; steps += 1) {
    let ended = '';
    await inScene(async (scene) => {
      scene.ec2.lateness = (serial) => serial * 4_000;
      ended = (await toldBy(processOf(scene, count, 1, steps))).ended;
      expect(await finish(scene, count)).toEqual(livingIds(scene));
      expect({ killedAtStep: steps, machines: livingIds(scene).size }).toEqual({
        killedAtStep: steps,
        machines: count,
      });
    });
    if (ended === 'done') break;
    expect(steps).toBeLessThan(100);
  }
});

test('a batch that was recorded long before it was sent: EC2 may not show all of its machines yet', async () => {
  const count = 3;
  for (let steps = 0; steps < 40; steps += 1) {
    await inScene(async (scene) => {
      scene.ec2.lateness = (serial) => (serial === 0 ? 0 : 160_000);
      // The first run dies before it sends its first batch, the second one an hour later right after.
      await toldBy(processOf(scene, count, 1, 5));
      scene.clock.pass(3_600_000);
      await toldBy(processOf(scene, count, 2, steps));
      scene.clock.pass(45_000);
      expect(await finish(scene, count)).toEqual(livingIds(scene));
      expect({ steps, machines: livingIds(scene).size }).toEqual({ steps, machines: count });
    });
  }
});

/** What happens between two runs of a launch. */
const trouble = fc.record({
  steps: fc.nat({ max: 30 }),
  capacity: fc.option(fc.nat({ max: 9 }), { nil: Number.POSITIVE_INFINITY }),
  passMs: fc.oneof(fc.nat({ max: 90_000 }), fc.constant(3_600_000)),
  terminated: fc.nat({ max: 2 }),
  forgotten: fc.boolean(),
  recordsLost: fc.boolean(),
});

type Trouble = typeof trouble extends fc.Arbitrary<infer T> ? T : never;

/** One run that dies, and what happens after it. */
async function suffer(scene: Scene, count: number, nth: number, each: Trouble): Promise<void> {
  scene.ec2.capacity = each.capacity;
  await toldBy(processOf(scene, count, nth, each.steps));
  expect(livingIds(scene).size).toBeLessThanOrEqual(count);
  scene.clock.pass(each.passMs);
  // Nobody can terminate a machine that EC2 doesn't show yet.
  for (const { instanceId } of scene.ec2.shown().slice(0, each.terminated)) scene.ec2.terminate(instanceId);
  if (each.passMs >= 3_600_000 && each.forgotten) scene.ec2.forget();
  if (each.recordsLost && each.passMs >= 3_600_000)
    rmSync(join(scene.folder, 'launches'), { recursive: true, force: true });
}

test('killed again and again, with late consistency, changing capacity, machines that go and records that get lost', async () => {
  await holdsAsync(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(trouble, { maxLength: 5 }),
      // Up to seven minutes: no limit of AWS is known, only that a batch counts as settled after ten.
      fc.array(fc.nat({ max: 400_000 }), { minLength: 1, maxLength: 12 }),
      async (count, troubles, lateness) => {
        await inScene(async (scene) => {
          scene.ec2.lateness = (serial) => lateness[serial % lateness.length] ?? 0;
          for (const [nth, each] of troubles.entries()) await suffer(scene, count, nth, each);
          scene.ec2.capacity = Number.POSITIVE_INFINITY;
          const told = await finish(scene, count);
          expect(told).toEqual(livingIds(scene));
          expect(told.size).toBe(count);
        });
      },
    ),
    { numRuns: 150, endOnFailure: true },
  );
});

test('two runs of one launch side by side launch it once', async () => {
  await holdsAsync(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.boolean(), { maxLength: 40 }),
      async (count, turns) => {
        await inScene(async (scene) => {
          const runs = [processOf(scene, count, 1), processOf(scene, count, 2)] as const;
          for (const first of turns) await runs[first ? 0 : 1].next();
          for (const run of runs) await toldBy(run);
          expect(livingIds(scene).size).toBe(count);
          expect(await finish(scene, count)).toEqual(livingIds(scene));
        });
      },
    ),
    { numRuns: 60 },
  );
});
