import { describe, expect, test } from '@jest/globals';
import type { BeaconStore } from '../../../../src/watch/options.ts';
import {
  beaconKey,
  failedRun,
  goodRun,
  LAUNCH,
  LAUNCHED_AT,
  logKey,
  marker,
  NONCE,
  OTHER_NONCE,
  text,
} from '../../boxes.ts';
import { notices, Store, verdicts } from '../../store.ts';
import { World } from '../../world.ts';

describe('a machine whose console stays empty', () => {
  test('succeeds by its beacon; boot_ms is when S3 took it', async () => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    world.at(9, () => store.verdict(machine.instanceId, 'ok'));
    const events = await world.watch({ beacons: store });
    expect(verdicts(events)).toEqual([
      {
        outcome: 'succeeded',
        bootMs: 9_000,
        steps: [],
        times: { beginAt: LAUNCHED_AT + 7_700, steps: [], verdictAt: LAUNCHED_AT + 9_000 },
      },
    ]);
    expect(world.now).toBeLessThan(12);
  });

  test('fails by its beacon, with what its boot log tells', async () => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    world.at(9, () => store.verdict(machine.instanceId, 'failed'));
    world.at(11, () =>
      store.log(
        machine.instanceId,
        `==> /var/log/rolecall/bootstrapper.log <==\n${text(failedRun())}\n==> /var/log/rolecall/init.log <==\n${text(goodRun({ run: 'ffffffff', epoch: 1_800_000_000 }))}`,
      ),
    );
    const [verdict] = verdicts(await world.watch({ beacons: store }));
    expect(verdict).toMatchObject({
      outcome: 'failed',
      failure: {
        step: 'init',
        status: 2,
        error: "cp: cannot stat 'memcached.conf': No such file or directory",
      },
    });
    expect(world.now).toBeLessThan(14);
  });

  test('and without one, with what the beacon itself says, after a while', async () => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    const body = text([marker(7, 'end init 2 900'), marker(8, 'verdict failed init 2 1000')]);
    world.at(9, () => store.verdict(machine.instanceId, 'failed', {}, body));
    const [verdict] = verdicts(await world.watch({ beacons: store }));
    expect(verdict).toMatchObject({
      outcome: 'failed',
      bootMs: 9_000,
      steps: [{ name: 'init', status: 2, ms: 900 }],
      failure: { step: 'init', status: 2, excerpt: [], reason: expect.stringMatching(/beacon says so/) },
    });
    expect(world.now).toBeGreaterThan(18);
    expect(world.now).toBeLessThan(25);
  });

  test('a boot log that another nonce signed proves nothing', async () => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    world.at(9, () => {
      store.verdict(machine.instanceId, 'failed');
      store.log(machine.instanceId, text(failedRun({ nonce: OTHER_NONCE })));
    });
    const [verdict] = verdicts(await world.watch({ beacons: store }));
    expect(verdict).toMatchObject({ failure: { step: 'init', status: 2, excerpt: [] } });
  });

  test('is lost when it ends before any beacon, and not when its beacon came just before', async () => {
    const world = new World();
    const store = new Store(world);
    const silent = world.boot([], { n: 1 });
    const told = world.boot([], { n: 2 });
    world.at(8, () => {
      store.verdict(told.machine.instanceId, 'ok');
      for (const box of [silent, told]) world.state(box, 'terminated');
    });
    const outcomes = (await world.watch({ beacons: store })).flatMap((event) =>
      event.type === 'verdict' ? [[event.machine.instanceId, event.verdict.outcome]] : [],
    );
    expect(new Map(outcomes as [string, string][])).toEqual(
      new Map([
        [silent.machine.instanceId, 'lost'],
        [told.machine.instanceId, 'succeeded'],
      ]),
    );
  });
});

describe('two channels that disagree', () => {
  test.each([
    ['the console', failedRun(), 'ok'],
    ['the beacon', goodRun(), 'failed'],
  ] as const)('failed wins: %s says so', async (_who, lines, word) => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot(lines);
    // Known when the console tells its verdict (printed at 2 + 8 / 2 seconds and later).
    world.at(5.1, () => store.verdict(machine.instanceId, word));
    const [verdict] = verdicts(await world.watch({ beacons: store }));
    expect(verdict).toMatchObject({ outcome: 'failed', failure: { step: 'init' } });
  });

  test('two beacons of one machine: failed wins', async () => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    world.at(5, () => {
      store.verdict(machine.instanceId, 'failed');
      store.verdict(machine.instanceId, 'ok');
    });
    expect(verdicts(await world.watch({ beacons: store }))).toMatchObject([{ outcome: 'failed' }]);
  });

  test('keys that are no beacons mean nothing', async () => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    world.at(5, () => {
      for (const key of ['ok', 'ok.init', 'fine.init', 'ok.a/b', `ok.${'x'.repeat(49)}`])
        store.put(`beacons/${LAUNCH}/v/${machine.instanceId}/${key}`);
      store.verdict('i-nobody', 'ok');
    });
    const events = await world.watch({ beacons: store });
    expect(verdicts(events)).toMatchObject([{ outcome: 'silent' }]);
    expect(notices(events)).toEqual([
      expect.stringMatching(/^6 objects among the beacons with a key of another/),
    ]);
  });
});

