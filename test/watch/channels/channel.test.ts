/** A third channel, made here: it comes to verdicts by a row of its own, and no other file of src/watch knows it. */
import { describe, expect, test } from '@jest/globals';
import type { InstanceId } from '../../../src/model.ts';
import { CHANNELS } from '../../../src/watch/channels/all.ts';
import type { Channel, OpenChannel } from '../../../src/watch/channels/channel.ts';
import type { Claim } from '../../../src/watch/claims.ts';
import { findMarkers } from '../../../src/watch/markers.ts';
import { verdictNow } from '../../../src/watch/tracked.ts';
import { failedRun, goodRun, OTHER_NONCE } from '../boxes.ts';
import { consoles, notices, Store, verdicts } from '../store.ts';
import { World } from '../world.ts';

/** Notes that machines leave in memory. */
class Notes {
  readonly #world: World;
  readonly #notes = new Map<InstanceId, Claim[]>();

  constructor(world: World) {
    this.#world = world;
  }

  leave(id: InstanceId, lines: readonly string[]): void {
    const { clock } = this.#world;
    const claims = lines.flatMap(findMarkers).map((marker) => ({
      marker,
      at: clock.now(),
      seenAt: clock.monotonic(),
    }));
    this.#notes.set(id, [...(this.#notes.get(id) ?? []), ...claims]);
  }

  /** The row. */
  open(more: Partial<Channel> = {}): OpenChannel {
    return ({ looks, machines, readings, decide }) => ({
      noun: 'note',
      claims: (id) => this.#notes.get(id) ?? [],
      read: async ({ undecided }) => {
        for (const tracked of undecided.filter(({ claims }) => claims.length > 0))
          looks.start(tracked.machine.instanceId, async () => {
            const verdict = verdictNow(tracked, readings.of(tracked), machines.moment, 0);
            return verdict === undefined ? [] : decide(tracked, verdict);
          });
        return [];
      },
      ...more,
    });
  }
}

/** Machines with these consoles, and what a third row tells of them. */
function world(count: number, lines: readonly string[] = []) {
  const there = new World();
  const notes = new Notes(there);
  const boxes = Array.from({ length: count }, (_, n) => there.boot(lines, { n: n + 1 }));
  const watch = (more?: Partial<Channel>, options = {}, first = false) => {
    const row = notes.open(more);
    return there.watch(options, undefined, first ? [row, ...CHANNELS] : [...CHANNELS, row]);
  };
  return { there, notes, watch, ids: boxes.map(({ machine }) => machine.instanceId) };
}

describe('a channel of one’s own', () => {
  test('tells a success with its steps, where the console is empty', async () => {
    const { there, notes, watch, ids } = world(1);
    there.at(9, () => notes.leave(ids[0] as InstanceId, goodRun()));
    const [verdict] = verdicts(await watch());
    expect(verdict).toMatchObject({
      outcome: 'succeeded',
      steps: [{ name: 'metadata' }, { name: 'personality' }, { name: 'init' }],
    });
    expect(there.now).toBeLessThan(12);
  });

  test('tells a failure that the console of the same run doesn’t show', async () => {
    const { there, notes, watch, ids } = world(1, goodRun({}, 6));
    there.at(5, () => notes.leave(ids[0] as InstanceId, failedRun()));
    expect(verdicts(await watch())).toMatchObject([
      { outcome: 'failed', failure: { step: 'init', status: 2 } },
    ]);
  });

  test('beside beacons the failed of either wins', async () => {
    const { there, notes, watch, ids } = world(1);
    const store = new Store(there);
    there.at(5, () => {
      notes.leave(ids[0] as InstanceId, failedRun());
      store.verdict(ids[0] as string, 'ok');
    });
    expect(verdicts(await watch({}, { beacons: store }))).toMatchObject([{ outcome: 'failed' }]);
  });

  test('without proof it is shown, and never counts', async () => {
    const { there, notes, watch, ids } = world(1);
    there.at(5, () => notes.leave(ids[0] as InstanceId, goodRun({ nonce: OTHER_NONCE }).slice(7)));
    const events = await watch();
    const [verdict] = verdicts(events);
    expect(verdict).toMatchObject({
      outcome: 'silent',
      reason: expect.stringContaining('a note that nothing proves says ok init'),
    });
    expect(notices(events)).toEqual([
      `A note of ${ids[0]} (ok init) has a wrong MAC: ignored, as are others like it`,
    ]);
  });

  test.each([
    ['', false, false],
    [' behind beacons', true, false],
    [' before beacons', true, true],
  ])('which covers all machines%s leaves no console to be read', async (_, beacons, first) => {
    const { there, notes, watch, ids } = world(30, failedRun());
    there.at(9, () => {
      for (const id of ids) notes.leave(id, goodRun({ id }));
    });
    const events = await watch({ uncovered: () => [] }, beacons ? { beacons: new Store(there) } : {}, first);
    expect(verdicts(events).map(({ outcome }) => outcome)).toEqual(Array(30).fill('succeeded'));
    expect(consoles(there)).toBe(0);
  });

  test('holds back what others find, for as long as it likes', async () => {
    const { there, watch } = world(1, goodRun());
    let allowed = false;
    there.at(20, () => {
      allowed = true;
    });
    await watch({ allows: () => allowed });
    expect(there.now).toBeGreaterThan(19);
    expect(there.now).toBeLessThan(25);
  });

  test('tells its news, and its error ends the watch', async () => {
    const { watch } = world(1, goodRun());
    const at = 0;
    const events = await watch({ news: () => [{ type: 'notice', at, text: 'no notes today' }] });
    expect(notices(events)).toContain('no notes today');
    const broken = world(1, goodRun());
    const read = () => Promise.reject(new Error('a defect'));
    await expect(broken.watch({ read })).rejects.toThrow('a defect');
  });
});
