import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AwsError, ConflictError, InterruptedError } from '../../src/errors.ts';
import type { LaunchEvent } from '../../src/launch/events.ts';
import { fileRecords } from '../../src/launch/file-records.ts';
import { launchMachines } from '../../src/launch/launch.ts';
import type { LaunchPlan, LaunchTools } from '../../src/launch/plan.ts';
import type { InstanceId } from '../../src/model.ts';
import { MemoryEc2, VirtualClock } from './memory-ec2.ts';
import { hashOf, LAUNCH, payload, role } from './roles.ts';

let folder: string;
let clock: VirtualClock;
let ec2: MemoryEc2;
let nonces = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-launch-'));
  clock = new VirtualClock();
  ec2 = new MemoryEc2(clock);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A plan as a fresh process makes it: with a nonce of its own. */
const plan = (count: number, other: Partial<LaunchPlan> = {}): LaunchPlan => {
  nonces += 1;
  const own = payload(nonces.toString(16).padStart(32, '0'));
  return {
    launch: LAUNCH,
    role: role(),
    settingsHash: hashOf(other.role ?? role()),
    payload: async () => own,
    count,
    ...other,
  };
};

const tools = (other: Partial<LaunchTools> = {}): LaunchTools => ({
  ec2: ec2.port(() => undefined),
  records: fileRecords(folder),
  clock,
  ...other,
});