describe('what nothing proves is told, and never counts', () => {
  const OTHERS = [
    ['of another nonce', { nonce: OTHER_NONCE }],
    ['of a sibling', { id: 'i-00000000000000009' }],
    ['of another launch', { launch: 'web-2' }],
  ] as const;

  test.each(OTHERS)('an ok %s beside a console that fails, or says nothing', async (_, who) => {
    for (const [lines, outcome] of [
      [failedRun(), 'failed'],
      [[], 'silent'],
    ] as const) {
      const world = new World();
      const store = new Store(world);
      const { machine } = world.boot(lines);
      world.at(3, () => {
        const event = marker(8, 'verdict ok init 0 1', { id: machine.instanceId, ...who });
        store.put(beaconKey(event, machine.instanceId).replace('web-2', LAUNCH));
      });
      const events = await world.watch({ beacons: store });
      const [verdict] = verdicts(events);
      expect(verdict?.outcome).toBe(outcome);
      if (verdict?.outcome === 'silent')
        expect(verdict.reason).toContain('a beacon that nothing proves says ok init');
      expect(notices(events)).toEqual([
        expect.stringMatching(/^A beacon of i-0+1 \(ok init\) has a wrong MAC/),
      ]);
    }
  });

  test('a true beacon whose listing is answered in the middle of a tick is not called a wrong one', async () => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    world.at(9, () => store.verdict(machine.instanceId, 'ok'));
    let answer = () => {};
    // The answer comes while the console is read: this tick has proved only the beacons that were there before.
    const beacons: BeaconStore = {
      list: async (prefix) => {
        const objects = await store.list(prefix);
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return objects;
      },
      readText: (key) => store.readText(key),
      read: (key) => store.read(key),
    };
    const { consoleOutput } = world.ec2;
    world.ec2.consoleOutput = async (...args) => {
      answer();
      return await consoleOutput(...args);
    };
    const events = await world.watch({ beacons });
    expect(verdicts(events)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(notices(events)).toEqual([]);
  });

  test('nor do thousands of them keep the consoles from being read', async () => {
    const world = new World();
    const store = new Store(world);
    for (let n = 1; n <= 40; n += 1) {
      const { machine } = world.boot(goodRun(), { n });
      store.verdict(machine.instanceId, 'failed', { nonce: OTHER_NONCE });
    }
    const outcomes = verdicts(await world.watch({ beacons: store, timeoutMs: 300_000 })).map(
      (one) => one.outcome,
    );
    expect(outcomes).toEqual(Array(40).fill('succeeded'));
  });
});

test('a watch that did not launch recovers the nonce, not once a machine, and proves the beacons with it', async () => {
  const world = new World();
  const store = new Store(world);
  const userData = `rolecall_launch=${LAUNCH}\nrolecall_nonce=${NONCE}\n`;
  for (let n = 1; n <= 30; n += 1) {
    const batch = { tags: { 'rolecall:batch': '1' } };
    const { machine } = world.add({ n, state: 'running', ...batch }, { userData });
    store.verdict(machine.instanceId, n === 7 ? 'failed' : 'ok');
  }
  const { watchLaunch } = await import('../../../../src/watch/watch.ts');
  const found: string[] = [];
  const sent = { machines: [], done: true };
  const options = { ec2: world.ec2, clock: world.clock, launch: LAUNCH, timeoutMs: 60_000, beacons: store };
  for await (const event of watchLaunch({ ...options, sent: () => sent }))
    if (event.type === 'verdict') found.push(event.verdict.outcome);
  expect(found.filter((outcome) => outcome === 'succeeded')).toHaveLength(29);
  expect(found.filter((outcome) => outcome === 'failed')).toHaveLength(1);
  expect(world.calls.filter(({ name }) => name === 'userData').length).toBeLessThan(6);
});

