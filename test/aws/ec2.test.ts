import { afterEach, describe, expect, test } from '@jest/globals';
import { connectEc2 } from '../../src/aws/ec2.ts';
import type { ConnectOptions } from '../../src/aws/session.ts';
import type { Clock } from '../../src/clock.ts';
import type { InstanceId, LaunchId } from '../../src/model.ts';
import { answer, item, type Reply, refusal, WireServer } from './server.ts';

const ID = 'i-00000000000000001' as InstanceId;
const CREDENTIALS = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const RUN = { ClientToken: 'token-1', ImageId: 'ami-1', MinCount: 1, MaxCount: 1 };
const LAUNCHED = answer('RunInstances', `<instancesSet>${item(ID)}</instancesSet>`);

/** A clock whose time passes only by sleeping: nothing here waits. */
function virtualClock(): Clock {
  let now = 1_000_000;
  return {
    now: () => now,
    monotonic: () => now - 900_000,
    sleep: async (ms) => {
      now += ms;
    },
  };
}

let wire: WireServer | undefined;
afterEach(async () => {
  await wire?.stop();
  wire = undefined;
});

/** An Ec2 that talks to a server with these replies, and the server. */
async function connected(replies: Reply[], options: ConnectOptions = {}) {
  const server = await WireServer.start(...replies);
  wire = server;
  const target = { region: 'us-east-1', endpoint: server.endpoint, credentials: CREDENTIALS };
  return { server, ec2: connectEc2(target, { clock: virtualClock(), random: () => 0.5, ...options }) };
}

const actions = (server: WireServer) => server.asked.map((asked) => asked.get('Action'));

