import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { holdsAsync } from '../support/property.ts';

const KEY = 'fleets/eu-west-1/shop/web/prod/b.json';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-versions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Each with its own view of the folder, as processes have. */
const processes = (count: number) => Array.from({ length: count }, () => fileRecords(folder));

describe('a record that is moved, as files', () => {
  test('from none, and on from each version', async () => {
    const records = fileRecords(folder);
    expect(await records.version(KEY)).toBeUndefined();
    expect(await records.replace(KEY, 'a', '1')).toBeUndefined();
    expect(await records.replace(KEY, 'a', undefined)).toBe('1');
    expect(await records.replace(KEY, 'again', undefined)).toBeUndefined();
    const first = await records.version(KEY);
    expect(first).toMatchObject({ text: 'a' });
    expect(await records.replace(KEY, 'b', first?.etag)).toBe('2');
    expect(await records.replace(KEY, 'c', first?.etag)).toBeUndefined();
    expect(await records.version(KEY)).toMatchObject({ text: 'b' });
  });

  test('its age is that of its last move', async () => {
    let now = systemClock.now();
    const records = fileRecords(folder, { now: () => now });
    await records.replace(KEY, 'a', undefined);
    now += 61_000;
    expect((await records.version(KEY))?.ageMs).toBeGreaterThan(59_000);
  });

  test('of many that move on from one version, one does, version after version', async () => {
    const all = processes(8);
    let etag: string | undefined;
    for (let move = 0; move < 25; move += 1) {
      const moved = await Promise.all(
        all.map((each, index) => each.replace(KEY, `${move} by ${index}`, etag)),
      );
      expect(moved.filter(Boolean)).toHaveLength(1);
      const versions = await Promise.all(all.map((each) => each.version(KEY)));
      expect(new Set(versions.map((each) => each?.text))).toEqual(
        new Set([`${move} by ${moved.findIndex(Boolean)}`]),
      );
      etag = versions[0]?.etag;
    }
  });

  test('counters: what every process adds is there in the end', async () => {
    const add = async (records: ReturnType<typeof fileRecords>) => {
      for (;;) {
        const found = await records.version(KEY);
        const next = String(Number(found?.text ?? 0) + 1);
        if (await records.replace(KEY, next, found?.etag)) return;
      }
    };
    await Promise.all(
      processes(6).map(async (each) => {
        for (let time = 0; time < 10; time += 1) await add(each);
      }),
    );
    expect((await fileRecords(folder).version(KEY))?.text).toBe('60');
  });

  test('a process that slept through any number of moves never wins with the version that it has', async () => {
    await holdsAsync(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.nat(10), async (moves, before) => {
        const place = mkdtempSync(join(folder, 'case-'));
        const [sleeper, awake] = [fileRecords(place), fileRecords(place)];
        const on = async (times: number) => {
          for (let move = 0; move < times; move += 1)
            expect(await awake.replace(KEY, `${move}`, (await awake.version(KEY))?.etag)).toBeDefined();
        };
        await on(before);
        const held = (await sleeper.version(KEY))?.etag;
        await on(moves);
        const last = await awake.version(KEY);
        expect(await sleeper.replace(KEY, 'from the past', held)).toBeUndefined();
        expect(await awake.version(KEY)).toMatchObject({ text: last?.text });
        rmSync(place, { recursive: true });
      }),
      { numRuns: 15 },
    );
  });

  test('old versions are cleared away', async () => {
    const records = fileRecords(folder);
    for (let move = 0; move < 50; move += 1)
      await records.replace(KEY, `${move}`, (await records.version(KEY))?.etag);
    expect(readdirSync(join(folder, 'fleets/eu-west-1/shop/web/prod')).length).toBeLessThanOrEqual(20);
    expect((await records.version(KEY))?.text).toBe('49');
  });
});