describe('a boot log is believed for its MAC and its content', () => {
  const told = async (put: (store: Store, id: string) => void) => {
    const world = new World();
    const store = new Store(world);
    const { machine } = world.boot([]);
    world.at(5, () => {
      store.verdict(machine.instanceId, 'failed');
      put(store, machine.instanceId);
    });
    const [verdict] = verdicts(await world.watch({ beacons: store }));
    return verdict?.outcome === 'failed' ? verdict.failure.excerpt.length : undefined;
  };
  const LOG = text(failedRun());

  test('and then its lines are shown', async () => {
    expect(await told((store, id) => store.log(id, LOG))).toBe(4);
  });

  test.each<[string, (store: Store, id: string) => void]>([
    ['of another nonce', (store, id) => store.put(logKey(LOG, { id, nonce: OTHER_NONCE }), LOG)],
    [
      'of a sibling',
      (store, id) => store.put(logKey(LOG, { id: 'i-00000000000000009' }).replace(/i-[0-9a-f]+/, id), LOG),
    ],
    ['with another content', (store, id) => store.put(logKey('other', { id }), LOG)],
    ['of another run', (store, id) => store.put(logKey(LOG, { id, run: 'ffff0000' }), LOG)],
    ['under the key of before', (store, id) => store.put(`logs/${LAUNCH}/${id}`, LOG)],
  ])('not one %s', async (_, put) => {
    expect(await told(put)).toBe(0);
  });
});

test('few machines: the console still tells the steps of a success', async () => {
  const world = new World();
  const store = new Store(world);
  const { machine } = world.boot(goodRun());
  world.at(5.1, () => store.verdict(machine.instanceId, 'ok'));
  const [verdict] = verdicts(await world.watch({ beacons: store }));
  expect(verdict?.steps.map(({ name }) => name)).toEqual(['metadata', 'personality', 'init']);
});

describe('many machines, where every step is to be told', () => {
  /** The steps told of thirty machines whose consoles show so many markers of a run before their beacons come. */
  async function stepsOf(upTo: number, everyStep = true) {
    const world = new World();
    const store = new Store(world);
    for (let n = 1; n <= 30; n += 1) {
      const { machine } = world.boot(goodRun({}, upTo), { n });
      const id = machine.instanceId;
      const told = goodRun({ id }).filter((line) => / (end|verdict) /.test(line));
      world.at(14, () => store.verdict(id, 'ok', {}, text(told)));
    }
    const events = await world.watch({ beacons: store, everyStep });
    return verdicts(events).map(({ steps }) => steps.map(({ name }) => name).join());
  }
  const whole = 'metadata,personality,init';

  test.each([0, 1, 2, 3, 5, 6, 7])(
    'those that a console shows after %d markers are not all',
    async (upTo) => {
      expect(await stepsOf(upTo)).toEqual(Array.from({ length: 30 }, () => whole));
    },
  );

  test('and where they are not asked for, no beacon is read', async () => {
    expect(new Set(await stepsOf(0, false))).toEqual(new Set(['']));
  });
});

describe('a bucket that is out of reach', () => {
  test('is told once, and the console decides', async () => {
    const world = new World();
    const store = new Store(world);
    store.down = true;
    world.boot(goodRun());
    const events = await world.watch({ beacons: store });
    expect(verdicts(events)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(notices(events)).toEqual(["The beacons can't be read, only the consoles are: S3 is not there"]);
  });

  test('for a while: the beacons count again', async () => {
    const world = new World();
    const store = new Store(world);
    store.down = true;
    const { machine } = world.boot([]);
    world.at(5, () => store.verdict(machine.instanceId, 'ok'));
    world.at(15, () => {
      store.down = false;
    });
    const events = await world.watch({ beacons: store });
    expect(verdicts(events)).toMatchObject([{ outcome: 'succeeded', bootMs: 5_000 }]);
    expect(notices(events)).toEqual([
      expect.stringMatching(/can't be read/),
      'The beacons can be read again',
    ]);
  });
});

test('patterns judge consoles: beside them the bucket is not asked', async () => {
  const world = new World();
  const store = new Store(world);
  const { machine } = world.boot(['all fine']);
  store.verdict(machine.instanceId, 'failed');
  const events = await world.watch({ beacons: store, patterns: { success: 'all fine' } });
  expect(verdicts(events)).toMatchObject([{ outcome: 'succeeded' }]);
  expect(store.asked).toEqual([]);
});

test('a boot log that is slow to come delays no other machine', async () => {
  const world = new World();
  const store = new Store(world);
  const [slow, other] = [1, 2].map((n) => world.boot([], { n }).machine.instanceId);
  for (const id of [slow, other]) world.at(9, () => store.verdict(id ?? '', 'failed'));
  store.log(slow ?? '', 'slow');
  world.stalled.add(`read ${logKey('slow', { id: slow })}`);
  const at = new Map<string, number>();
  await world.watch({ beacons: store }, (event) => {
    if (event.type === 'verdict') at.set(event.machine.instanceId, world.now);
  });
  expect(at.get(other ?? '')).toBeLessThan(22);
  expect(at.get(slow ?? '')).toBeGreaterThan(22);
});
