import { describe, expect, test } from '@jest/globals';
import { ConflictError, InterruptedError } from '../../src/errors.ts';
import { fleetKey, LEASE_MS, type LeaseOptions, move, takeLease } from '../../src/fleet/lease.ts';
import { type Holder, NO_RECORD, parseRecord } from '../../src/fleet/record.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import { VirtualClock } from '../launch/memory-ec2.ts';
import { NAME } from './machines.ts';

const KEY = fleetKey({ ...NAME, region: 'eu-west-1' });

function setting() {
  const clock = new VirtualClock();
  const records = memoryRecords(clock);
  const alive = new Set<number>();
  const holder = (pid: number, host = 'one'): Holder => ({
    ...{ id: `p${pid}`, by: `ann@${host}`, host, pid, verb: 'scale', launch: `l${pid}`, since: 'noon' },
  });
  const options = (of: Holder, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
    ...{ records, key: KEY, holder: of, clock, waitMs: 0, isAlive: (pid) => alive.has(pid) },
    ...more,
  });
  return { clock, records, alive, holder, options };
}

test('a fleet’s record has the region and all names in its key', () => {
  expect(KEY).toBe('fleets/eu-west-1/shop/web/prod/b.json');
});

describe('the lease', () => {
  test('is taken where there is no record, and the record names the holder', async () => {
    const { records, holder, options } = setting();
    expect((await takeLease(options(holder(1)))).record).toMatchObject({ holder: { id: 'p1' }, open: [] });
    const found = await records.version(KEY);
    expect(parseRecord(found?.text ?? '', KEY).holder).toEqual(holder(1));
  });

  test('of a process that lives is waited for, as long as one will; the conflict names it', async () => {
    const { alive, holder, options, clock } = setting();
    alive.add(1);
    await takeLease(options(holder(1)));
    const told: Holder[] = [];
    const began = clock.now();
    const second = takeLease(options(holder(2), { waitMs: 10_000, onWait: (each) => told.push(each) }));
    await expect(second).rejects.toThrow(ConflictError);
    await expect(second).rejects.toThrow('scale by ann@one since noon (launch l1)');
    expect(clock.now() - began).toBeGreaterThanOrEqual(10_000);
    expect(told).toEqual([holder(1)]);
  });

  test.each([-3_600_000, 3_600_000])(
    'is waited for as long as asked though the wall clock is set by %d ms',
    async (stepMs) => {
      const { alive, holder, options, clock } = setting();
      alive.add(1);
      await takeLease(options(holder(1)));
      const began = clock.monotonic();
      const onWait = () => {
        clock.wallStepMs = stepMs;
      };
      await expect(takeLease(options(holder(2), { waitMs: 10_000, onWait }))).rejects.toThrow(ConflictError);
      expect(clock.monotonic() - began).toBe(10_000);
    },
  );

  test('of a process that is gone from this machine is taken at once', async () => {
    const { holder, options, clock } = setting();
    await takeLease(options(holder(1)));
    const began = clock.now();
    expect((await takeLease(options(holder(2)))).record.holder?.id).toBe('p2');
    expect(clock.now()).toBe(began);
  });

  test('of another machine is over when its record has not moved for a minute', async () => {
    const { holder, options, clock } = setting();
    await takeLease(options(holder(1, 'other')));
    clock.pass(LEASE_MS - 1);
    await expect(takeLease(options(holder(2)))).rejects.toThrow(ConflictError);
    clock.pass(1);
    expect((await takeLease(options(holder(2)))).record.holder?.id).toBe('p2');
  });

  test('of many that take it at once one has it', async () => {
    const { alive, holder, options } = setting();
    const pids = [1, 2, 3, 4, 5];
    for (const pid of pids) alive.add(pid);
    const taken = await Promise.allSettled(pids.map((pid) => takeLease(options(holder(pid)))));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('waiting ends when it is interrupted', async () => {
    const { alive, holder, options } = setting();
    alive.add(1);
    await takeLease(options(holder(1)));
    const waiting = takeLease(options(holder(2), { waitMs: 60_000, signal: AbortSignal.abort() }));
    await expect(waiting).rejects.toThrow(InterruptedError);
  });

  test('a write whose answer is lost has been made all the same', async () => {
    const { records, holder, options } = setting();
    const lossy = {
      ...records,
      replace: async (key: string, text: string, etag: string | undefined) => {
        await records.replace(key, text, etag);
        return undefined;
      },
    };
    expect((await takeLease(options(holder(1), { records: lossy }))).record.holder?.id).toBe('p1');
  });
});

const at = (number: number) => ({ ...NO_RECORD, move: number });

/** Records that tell how often they were read. */
function counted(records: LaunchRecords) {
  const count = { reads: 0 };
  const version: LaunchRecords['version'] = (key) => {
    count.reads += 1;
    return records.version(key);
  };
  return { count, records: { ...records, version } };
}

describe('a move of a fleet', () => {
  test('that is answered needs no look: each batch makes two', async () => {
    const { count, records } = counted(memoryRecords(new VirtualClock()));
    let held = await move(records, KEY, undefined, at(1));
    for (let number = 2; number <= 5; number += 1) held = await move(records, KEY, held, at(number));
    expect(held?.record.move).toBe(5);
    expect(count.reads).toBe(0);
    expect(JSON.parse((await records.version(KEY))?.text ?? '')).toMatchObject({ move: 5 });
  });

  test('whose answer is lost is found by a look', async () => {
    const { count, records } = counted(memoryRecords(new VirtualClock()));
    const first = await move(records, KEY, undefined, at(1));
    const losing: LaunchRecords = {
      ...records,
      replace: async (...args) => {
        await records.replace(...args);
        return undefined;
      },
    };
    const second = await move(losing, KEY, first, at(2));
    expect(second?.record.move).toBe(2);
    expect(count.reads).toBe(1);
    expect((await move(records, KEY, second, at(3)))?.record.move).toBe(3);
  });

  test('from a version that is left is none', async () => {
    const { records } = counted(memoryRecords(new VirtualClock()));
    const first = await move(records, KEY, undefined, at(1));
    await move(records, KEY, first, at(2));
    expect(await move(records, KEY, first, at(3))).toBeUndefined();
    expect(JSON.parse((await records.version(KEY))?.text ?? '')).toMatchObject({ move: 2 });
  });
});
