import { describe, expect, test } from '@jest/globals';
import { move } from '../../../src/launch/fleet/lease.ts';
import { NO_RECORD } from '../../../src/launch/fleet/record.ts';
import { memoryRecords } from '../../../src/launch/memory-records.ts';
import type { LaunchRecords } from '../../../src/launch/records.ts';
import { VirtualClock } from '../memory-ec2.ts';

const KEY = 'fleets/us-east-1/shop/web/prod/b.json';
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