describe('RunInstances', () => {
  test('gives the machines', async () => {
    const { ec2 } = await connected([LAUNCHED]);
    expect(await ec2.runInstances(RUN)).toEqual([
      {
        instanceId: ID,
        state: 'pending',
        zone: 'us-east-1a',
        instanceType: 't3.micro',
        launchIndex: 0,
        privateIp: '10.0.0.5',
        launchedAt: Date.UTC(2026, 10, 21, 21, 51, 40),
        tags: { 'rolecall:role': 'web' },
      },
    ]);
  });

  test.each([
    ['a dropped connection', 'drop'],
    ['half an answer', 'half'],
    ['no answer', 'hang'],
    ['an HTML page', { status: 200, body: '<html><p>Sign in<br></html>' }],
    ['an answer without machines', answer('RunInstances', '')],
    ['an empty body', { status: 200, body: '' }],
    ['a bad gateway', { status: 502, body: '<html>Bad Gateway</html>' }],
    ['an internal error', refusal(500, 'InternalError')],
    ['throttling', refusal(503, 'RequestLimitExceeded')],
  ] as const)('repeats the same token after %s', async (_name, reply) => {
    const { ec2, server } = await connected([reply, reply, LAUNCHED], {
      deadlines: { answerMs: 150, stallMs: 150, totalMs: 150 },
    });
    expect(await ec2.runInstances(RUN)).toHaveLength(1);
    expect(server.asked.map((asked) => asked.get('ClientToken'))).toEqual(['token-1', 'token-1', 'token-1']);
  });

  test('asks once where there is no capacity, although that is an HTTP 500', async () => {
    const { ec2, server } = await connected([refusal(500, 'InsufficientInstanceCapacity', 'None here.')]);
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({
      kind: 'capacity',
      code: 'InsufficientInstanceCapacity',
    });
    expect(server.asked).toHaveLength(1);
  });

  test('waits for its turn in the model of the buckets, which all of the connection share', async () => {
    const clock = virtualClock();
    const { ec2, server } = await connected([LAUNCHED], { clock });
    const began = clock.now();
    for (let i = 0; i < 3; i += 1) await ec2.runInstances({ ...RUN, MaxCount: 400 });
    expect(clock.now() - began).toBeGreaterThanOrEqual(100_000);
    expect(clock.now() - began).toBeLessThan(105_000);
    expect(ec2.launchEtaMs(200)).toBe(ec2.polling.launchEtaMs(200));
    expect(ec2.launchEtaMs(200)).toBeGreaterThanOrEqual(100_000);
    expect(server.asked).toHaveLength(3);
  });

  test('is asked for less often after it was throttled, and polling does not try again at once', async () => {
    const clock = virtualClock();
    const { ec2, server } = await connected([refusal(503, 'RequestLimitExceeded')], { clock });
    const look = () => ec2.polling.machinesOfLaunch('l-1' as LaunchId);
    const began = clock.now();
    for (let i = 0; i < 4; i += 1) await expect(look()).rejects.toMatchObject({ kind: 'throttle' });
    expect(server.asked).toHaveLength(4);
    // 20 a second, then 10, 5 and 2.5: each from an empty bucket.
    expect(clock.now() - began).toBeGreaterThanOrEqual(100 + 200 + 400);
  });

  test('that is stopped while it waits for its turn was not sent, and says so', async () => {
    const abort = new AbortController();
    const clock = { ...virtualClock(), sleep: async () => abort.abort() };
    const { ec2, server } = await connected([LAUNCHED], { clock, signal: abort.signal });
    await ec2.runInstances({ ...RUN, MaxCount: 1000 });
    await expect(ec2.runInstances({ ...RUN, MaxCount: 100 })).rejects.toMatchObject({
      kind: 'interrupted',
      neverSent: true,
      message: expect.stringContaining('RunInstances was not sent'),
    });
    expect(server.asked).toHaveLength(1);
  });

  test('tells before each repetition', async () => {
    const told: string[] = [];
    const onRetry: ConnectOptions['onRetry'] = (error, pauseMs) => told.push(`${error.kind} ${pauseMs}`);
    const { ec2 } = await connected([refusal(503, 'RequestLimitExceeded'), LAUNCHED], { onRetry });
    await ec2.runInstances(RUN);
    expect(told).toEqual(['throttle 550']);
  });

  test('gives up on garbage with a sentence about what answers there', async () => {
    const { ec2 } = await connected([{ status: 404, body: 'nothing here' }]);
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({
      kind: 'endpoint',
      message: expect.stringMatching(/^what answers at http:\/\/127\.0\.0\.1:\d+ isn't EC2/),
    });
  });
});

describe('an endpoint', () => {
  test('that refuses is named', async () => {
    const { server } = await connected([LAUNCHED]);
    const { endpoint } = server;
    await server.stop();
    wire = undefined;
    const ec2 = connectEc2(
      { region: 'us-east-1', endpoint, credentials: CREDENTIALS },
      { clock: virtualClock() },
    );
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({
      kind: 'endpoint',
      code: 'ECONNREFUSED',
      message: expect.stringContaining(endpoint),
      hint: expect.stringContaining('rolecall local up'),
    });
  });

  test('that has no host names the region', async () => {
    const endpoint = 'http://ec2.us-esat-1.invalid';
    const ec2 = connectEc2(
      { region: 'us-esat-1', endpoint, credentials: CREDENTIALS },
      { clock: virtualClock() },
    );
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({
      kind: 'endpoint',
      hint: expect.stringContaining('us-esat-1'),
    });
  });
});

describe('without credentials', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });
  const bare = (other: Record<string, string>) => {
    process.env = { PATH: before['PATH'], HOME: '/nonexistent', ...other };
  };

  test('nothing is sent, and the error says where to put them', async () => {
    bare({ AWS_EC2_METADATA_DISABLED: 'true' });
    wire = await WireServer.start(LAUNCHED);
    const ec2 = connectEc2({ region: 'us-east-1', endpoint: wire.endpoint }, { clock: virtualClock() });
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({
      kind: 'credentials',
      message: expect.stringMatching(/^no AWS credentials were found/),
      hint: expect.stringContaining('--local'),
    });
    expect(wire.asked).toEqual([]);
  });

  test('a metadata service that never answers ends in the same error', async () => {
    wire = await WireServer.start('hang');
    bare({ AWS_EC2_METADATA_SERVICE_ENDPOINT: wire.endpoint });
    const ec2 = connectEc2({ region: 'us-east-1', endpoint: wire.endpoint }, { clock: virtualClock() });
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({ kind: 'credentials' });
  });

  test.each([
    ['by a flag', { profile: 'ops' }, {}],
    ['by the environment', {}, { AWS_PROFILE: 'ops' }],
  ])('a profile that does not exist, named %s, is named', async (_by, words, env) => {
    bare({ AWS_EC2_METADATA_DISABLED: 'true', ...env });
    wire = await WireServer.start(LAUNCHED);
    const target = { region: 'us-east-1', endpoint: wire.endpoint, ...words };
    const asked = connectEc2(target, { clock: virtualClock() }).runInstances(RUN);
    await expect(asked).rejects.toMatchObject({
      kind: 'credentials',
      message: expect.stringContaining('profile ops'),
    });
  });

  test('a source of credentials that never answers is given up', async () => {
    const late = connectEc2(
      { region: 'us-east-1', endpoint: 'http://127.0.0.1:1', profile: 'slow' },
      { clock: virtualClock(), credentialsTimeoutMs: 100 },
    );
    wire = await WireServer.start('hang');
    bare({
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${wire.endpoint}/credentials`,
    });
    await expect(late.runInstances(RUN)).rejects.toMatchObject({ kind: 'credentials' });
  });
});

describe('descriptions', () => {
  const page = (ids: readonly string[], next = '') =>
    answer(
      'DescribeInstances',
      `<reservationSet>${ids.map((id) => `<item><instancesSet>${item(id, 'running')}</instancesSet></item>`).join('')}</reservationSet>${next && `<nextToken>${next}</nextToken>`}`,
    );

  test('are read to the last page', async () => {
    const ids = ['i-00000000000000001', 'i-00000000000000002', 'i-00000000000000003'];
    const { ec2, server } = await connected([
      page(ids.slice(0, 1), 'p2'),
      page([], 'p3'),
      page(ids.slice(1)),
    ]);
    const machines = await ec2.machinesOfLaunch('launch-1' as LaunchId);
    expect(machines.map(({ instanceId }) => instanceId)).toEqual(ids);
    expect(server.asked.map((asked) => asked.get('NextToken'))).toEqual([null, 'p2', 'p3']);
    expect(server.asked[0]?.get('Filter.1.Name')).toBe('tag:rolecall:launch');
    expect(server.asked[0]?.get('Filter.1.Value.1')).toBe('launch-1');
  });

  test('of nothing are empty, and of one unknown machine undefined', async () => {
    const { ec2, server } = await connected([page([])]);
    expect(await ec2.machinesOfToken('t')).toEqual([]);
    expect(await ec2.machine(ID)).toBeUndefined();
    expect(server.asked.map((asked) => asked.get('Filter.1.Name'))).toEqual(['client-token', 'instance-id']);
  });

  test('that lack their list are not taken for empty ones', async () => {
    const { ec2 } = await connected([answer('DescribeInstances', ''), page([ID])]);
    expect(await ec2.machinesOfToken('t')).toHaveLength(1);
  });
});

describe('consoles', () => {
  const text = 'Ünïcode\r\n\u001b[0m';
  const output = answer(
    'GetConsoleOutput',
    `<instanceId>${ID}</instanceId><timestamp>2026-11-21T21:51:40.000Z</timestamp><output>${Buffer.from(text).toString('base64')}</output>`,
  );

  test('are decoded, with the time of the snapshot', async () => {
    const { ec2, server } = await connected([output]);
    const takenAt = Date.UTC(2026, 10, 21, 21, 51, 40);
    expect(await ec2.consoleOutput(ID, 'latest')).toEqual({ text, takenAt });
    expect(await ec2.consoleOutput(ID, 'posted')).toEqual({ text, takenAt });
    expect(server.asked.map((asked) => asked.get('Latest'))).toEqual(['true', null]);
  });

  test('of a type that has no latest output are undefined', async () => {
    const { ec2 } = await connected([refusal(400, 'UnsupportedOperation')]);
    expect(await ec2.consoleOutput(ID, 'latest')).toBeUndefined();
  });

  test('of a machine that EC2 does not know yet are empty', async () => {
    const { ec2 } = await connected([refusal(400, 'InvalidInstanceID.NotFound')]);
    expect(await ec2.consoleOutput(ID, 'latest')).toEqual({ text: '' });
  });

  test('without output are empty', async () => {
    const { ec2 } = await connected([answer('GetConsoleOutput', `<instanceId>${ID}</instanceId><output/>`)]);
    expect(await ec2.consoleOutput(ID, 'posted')).toEqual({ text: '' });
  });
});

describe('user data', () => {
  const attribute = (value: string) =>
    answer('DescribeInstanceAttribute', `<instanceId>${ID}</instanceId><userData>${value}</userData>`);

  test('is decoded; where there is none it is undefined', async () => {
    const encoded = Buffer.from('role=web\n').toString('base64');
    const { ec2 } = await connected([attribute(`<value>${encoded}</value>`), attribute('')]);
    expect(await ec2.userData(ID)).toBe('role=web\n');
    expect(await ec2.userData(ID)).toBeUndefined();
  });

  test('is waited for while EC2 does not know the machine', async () => {
    const { ec2, server } = await connected([refusal(400, 'InvalidInstanceID.NotFound'), attribute('')]);
    await ec2.userData(ID);
    expect(actions(server)).toEqual(['DescribeInstanceAttribute', 'DescribeInstanceAttribute']);
  });
});

/** What an answer tells of machines whose state changes. */
const changes = (state: string, ...ids: readonly string[]): string => {
  const items = ids.map(
    (id) => `<item><instanceId>${id}</instanceId><currentState><name>${state}</name></currentState></item>`,
  );
  return `<instancesSet>${items.join('')}</instancesSet>`;
};

describe('stopping', () => {
  test('leaves out what ends already, or is gone: the others are stopped', async () => {
    const stopped = answer('StopInstances', changes('stopping', 'i-00000000000000002'));
    const spent = refusal(400, 'IncorrectInstanceState');
    const unknown = refusal(400, 'InvalidInstanceID.NotFound');
    const ids = [1, 2, 3].map((n) => `i-0000000000000000${n}` as InstanceId);
    const { ec2, server } = await connected([spent, unknown, unknown, stopped, spent]);
    expect(await ec2.stop(ids)).toEqual(['i-00000000000000002']);
    const asked = server.asked.map((params) =>
      [...params].filter(([name]) => name.startsWith('InstanceId')).map(([, id]) => id.slice(-1)),
    );
    expect(asked).toEqual([['1', '2', '3'], ['1', '2'], ['1'], ['2'], ['3']]);
  });

  test('that EC2 refuses otherwise is told', async () => {
    const { ec2 } = await connected([refusal(400, 'UnsupportedOperation')]);
    await expect(ec2.stop([ID])).rejects.toMatchObject({ code: 'UnsupportedOperation' });
  });
});

describe('terminating', () => {
  const ended = answer('TerminateInstances', changes('shutting-down', 'i-00000000000000002'));
  const unknown = refusal(400, 'InvalidInstanceID.NotFound');

  test('leaves out what EC2 has forgotten', async () => {
    const ids = [1, 2].map((n) => `i-0000000000000000${n}` as InstanceId);
    const { ec2, server } = await connected([unknown, unknown, ended]);
    expect(await ec2.terminate(ids)).toEqual(['i-00000000000000002']);
    expect(server.asked.map((asked) => asked.get('InstanceId.1')?.slice(-1))).toEqual(['1', '1', '2']);
  });

  test('waits for machines that were launched this moment', async () => {
    const { ec2, server } = await connected([
      ...[unknown, unknown, answer('TerminateInstances', changes('shutting-down', ID))],
    ]);
    expect(await ec2.terminate([ID], 'young')).toEqual([ID]);
    expect(actions(server)).toEqual(Array(3).fill('TerminateInstances'));
  });
});

test('a description needs a tag, and one with a value; wildcards in it mean themselves', async () => {
  const { ec2, server } = await connected([answer('DescribeInstances', '<reservationSet/>')]);
  await expect(ec2.machinesWithTags({})).rejects.toThrow(TypeError);
  await expect(ec2.machinesWithTags({ 'rolecall:role': '' })).rejects.toThrow(TypeError);
  expect(server.asked).toEqual([]);
  await ec2.machinesWithTags({ 'rolecall:role': 'we*b?' });
  expect(server.asked[0]?.get('Filter.1.Value.1')).toBe('we\\*b\\?');
});

describe('status checks', () => {
  const status = (id: string, system: string) =>
    `<item><instanceId>${id}</instanceId><systemStatus><status>${system}</status></systemStatus><instanceStatus><status>ok</status></instanceStatus></item>`;
  const statuses = (...items: string[]) =>
    answer('DescribeInstanceStatus', `<instanceStatusSet>${items.join('')}</instanceStatusSet>`);

  test('tell impaired machines from others', async () => {
    const other = 'i-00000000000000002' as InstanceId;
    const { ec2 } = await connected([statuses(status(ID, 'impaired'), status(other, 'ok'))]);
    expect(await ec2.statusChecks([ID, other])).toEqual([
      { instanceId: ID, impaired: true },
      { instanceId: other, impaired: false },
    ]);
  });

  test('of known machines come although an unknown one is among those asked for', async () => {
    const unknown = refusal(400, 'InvalidInstanceID.NotFound');
    const { ec2 } = await connected([unknown, statuses(status(ID, 'ok')), unknown]);
    const checks = await ec2.statusChecks([ID, 'i-0000000000000dead' as InstanceId]);
    expect(checks).toEqual([{ instanceId: ID, impaired: false }]);
  });

  test('of no machine ask nothing', async () => {
    const { ec2, server } = await connected([statuses()]);
    expect(await ec2.statusChecks([])).toEqual([]);
    expect(server.asked).toEqual([]);
  });
});

test('tags are set on all machines, a thousand in one request', async () => {
  const { ec2, server } = await connected([answer('CreateTags', '<return>true</return>')]);
  const ids = Array.from(
    { length: 1050 },
    (_, index) => `i-${index.toString(16).padStart(17, '0')}` as InstanceId,
  );
  await ec2.tag(ids, { 'rolecall:verdict': 'succeeded' });
  expect(actions(server)).toEqual(['CreateTags', 'CreateTags']);
  expect(server.asked[1]?.get('ResourceId.50')).toBe(ids[1049]);
  expect(server.asked[0]?.get('Tag.1.Value')).toBe('succeeded');
});
