import { describe, expect, test } from '@jest/globals';
import { AwsError, ConflictError, InterruptedError } from '../../src/errors.ts';
import { FleetBook } from '../../src/fleet/book.ts';
import { glimpse } from '../../src/fleet/glimpse.ts';
import { LEASE_MS } from '../../src/fleet/lease.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import type { LaunchId } from '../../src/model.ts';
import { SimClock } from '../support/sim-clock.ts';
import { instanceId } from './machines.ts';

const KEY = 'fleets/eu-west-1/shop/web/prod/b.json';
const ONE = 'one' as LaunchId;

function setting() {
  const clock = new SimClock();
  const records = memoryRecords(clock);
  let pid = 0;
  const open = (more: { isAlive?: boolean; records?: LaunchRecords } = {}) => {
    pid += 1;
    const holder = {
      id: `p${pid}`,
      by: `ann-${pid}`,
      host: 'h',
      pid,
      verb: 'scale',
      launch: 'l',
      since: 's',
    };
    const isAlive = () => more.isAlive ?? true;
    return FleetBook.open({ ...{ records, key: KEY, holder, clock, waitMs: 0, isAlive }, ...more, isAlive });
  };
  return { clock, records, open, now: () => glimpse(records, KEY, clock) };
}

describe('a fleet’s book', () => {
  test('has what is under way before it is sent, until it is answered', async () => {
    const { open, now } = setting();
    const book = await open();
    await book.enter(ONE, { batch: 1, count: 3 });
    const done = await book.enterEnd([instanceId(1)], 'terminate');
    expect((await now()).open).toEqual([
      { kind: 'batch', launch: 'one', batch: 1, count: 3 },
      { kind: 'end', how: 'terminate', instance_ids: [instanceId(1)] },
    ]);
    await book.leave(ONE, 1);
    await done([instanceId(1)]);
    const after = await now();
    expect(after.open).toEqual([]);
    expect(after.recentLaunches).toEqual(['one']);
    expect([...after.recentEnds]).toEqual([instanceId(1)]);
    await book.close();
    expect((await now()).holder).toBeNull();
  });

  test('moves go one after another, however many are asked for at once', async () => {
    const { open, now } = setting();
    const book = await open();
    await Promise.all([1, 2, 3, 4, 5].map((batch) => book.enter(ONE, { batch, count: 1 })));
    expect((await now()).open.map((entry) => (entry.kind === 'batch' ? entry.batch : 0))).toEqual([
      1, 2, 3, 4, 5,
    ]);
    await book.close();
  });

  test('keeps the lease for as long as it is open, and gives it back', async () => {
    const { open, clock, now } = setting();
    const book = await open();
    let over = false;
    const later = clock.sleep(5 * LEASE_MS).then(async () => {
      await expect(open()).rejects.toThrow(ConflictError);
      over = true;
      await book.close();
    });
    await clock.run();
    await later;
    expect(over).toBe(true);
    expect((await now()).holder).toBeNull();
  });

  describe('whose store falls silent', () => {
    const out = () => new AwsError('no answer for 30 s', { kind: 'endpoint' });
    /** A book whose moves don't get through from the second one on, each after 90 s. */
    async function silent(error: () => Error) {
      const { records, open, clock, now } = setting();
      let tries = 0;
      const replace: LaunchRecords['replace'] = async () => {
        tries += 1;
        await clock.sleep(90_000);
        throw error();
      };
      let isSilent = false;
      const book = await open({
        records: {
          ...records,
          replace: (...args) => (isSilent ? replace(...args) : records.replace(...args)),
        },
      });
      isSilent = true;
      const working = expect(book.enterEnd([instanceId(1)], 'terminate')).rejects.toThrow(error().message);
      const ended = working.then(() => book.close());
      await clock.run();
      await ended;
      return { tries, now: await now() };
    }

    test('is told once: neither its beat nor its end tries again for as long', async () => {
      const { tries, now } = await silent(out);
      expect(tries).toBe(1);
      expect(now.holder?.id).toBe('p1');
    });

    test('does not try to give the lease back after a server’s error either', async () => {
      const { tries } = await silent(() => new AwsError('HTTP 500', { kind: 'server' }));
      expect(tries).toBe(1);
    });

    test.each([
      ['Ctrl-C', () => new InterruptedError('stopped')],
      ['a refusal', () => new AwsError('no', { kind: 'refused' })],
    ])('tries to give it back after %s', async (_, error) => {
      expect((await silent(error)).tries).toBe(2);
    });
  });

  test.each([-3_600_000, 3_600_000])(
    'keeps the lease though the wall clock is set by %d ms',
    async (stepMs) => {
      const { open, clock } = setting();
      const book = await open();
      const refused: unknown[] = [];
      const later = (async () => {
        await clock.sleep(LEASE_MS / 2);
        clock.wallStepMs = stepMs;
        for (let times = 0; times < 5; times += 1) {
          await clock.sleep(LEASE_MS);
          await open().catch((error: unknown) => refused.push(error));
        }
        await book.close();
      })();
      await clock.run();
      await later;
      expect(refused).toHaveLength(5);
    },
  );

  test('a holder whose lease was taken enters nothing more, and neither takes nor clears anything of the new one', async () => {
    const { open, now } = setting();
    const slow = await open();
    const fresh = await open({ isAlive: false });
    await fresh.enter('two' as LaunchId, { batch: 1, count: 1 });
    await expect(slow.enter(ONE, { batch: 1, count: 3 })).rejects.toThrow(
      /another run has taken the fleet over.*ann-2/,
    );
    await expect(slow.enterEnd([instanceId(1)], 'stop')).rejects.toThrow(ConflictError);
    await slow.close();
    expect(await now()).toMatchObject({ holder: { id: 'p2' }, open: [{ launch: 'two' }] });
    await fresh.close();
  });

  test('a move whose answer was lost is found again', async () => {
    const { open, records, now } = setting();
    let lose = false;
    const lossy: LaunchRecords = {
      ...records,
      replace: async (key, text, etag) => {
        const moved = await records.replace(key, text, etag);
        return lose ? undefined : moved;
      },
    };
    const book = await open({ records: lossy });
    lose = true;
    await book.enter(ONE, { batch: 1, count: 3 });
    expect((await now()).open).toHaveLength(1);
    await book.close();
  });

  test('a lease that was taken though the taking was broken off is given back', async () => {
    const { open, records, now } = setting();
    const broken: LaunchRecords = {
      ...records,
      replace: async (key, text, etag) => {
        const moved = await records.replace(key, text, etag);
        if (text.includes('"id"')) throw new InterruptedError('stopped while PutObject was under way');
        return moved;
      },
    };
    await expect(open({ records: broken })).rejects.toThrow(InterruptedError);
    expect((await now()).holder).toBeNull();
  });

  test('S3 that fails once fails one entry, and the next goes on', async () => {
    const { open, records, now } = setting();
    let fail = false;
    const failing: LaunchRecords = {
      ...records,
      replace: async (key, text, etag) => {
        if (fail) throw new Error('S3 is down');
        return await records.replace(key, text, etag);
      },
    };
    const book = await open({ records: failing });
    fail = true;
    await expect(book.enter(ONE, { batch: 1, count: 3 })).rejects.toThrow('S3 is down');
    fail = false;
    await book.enter(ONE, { batch: 2, count: 3 });
    expect((await now()).open).toMatchObject([{ batch: 2 }]);
    await book.close();
  });

  test('remembers a replacement that is under way, and the size that the fleet has by it', async () => {
    const { open, now } = setting();
    const replacing = { count: 2, old: [instanceId(1), instanceId(2)], launches: [ONE] };
    const book = await open();
    await book.beginReplacing(replacing, 2);
    await book.close();
    expect(await now()).toMatchObject({ replacing, target: 2 });
    const next = await open();
    expect(next.replacing).toEqual(replacing);
    await next.endReplacing();
    await next.close();
    expect(await now()).toMatchObject({ replacing: null, target: 2 });
  });

  test('a target that was named stays through a replacement, and another ends the replacement', async () => {
    const { open, now } = setting();
    const book = await open();
    await book.setTarget(5);
    await book.beginReplacing({ count: 1, old: [instanceId(1)], launches: [ONE] }, 3);
    expect(book.target).toBe(5);
    await book.setTarget(4);
    expect(await now()).toMatchObject({ replacing: null, target: 4 });
    await book.setTarget(0);
    await book.close();
    expect(await now()).toMatchObject({ target: null });
  });
});