async function eventsOf(run: AsyncGenerator<LaunchEvent>): Promise<LaunchEvent[]> {
  const events: LaunchEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** The ids that a run told, in `batch-launched` events. */
const told = (events: readonly LaunchEvent[]): InstanceId[] =>
  events.flatMap((event) =>
    event.type === 'batch-launched' ? event.machines.map(({ instanceId }) => instanceId) : [],
  );

const livingIds = () => ec2.living().map(({ instanceId }) => instanceId);
const shape = (events: readonly LaunchEvent[]) =>
  events.map((event) => {
    if (event.type === 'batch-requested')
      return `${event.type} ${event.batch} x${event.count}${event.repeat ? ' repeat' : ''}`;
    if (event.type === 'batch-launched') return `${event.type} ${event.batch} x${event.machines.length}`;
    if (event.type === 'batch-refused')
      return `${event.type} ${event.batch} -${event.missing} ${event.error.code}`;
    if (event.type === 'no-capacity') return `${event.type} ${event.batch} -${event.missing}`;
    return `${event.type}${event.resumed ? ' resumed' : ''}`;
  });

describe('a launch', () => {
  test('of one machine is one request, and the first of all', async () => {
    const events = await eventsOf(launchMachines(plan(1, { isNew: true }), tools()));
    expect(shape(events)).toEqual(['launch-started', 'batch-requested 1 x1', 'batch-launched 1 x1']);
    expect(ec2.requests).toEqual(['RunInstances']);
    expect(told(events)).toEqual(livingIds());
  });

  test('of 250 machines is batches of 100, 100 and 50', async () => {
    const events = await eventsOf(launchMachines(plan(250, { isNew: true }), tools()));
    expect(shape(events).filter((line) => line.startsWith('batch-requested'))).toEqual([
      'batch-requested 1 x100',
      'batch-requested 2 x100',
      'batch-requested 3 x50',
    ]);
    expect(told(events).sort()).toEqual(livingIds().sort());
    expect(ec2.requests).toEqual(['RunInstances', 'RunInstances', 'RunInstances']);
  });

  test('tells with each batch how long all that is missing will take, where anything waits', async () => {
    const port = { ...ec2.port(() => undefined), launchEtaMs: (machines: number) => (machines - 50) * 500 };
    const events = await eventsOf(launchMachines(plan(250, { isNew: true }), tools({ ec2: port })));
    const etas = events.flatMap((event) => (event.type === 'batch-requested' ? [event.etaMs] : []));
    expect(etas).toEqual([100_000, 50_000, undefined]);
  });

  test('that AWS fills in part tells how many will not come, and ends', async () => {
    ec2.capacity = 130;
    const events = await eventsOf(launchMachines(plan(250), tools()));
    expect(shape(events).slice(-2)).toEqual([
      'batch-launched 2 x30',
      'batch-refused 2 -120 InsufficientInstanceCapacity',
    ]);
    const refusal = events.at(-1);
    expect(refusal?.type === 'batch-refused' && refusal.error.hint).toMatch(`--launch-id ${LAUNCH}`);
  });

  test('that AWS refuses is recorded as refused, and a re-run asks with a fresh token', async () => {
    ec2.capacity = 0;
    expect(shape(await eventsOf(launchMachines(plan(3), tools())))).toEqual([
      'launch-started',
      'batch-requested 1 x3',
      'batch-refused 1 -3 InsufficientInstanceCapacity',
    ]);
    ec2.capacity = 10;
    expect(shape(await eventsOf(launchMachines(plan(3), tools())))).toEqual([
      'launch-started resumed',
      'batch-requested 2 x3',
      'batch-launched 2 x3',
    ]);
  });

  test('that is done already tells of its machines, and sends nothing', async () => {
    const first = await eventsOf(launchMachines(plan(3), tools()));
    const again = await eventsOf(launchMachines(plan(3), tools()));
    expect(shape(again)).toEqual(['launch-started resumed', 'batch-launched 1 x3']);
    expect(told(again)).toEqual(told(first));
  });

  test('replaces what was terminated since', async () => {
    const first = await eventsOf(launchMachines(plan(3), tools()));
    for (const id of told(first).slice(0, 2)) ec2.terminate(id);
    const again = await eventsOf(launchMachines(plan(3), tools()));
    expect(shape(again)).toEqual([
      'launch-started resumed',
      'batch-launched 1 x1',
      'batch-requested 2 x2',
      'batch-launched 2 x2',
    ]);
    expect(told(again).sort()).toEqual(livingIds().sort());
  });

  test('whose machines EC2 does not show yet does not launch them again', async () => {
    ec2.lateness = () => 300_000;
    const first = await eventsOf(launchMachines(plan(3), tools()));
    const again = await eventsOf(launchMachines(plan(3), tools()));
    expect(told(again)).toEqual(told(first));
    expect(livingIds()).toHaveLength(3);
  });

  test('whose records are lost finds its machines by their tokens, also before EC2 shows them', async () => {
    ec2.lateness = (serial) => 5_000 * (serial + 1);
    const first = await eventsOf(launchMachines(plan(3), tools()));
    rmSync(folder, { recursive: true });
    const again = await eventsOf(launchMachines(plan(3), tools()));
    expect(told(again)).toEqual(told(first));
    expect(livingIds()).toHaveLength(3);
  });

  test('whose token is spent goes on with the next', async () => {
    const same = plan(2, { isNew: true });
    const first = await eventsOf(launchMachines(same, tools()));
    for (const id of told(first)) ec2.terminate(id);
    ec2.forget();
    rmSync(folder, { recursive: true });
    expect(shape(await eventsOf(launchMachines(same, tools())))).toEqual([
      'launch-started',
      'batch-requested 1 x2',
      'batch-requested 2 x2',
      'batch-launched 2 x2',
    ]);
  });
});

describe('a batch whose answer stays out', () => {
  const lost = new AwsError('broke', { kind: 'endpoint', code: 'ECONNRESET', hint: 'check the network' });

  test('ends the run with the way to find out, and the re-run finds out', async () => {
    const port = ec2.port(() => undefined);
    const losing = async (...args: Parameters<typeof port.runInstances>) => {
      await port.runInstances(...args);
      throw lost;
    };
    const failed = eventsOf(launchMachines(plan(2), tools({ ec2: { ...port, runInstances: losing } })));
    await expect(failed).rejects.toMatchObject({
      kind: 'endpoint',
      hint: expect.stringMatching(
        new RegExp(`check the network\nthe same command with --launch-id ${LAUNCH}`),
      ),
    });
    const again = await eventsOf(launchMachines(plan(2), tools()));
    expect(shape(again)).toEqual(['launch-started resumed', 'batch-launched 1 x2']);
    expect(told(again)).toEqual(livingIds());
  });

  test('is given time when EC2 knows the token but shows no machine, and then said to be open', async () => {
    ec2.lateness = () => 3_600_000;
    await expect(crashed()).rejects.toThrow('crash');
    expect(livingIds()).toHaveLength(2);
    const early = eventsOf(launchMachines(plan(2), tools()));
    await expect(early).rejects.toMatchObject({
      kind: 'idempotency',
      message: expect.stringContaining('shows 0 of its 2 machines'),
    });
    clock.pass(3_600_000);
    const late = await eventsOf(launchMachines(plan(2), tools()));
    expect(told(late)).toEqual(livingIds());
    expect(livingIds()).toHaveLength(2);
  });

  test('and whose machines are long gone is spent', async () => {
    await expect(crashed()).rejects.toThrow('crash');
    for (const id of livingIds()) ec2.terminate(id);
    ec2.forget();
    clock.pass(7_200_000);
    const late = await eventsOf(launchMachines(plan(2), tools()));
    expect(told(late)).toEqual(livingIds());
    expect(livingIds()).toHaveLength(2);
  });

  /** A run that dies after EC2 accepted the batch, and before it hears so. */
  function crashed(): Promise<LaunchEvent[]> {
    const port = ec2.port(() => undefined);
    const dying = async (...args: Parameters<typeof port.runInstances>) => {
      await port.runInstances(...args);
      throw new Error('crash');
    };
    return eventsOf(launchMachines(plan(2), tools({ ec2: { ...port, runInstances: dying } })));
  }
});

describe('where machines go', () => {
  const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
  const spread = (machine: Parameters<typeof role>[0] = {}) => role({ zones, ...machine });
  const perZone = () => zones.map((zone) => ec2.living().filter((machine) => machine.zone === zone).length);

  test('evenly over the zones, each with calls of its own', async () => {
    await eventsOf(launchMachines(plan(8, { role: spread(), isNew: true }), tools()));
    expect(perZone()).toEqual([3, 3, 2]);
    expect(ec2.requests).toHaveLength(3);
  });

  test('on to the next type and zone at once where there is no capacity, each asked once', async () => {
    const types = spread({ instanceTypes: ['m7i.large', 'm6i.large'] });
    ec2.capacityOf = (zone, type) =>
      zone === 'us-east-1b' ? 0 : type === 'm7i.large' && zone === 'us-east-1c' ? 1 : 99;
    const events = await eventsOf(launchMachines(plan(9, { role: types, isNew: true }), tools()));
    expect(shape(events).filter((line) => !line.startsWith('batch-requested'))).toEqual([
      'launch-started',
      'batch-launched 1 x3',
      'no-capacity 2 -3',
      'no-capacity 3 -3',
      'batch-launched 4 x1',
      'no-capacity 4 -3',
      'batch-launched 5 x3',
      'batch-launched 6 x2',
    ]);
    expect(perZone()).toEqual([5, 0, 4]);
  });

  test('nowhere, once every offering has said no; a re-run asks anew', async () => {
    ec2.capacityOf = () => 0;
    const empty = plan(3, { role: spread({ instanceTypes: ['m7i.large', 'm6i.large'] }) });
    const events = await eventsOf(launchMachines(empty, tools()));
    expect(shape(events).at(-1)).toBe('batch-refused 6 -3 InsufficientInstanceCapacity');
    expect(ec2.requests.filter((name) => name === 'RunInstances')).toHaveLength(6);
    ec2.capacityOf = () => 9;
    expect(shape(await eventsOf(launchMachines(empty, tools()))).slice(-2)).toEqual([
      'batch-requested 9 x1',
      'batch-launched 9 x1',
    ]);
  });

  test('on-demand where the role says so and spot is empty', async () => {
    ec2.capacityOf = (_, __, market) => (market === 'spot' ? 0 : 9);
    const spot = { spot: { orOnDemand: true }, zones: [] };
    const events = await eventsOf(launchMachines(plan(2, { role: role(spot), isNew: true }), tools()));
    expect(shape(events).slice(-2)).toEqual(['batch-requested 2 x2', 'batch-launched 2 x2']);
    const refused = await eventsOf(
      launchMachines(
        plan(2, { role: role({ spot: { orOnDemand: false } }), launch: 'other' as never, isNew: true }),
        tools(),
      ),
    );
    expect(shape(refused).at(-1)).toBe('batch-refused 1 -2 InsufficientInstanceCapacity');
  });

  test('a batch left open is settled with the offering that it was recorded with', async () => {
    const both = { role: spread({ instanceTypes: ['m7i.large', 'm6i.large'] }) };
    ec2.capacityOf = (zone) => (zone === 'us-east-1a' ? 0 : 9);
    const port = ec2.port(() => undefined);
    const dying: typeof port.runInstances = async (request) => {
      if (request.Placement?.AvailabilityZone === 'us-east-1b') throw new Error('crash');
      return await port.runInstances(request);
    };
    await expect(
      eventsOf(launchMachines(plan(3, both), tools({ ec2: { ...port, runInstances: dying } }))),
    ).rejects.toThrow('crash');
    await eventsOf(launchMachines(plan(3, both), tools()));
    expect(perZone()).toEqual([0, 2, 1]);
  });
});

describe('conflicts', () => {
  test('another count, role or catalogue under the same id is refused before anything is sent', async () => {
    await eventsOf(launchMachines(plan(1, { isNew: true }), tools()));
    const others = [
      [plan(2), /count \(then 1, now 2\)/],
      [plan(1, { role: role({}, { catalogueSha256: 'd'.repeat(64) }) }), /catalogue file/],
      [plan(1, { role: role({ instanceTypes: ['m5.large'] }) }), /role settings/],
      [
        plan(1, { role: role({}, { ami: 'ami-00000000000000000' }) }),
        /ami \(then ami-0123456789abcdef0, now/,
      ],
    ] as const;
    for (const [other, message] of others) {
      const refused = eventsOf(launchMachines(other, tools()));
      await expect(refused).rejects.toThrow(ConflictError);
      await expect(refused).rejects.toMatchObject({
        message: expect.stringMatching(message),
        hint: expect.stringContaining('--launch-id'),
        exit: 'conflict',
      });
    }
    expect(ec2.requests).toEqual(['RunInstances']);
  });

  test('what changed is told setting by setting, where the record holds them', async () => {
    const settings = { instance_type: 't3.micro', 'personality.port': '80', ami: 'ami-1' };
    await eventsOf(launchMachines(plan(1, { isNew: true, settings }), tools()));
    const changed = (now: Record<string, string>, of = role({ instanceTypes: ['m5.large'] })) =>
      eventsOf(launchMachines(plan(1, { role: of, settings: now }), tools()));
    await expect(changed({ instance_type: 'm5.large', zone: 'us-east-1a', ami: 'ami-1' })).rejects.toThrow(
      /other values: instance_type \(then t3.micro, now m5.large\), personality.port \(then 80, now not set\), zone \(then not set, now us-east-1a\)$/,
    );
    await expect(changed({ ...settings, 'personality.port': 'x'.repeat(100) })).rejects.toThrow(
      new RegExp(`\\(then 80, now ${'x'.repeat(60)}…\\)$`),
    );
    // A secret is recorded as such only.
    await expect(changed(settings)).rejects.toThrow(/other values: role settings$/);
    const comment = role({}, { catalogueSha256: 'd'.repeat(64) });
    await expect(changed(settings, comment)).rejects.toThrow(/other values: catalogue file$/);
  });

  test('a record without the settings, of an earlier version, tells only that they changed', async () => {
    const settings = { instance_type: 't3.micro' };
    const of = role({ instanceTypes: ['m5.large'] });
    await eventsOf(launchMachines(plan(1, { isNew: true }), tools()));
    await expect(eventsOf(launchMachines(plan(1, { role: of, settings }), tools()))).rejects.toThrow(
      /other values: role settings$/,
    );
  });

  test('what changed is shown though it stands far behind in a long value', async () => {
    const groups = (...more: string[]) => ({
      security_groups: ['sg-0123456789abcdef0', 'sg-0123456789abcdef1', 'sg-0123456789abcdef2', ...more].join(
        ', ',
      ),
    });
    await eventsOf(launchMachines(plan(1, { isNew: true, settings: groups('sg-a') }), tools()));
    const other = plan(1, { role: role({ instanceTypes: ['m5.large'] }), settings: groups('sg-b') });
    await expect(eventsOf(launchMachines(other, tools()))).rejects.toThrow(
      /security_groups \(then …23456789abcdef2, sg-a, now …23456789abcdef2, sg-b\)$/,
    );
  });

  test('how long is waited for the machines may be said anew: they are the same ones', async () => {
    const waits = (timeout: string) => plan(1, { settings: { instance_type: 't3.micro', timeout } });
    await eventsOf(launchMachines(waits('2 min'), tools()));
    await eventsOf(launchMachines(waits('20 min'), tools()));
    expect(ec2.requests.filter((name) => name === 'RunInstances')).toHaveLength(1);
  });

  test("another fleet's machines under the same id are not taken over", async () => {
    await eventsOf(launchMachines(plan(1), tools()));
    rmSync(folder, { recursive: true });
    const web = role({}, { role: 'web' as ReturnType<typeof role>['role'] });
    const refused = eventsOf(launchMachines(plan(1, { role: web }), tools()));
    await expect(refused).rejects.toThrow(/rolecall:role is memcached, not web/);
  });

  test('a damaged record is named, with what to do', async () => {
    await eventsOf(launchMachines(plan(1), tools()));
    const path = join(folder, 'launches', LAUNCH, 'batches', '1.answer.json');
    for (const text of [
      '',
      '{"version":1',
      '[]',
      '{"version":1,"batch":1,"result":"launched","created":"x"}',
    ]) {
      writeFileSync(path, text);
      const failed = eventsOf(launchMachines(plan(1), tools()));
      await expect(failed).rejects.toThrow(ConflictError);
      await expect(failed).rejects.toThrow(path);
    }
    rmSync(path);
    expect(told(await eventsOf(launchMachines(plan(1), tools())))).toEqual(livingIds());
    expect(livingIds()).toHaveLength(1);
  });
});

describe('Ctrl-C', () => {
  test('sends no further batch; the same command launches the rest', async () => {
    const abort = new AbortController();
    const seen: LaunchEvent[] = [];
    const run = async () => {
      for await (const event of launchMachines(plan(5), tools({ signal: abort.signal, maxBatch: 2 }))) {
        seen.push(event);
        if (event.type === 'batch-launched') abort.abort();
      }
    };
    await expect(run()).rejects.toThrow(InterruptedError);
    await expect(run()).rejects.toMatchObject({
      message: expect.stringMatching(/^2 of 5 machines/),
      exit: 'interrupted',
    });
    expect(livingIds()).toHaveLength(2);
    await eventsOf(launchMachines(plan(5), tools({ maxBatch: 2 })));
    expect(livingIds()).toHaveLength(5);
  });
});

test('no record holds the nonce or user data', async () => {
  const secret = plan(2);
  await eventsOf(launchMachines(secret, tools()));
  const records = fileRecords(folder);
  const keys = await records.list('launches/');
  expect(keys).toHaveLength(3);
  for (const key of keys) {
    const text = readFileSync(records.locate(key), 'utf8');
    expect(text).not.toContain(/nonce=(\w+)/.exec((await secret.payload(1)).text)?.[1]);
    expect(text).not.toContain('rolecall_nonce');
  }
});
