import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConflictError, UsageError } from '../../src/errors.ts';
import type { LaunchEvent } from '../../src/launch/events.ts';
import { launchMachines } from '../../src/launch/launch.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import type { LaunchId } from '../../src/model.ts';
import { holdsAsync } from '../support/property.ts';
import { MemoryEc2, VirtualClock } from './memory-ec2.ts';
import { hashOf, payload, role } from './roles.ts';

const LAUNCH = 'one' as LaunchId;

function setting() {
  const clock = new VirtualClock();
  const ec2 = new MemoryEc2(clock);
  const records = memoryRecords(clock);
  const run = async (count: number, over: LaunchRecords = records): Promise<LaunchEvent[]> => {
    const plan = {
      launch: LAUNCH,
      role: role(),
      settingsHash: hashOf(role()),
      payload: async () => payload('0'.repeat(32)),
      count,
    };
    const events: LaunchEvent[] = [];
    for await (const event of launchMachines(plan, {
      ec2: ec2.port(() => undefined),
      records: over,
      clock,
      maxBatch: 2,
    }))
      events.push(event);
    return events;
  };
  return { ec2, records, run };
}

type Json = Record<string, unknown>;

/** Records of which one is read otherwise than it was written. */
const spoiling = (records: LaunchRecords, key: string, spoil: (text: string) => string): LaunchRecords => ({
  ...records,
  read: async (each) => {
    const text = await records.read(each);
    return each === key && text !== undefined ? spoil(text) : text;
  },
});

const WRONG = fc.constantFrom<unknown>(undefined, null, -1, 1.5, 'x', '', true, [], {}, [null], 'NaN');

/** The names of all fields, also those of parts: `offering.zone`. */
const pathsOf = (value: Json): string[] =>
  Object.entries(value).flatMap(([name, part]) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? [name, ...pathsOf(part as Json).map((rest) => `${name}.${rest}`)]
      : [name],
  );

function withField(value: Json, path: string, to: unknown): Json {
  const [name = '', ...rest] = path.split('.');
  const part = rest.length === 0 ? to : withField(value[name] as Json, rest.join('.'), to);
  return { ...value, [name]: part };
}

describe('a record with a wrong field', () => {
  test('is a conflict, or harmless: never an internal error, and never a machine more', async () => {
    await holdsAsync(
      fc.asyncProperty(fc.nat(), fc.nat(), WRONG, async (which, field, to) => {
        const { ec2, records, run } = setting();
        await run(3);
        const keys = await records.list('launches/one/');
        const key = keys[which % keys.length] ?? '';
        const spoilt = (text: string) => {
          const value = JSON.parse(text) as Json;
          const paths = pathsOf(value);
          return JSON.stringify(withField(value, paths[field % paths.length] ?? '', to));
        };
        const error = await run(3, spoiling(records, key, spoilt)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(ConflictError);
        expect(ec2.living()).toHaveLength(3);
      }),
      { numRuns: 400 },
    );
  });

  test('names the record, the field, and what it should be', async () => {
    const { records, run } = setting();
    await run(1);
    const key = 'launches/one/batches/1.json';
    const spoilt = spoiling(records, key, (text) => text.replace('"on-demand"', '"free"'));
    await expect(run(1, spoilt)).rejects.toThrow(
      `the record ${key} is damaged: expected \`offering\` to be an offering`,
    );
  });

  test('is read once more before anything is said: one bad reading is nothing', async () => {
    const { ec2, records, run } = setting();
    await run(2);
    const spoilt = new Set<string>();
    const once: LaunchRecords = {
      ...records,
      read: async (key) => {
        const text = await records.read(key);
        if (spoilt.has(key)) return text;
        spoilt.add(key);
        return text?.slice(0, -9);
      },
    };
    await run(2, once);
    expect(spoilt.size).toBeGreaterThan(2);
    expect(ec2.living()).toHaveLength(2);
  });
});

test('machines that EC2 has launched are told, though their record can’t be written', async () => {
  const { ec2, records, run } = setting();
  const full = new UsageError('no space left', { hint: 'make room' });
  const noRoom: LaunchRecords = {
    ...records,
    create: async (key, text) => {
      if (key.endsWith('.answer.json')) throw full;
      return await records.create(key, text);
    },
  };
  const told: LaunchEvent[] = [];
  const plan = {
    launch: LAUNCH,
    role: role(),
    settingsHash: hashOf(role()),
    payload: async () => payload('0'.repeat(32)),
    count: 2,
  };
  const tools = { ec2: ec2.port(() => undefined), records: noRoom, clock: new VirtualClock() };
  const running = async () => {
    for await (const event of launchMachines(plan, tools)) told.push(event);
  };
  await expect(running()).rejects.toMatchObject({
    message: 'no space left',
    hint: expect.stringMatching(/^2 machines run already\. make room\nthe same command with --launch-id one/),
  });
  expect(told.at(-1)).toMatchObject({ type: 'batch-launched', machines: [{}, {}] });
  await run(2);
  expect(ec2.living()).toHaveLength(2);
});
