import { beforeEach, describe, expect, test } from '@jest/globals';
import { AwsError, ConflictError, InterruptedError, UsageError } from '../../src/errors.ts';
import { type BatchRecord, createBatch, readBatches } from '../../src/launch/book.ts';
import type { LaunchEvent } from '../../src/launch/events.ts';
import { clientToken } from '../../src/launch/identity.ts';
import {
  answer,
  launched,
  notShown,
  offeringOf,
  partial,
  resumable,
  unanswered,
  unsure,
} from '../../src/launch/outcome.ts';
import type { LaunchPlan, LaunchRun, LaunchTools } from '../../src/launch/plan.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';
import type { LaunchRecords } from '../../src/launch/records.ts';
import type { InstanceId, Machine } from '../../src/model.ts';
import { MemoryEc2, VirtualClock } from './memory-ec2.ts';
import { hashOf, LAUNCH, payload, role } from './roles.ts';

const BATCH: BatchRecord = {
  version: 1,
  batch: 2,
  count: 3,
  client_token: clientToken(LAUNCH, 2),
  offering: { instance_type: 't3.micro', zone: 'us-east-1a', subnet: null, market: 'spot' },
  payload_sha256: '',
  created: '2026-11-21T21:51:40.000Z',
};
const PLAN: LaunchPlan = {
  launch: LAUNCH,
  role: role(),
  settingsHash: hashOf(role()),
  payload: async () => payload('0'.repeat(32)),
  count: 5,
};
const LEDGER = { enter: async () => undefined, leave: async () => undefined };

let clock: VirtualClock;
let ec2: MemoryEc2;
let records: LaunchRecords;
let machines: readonly Machine[];
const ids = () => machines.map(({ instanceId }) => instanceId);

beforeEach(async () => {
  clock = new VirtualClock();
  ec2 = new MemoryEc2(clock);
  records = memoryRecords(clock);
  const machine = (launchIndex: number): Machine => ({
    ...{ instanceId: 'i-0' as InstanceId, state: 'running', zone: 'us-east-1a', instanceType: 't3.micro' },
    ...{ launchIndex, launchedAt: 0, tags: {} },
  });
  for (const index of [0, 1]) ec2.add(machine(index));
  machines = ec2.living();
  await createBatch(records, LAUNCH, BATCH);
});

const run = (more: Partial<LaunchTools> = {}): LaunchRun => ({
  ...{ plan: PLAN, ec2: ec2.port(() => undefined), records, clock },
  ...more,
});

/** What `launched` tells of the batch, and the error that ends it. */
async function told(more: Partial<LaunchTools> = {}): Promise<{ events: LaunchEvent[]; error?: unknown }> {
  const events: LaunchEvent[] = [];
  try {
    for await (const event of launched(run(more), BATCH, machines)) events.push(event);
    return { events };
  } catch (error) {
    return { events, error };
  }
}

describe('machines that EC2 launched', () => {
  test('are recorded, and those that live are told', async () => {
    ec2.terminate(ids()[0] as InstanceId);
    machines = [...ec2.machines.values()].map(({ machine }) => machine);
    const { events, error } = await told();
    expect(error).toBeUndefined();
    expect(events).toEqual([{ type: 'batch-launched', at: clock.now(), batch: 2, machines: [machines[1]] }]);
    const [batch] = await readBatches(records, LAUNCH);
    expect(batch?.answer).toMatchObject({ result: 'launched', code: null });
    expect(batch?.answer?.machines.map(({ instance_id }) => instance_id)).toEqual(ids());
  });

  test('of which none lives are told of nobody', async () => {
    machines = machines.map((machine) => ({ ...machine, state: 'terminated' }));
    expect(await told()).toEqual({ events: [] });
  });

  test.each([
    [2, '2 machines run already. make room\n', 'finds them'],
    [1, '1 machine runs already. make room\n', 'finds it,'],
  ])('are told though the disk is full: %d', async (count, first, finds) => {
    machines = machines.slice(0, count);
    const full = async () => {
      throw new UsageError('no room', { hint: 'make room' });
    };
    const { events, error } = await told({ records: { ...records, create: full } });
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ message: 'no room', hint: expect.stringContaining(first) });
    expect(error).toMatchObject({ hint: expect.stringContaining(`--launch-id ${LAUNCH} ${finds}`) });
  });

  test('an error that is not about room is told as it is', async () => {
    const broken = new Error('broken');
    const { error } = await told({ records: { ...records, create: () => Promise.reject(broken) } });
    expect(error).toBe(broken);
  });
});

