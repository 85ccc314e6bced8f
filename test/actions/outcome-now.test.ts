import { describe, expect, test } from '@jest/globals';
import type { KnownLaunch } from '../../src/actions/known-launch.ts';
import { outcomeNow } from '../../src/actions/outcome-now.ts';
import type { RecordedOutcome } from '../../src/actions/recorded.ts';
import type { Session } from '../../src/actions/session.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import { launchDocument } from '../../src/results/document.ts';
import { timelinesOf } from '../../src/results/timelines.ts';
import { fold, META, START, SUCCEEDED } from '../reporters/support.ts';
import { beaconKey, failedRun, goodRun, LAUNCH, LAUNCHED_AT, machine, marker } from '../watch/boxes.ts';
import { World } from '../watch/world.ts';

const EPOCH = LAUNCHED_AT / 1000;
const HOUR = 3_600_000;

/** What can be read of the world's launch, an hour after it. */
async function outcome(
  world: World,
  { beacons, ...more }: Partial<KnownLaunch> & Partial<Pick<Session, 'beacons'>> = {},
  earlier?: RecordedOutcome,
) {
  await world.clock.sleep(HOUR);
  const ec2 = { ...world.ec2, polling: world.ec2 } as unknown as Session['ec2'];
  const runtime = { clock: world.clock, env: {}, signal: new AbortController().signal };
  const known: KnownLaunch = {
    session: { ec2, beacons, catalogue: undefined, records: memoryRecords() } as unknown as Session,
    meta: { ...META, id: LAUNCH },
    requested: world.machines.size,
    launched: world.machines.size,
    answered: [],
    machines: undefined,
    timeoutMs: 600_000,
    patterns: {},
    budget: undefined,
    ...more,
  };
  return await outcomeNow(LAUNCH, known, earlier, runtime);
}

/** A payload, as EC2 gives a machine's user data back. */
const USER_DATA = `rolecall_launch=${LAUNCH}\nrolecall_nonce=0123456789abcdef0123456789abcdef\n`;
const verdicts = ({ document }: Awaited<ReturnType<typeof outcome>>) =>
  document.machines.map(({ verdict, failure }) => [verdict, failure?.reason ?? failure?.error]);

describe('what can be read of a launch now', () => {
  test('consoles tell verdicts, steps and times; nothing is tagged, and nobody waits', async () => {
    const world = new World();
    for (const [n, lines] of [goodRun({ epoch: EPOCH }), failedRun({ epoch: EPOCH })].entries())
      Object.assign(world.boot(lines, { n: n + 1 }), { userData: USER_DATA });
    const found = await outcome(world);
    expect(verdicts(found)).toEqual([
      ['succeeded', undefined],
      ['failed', "cp: cannot stat 'memcached.conf': No such file or directory"],
    ]);
    expect(found.timelines[0]).toMatchObject({ begin_ms: 0, running_ms: null, verdict_ms: 7000 });
    expect(found.document.exit_code).toBe(3);
    expect(world.tags.size).toBe(0);
    expect(world.now - HOUR / 1000).toBeLessThan(5);
  });

  test('a machine that has time left has no verdict yet; one whose time is over is silent', async () => {
    const lines = goodRun({ epoch: EPOCH }, 6);
    const at = (timeoutMs: number) => {
      const world = new World();
      Object.assign(world.boot(lines), { userData: USER_DATA });
      return outcome(world, { timeoutMs });
    };
    expect(verdicts(await at(2 * HOUR))).toEqual([['silent', 'watching ended before its verdict']]);
    expect(verdicts(await at(600_000))).toEqual([
      ['silent', expect.stringMatching(/^stuck in step init for 3\d{3} s/)],
    ]);
  });

  test('where the console tells nothing any more, the tag does', async () => {
    const world = new World();
    world.add({ n: 1, state: 'terminated', tags: { 'rolecall:verdict': 'succeeded' } });
    world.add({ n: 2, state: 'running', tags: { 'rolecall:verdict': 'failed' } });
    world.add({ n: 3, state: 'terminated', tags: {} });
    expect(verdicts(await outcome(world))).toEqual([
      ['succeeded', undefined],
      ['failed', expect.stringMatching(/^its tag rolecall:verdict says so/)],
      ['lost', 'terminated; EC2 gives no reason'],
    ]);
  });

  test('machines that EC2 has forgotten are told, with what beacons say that nothing proves', async () => {
    const world = new World();
    const answered = [machine({ n: 7 }), machine({ n: 8 })];
    const [seventh] = answered;
    const key = beaconKey(
      marker(8, 'verdict ok init 0 1300', { id: seventh?.instanceId ?? '' }),
      seventh?.instanceId,
    );
    const facts = { key, modifiedAt: LAUNCHED_AT, size: 1, etag: '"x"' };
    const beacons = {
      list: async () => [facts],
      readText: async () => undefined,
      read: async () => undefined,
    };
    const found = await outcome(world, {
      answered,
      beacons: beacons as unknown as NonNullable<Session['beacons']>,
    });
    const reason = 'EC2 no longer describes it, and no record tells how its boot ended';
    expect(verdicts(found)).toEqual([
      ['silent', `${reason}; a beacon that nothing proves says ok init`],
      ['silent', reason],
    ]);
    expect(found.document.exit_code).toBe(5);
  });

  test('an earlier record fills in what is gone, with its times; it overrules no console', async () => {
    const world = new World();
    Object.assign(world.boot(failedRun({ epoch: EPOCH }), { n: 1 }), { userData: USER_DATA });
    const answered = [machine({ n: 1 }), machine({ n: 2 }), machine({ n: 3 })];
    const view = fold(
      answered.map((each) => ({
        type: 'verdict',
        at: START,
        machine: each,
        verdict: {
          ...SUCCEEDED,
          times: { beginAt: LAUNCHED_AT + 900, steps: [], verdictAt: LAUNCHED_AT + 2140 },
        },
      })),
    );
    const earlier: RecordedOutcome = {
      version: 1,
      result: 1,
      verb: 'launch',
      created: new Date(START).toISOString(),
      undecided: [answered[2]?.instanceId ?? ''],
      document: launchDocument(view, META),
      timelines: timelinesOf(view),
    };
    const found = await outcome(world, { answered }, earlier);
    expect(verdicts(found).map(([verdict]) => verdict)).toEqual(['failed', 'succeeded', 'silent']);
    expect(found.document.machines[1]).toMatchObject({ boot_ms: 2140, steps: SUCCEEDED.steps });
    expect(found.timelines[1]).toMatchObject({ begin_ms: 900, verdict_ms: 2140 });
  });
});