describe('machines that come after another run has settled their batch', () => {
  const settle = (result: 'refused' | 'launched', of: readonly Machine[]) =>
    answer({ plan: PLAN, records, clock }, BATCH, { result, code: null, machines: of });

  test('without them are ended, though EC2 may not know them yet', async () => {
    await settle('refused', []);
    const ages: unknown[] = [];
    const port = ec2.port(() => undefined);
    const terminate: typeof port.terminate = async (some, age) => {
      ages.push(age);
      return await port.terminate(some, age);
    };
    const { events, error } = await told({ ledger: LEDGER, ec2: { ...port, terminate } });
    expect({ events, ages, living: ec2.living() }).toEqual({ events: [], ages: ['young'], living: [] });
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({
      message:
        'another run has taken the fleet over, and settled batch 2 of this one while it slept: 2 machines that EC2 gave after that were ended again',
      hint: expect.stringContaining('run the same command again'),
    });
  });

  test('are named where EC2 does not end them', async () => {
    await settle('refused', []);
    const [deaf] = ids();
    ec2.deaf.add(deaf as InstanceId);
    const { error } = await told({ ledger: LEDGER });
    expect(error).toMatchObject({
      message: expect.stringMatching(
        `: 1 machine that EC2 gave after that was ended again, but not ${deaf}$`,
      ),
    });
  });

  test('that have ended by themselves are not ended again', async () => {
    await settle('refused', []);
    machines = machines.map((machine) => ({ ...machine, state: 'terminated' }));
    const { error } = await told({ ledger: LEDGER });
    expect(error).toMatchObject({ message: expect.stringContaining(': 0 machines that EC2 gave') });
    expect(ec2.requests).toEqual([]);
  });

  test.each<[string, 'refused' | 'launched', Partial<LaunchTools>]>([
    ['with them stay', 'launched', { ledger: LEDGER }],
    ['stay in a launch that is of no fleet’s command', 'refused', {}],
  ])('%s', async (_what, result, more) => {
    await settle(result, machines);
    const { events, error } = await told(more);
    expect({ types: events.map(({ type }) => type), error }).toEqual({ types: ['batch-launched'] });
    expect(ec2.living()).toHaveLength(2);
  });
});

test('an offering is asked for again as it was recorded', () => {
  expect(offeringOf(BATCH)).toEqual({
    ...{ instanceType: 't3.micro', zone: 'us-east-1a', subnet: undefined, market: 'spot' },
  });
});

test('errors of a batch name what is there and what was asked for', () => {
  expect(partial(BATCH, machines)).toMatchObject({
    message: 'EC2 launched 2 of 3 machines: it has no capacity for more now',
    ...{ kind: 'capacity', code: 'InsufficientInstanceCapacity', hint: 'wait a few minutes' },
  });
  expect(notShown(BATCH, 1)).toMatchObject({
    message: 'EC2 has accepted batch 2 earlier, and so far shows 1 of its 3 machines',
    ...{ kind: 'idempotency', code: 'IdempotentParameterMismatch' },
  });
});

describe('the hint of an error', () => {
  const denied = new AwsError('no', { kind: 'permission', code: 'UnauthorizedOperation', hint: 'ask' });
  const plain = new AwsError('no', { kind: 'server' });

  test('after some machines are launched tells how to launch the others only', () => {
    const only = `with --launch-id ${LAUNCH} only the 3 missing are launched`;
    expect(resumable(run(), 3, denied)).toMatchObject({
      ...{ message: 'no', kind: 'permission', code: 'UnauthorizedOperation', hint: `ask\n${only}` },
    });
    expect(resumable(run(), 3, plain).hint).toBe(`run the same command again\n${only}`);
  });

  test('stays as it is where none is launched, the request is wrong, or a fleet’s command counts what is there', () => {
    const invalid = new AwsError('no', { kind: 'invalid' });
    expect(resumable(run(), 5, denied)).toBe(denied);
    expect(resumable(run(), 3, invalid)).toBe(invalid);
    expect(resumable(run({ ledger: LEDGER }), 3, denied)).toBe(denied);
  });

  const findsOut = `the same command with --launch-id ${LAUNCH} finds out whether batch 2 was launched, and launches nothing twice`;

  test('where an earlier try got no answer tells how to find out', () => {
    expect(unsure(PLAN, 2, denied)).toMatchObject({
      message: 'no; an earlier try got no answer, so the batch may have been launched',
      ...{ kind: 'permission', code: 'UnauthorizedOperation', hint: `ask\n${findsOut}` },
    });
    expect(unsure(PLAN, 2, plain).hint).toBe(findsOut);
  });

  test('where EC2 has not answered does so too, also after Ctrl-C', () => {
    expect(unanswered(run(), BATCH, denied)).toMatchObject({
      ...{ message: 'no', kind: 'permission', code: 'UnauthorizedOperation', hint: `ask\n${findsOut}` },
    });
    expect(unanswered(run(), BATCH, plain).hint).toBe(findsOut);
    const stopped = unanswered(run({ signal: AbortSignal.abort() }), BATCH, denied);
    expect(stopped).toBeInstanceOf(InterruptedError);
    expect(stopped).toMatchObject({ message: 'EC2 had not answered for batch 2 yet', hint: findsOut });
  });
});
