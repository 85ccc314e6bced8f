import { createHash } from 'node:crypto';
import {
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { describeAll, idsOf, inState, run } from '../../../../test/support/ec2-calls.ts';
import { type TestCloud, testCloud, until } from '../../../../test/support/local-cloud.ts';
import { acceleratedClock } from '../../src/clock.ts';
import type { Faults } from '../../src/faults.ts';
import { signatureOf, signingKey } from '../../src/signature/canonical.ts';
import { simulatedDriver } from '../../src/simulated/driver.ts';

const LINES = [
  'environment=prod',
  'role=web',
  'context=b',
  'rolecall_launch=web-1',
  'rolecall_nonce=0123456789abcdef0123456789abcdef',
];

/** A cloud of simulated boxes, a thousand times as fast as we are. */
function simulated(faults: Faults): Promise<TestCloud> {
  const time = acceleratedClock({ originMs: Date.now(), speed: 1_000 });
  return testCloud({ driver: simulatedDriver(time, faults), time, faults });
}

const launch = async ({ ec2 }: TestCloud, count: number, lines: readonly string[] = LINES, more = {}) =>
  idsOf(
    await run(ec2, {
      MinCount: count,
      MaxCount: count,
      UserData: Buffer.from(`${lines.join('\n')}\n`).toString('base64'),
      ...more,
    }),
  );

async function consoleOf({ ec2 }: TestCloud, id: string): Promise<string> {
  const { Output } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
  return Buffer.from(Output ?? '', 'base64').toString();
}

const verdict = (cloud: TestCloud, id: string): Promise<string> =>
  until(`${id} has a verdict`, async () => /verdict (\w+ \S+ \d+)/.exec(await consoleOf(cloud, id))?.[1]);

test('every machine comes to the end that the plan has for it', async () => {
  await using cloud = await simulated({
    console: { empty: true, launchIndexes: [6] },
    boxes: {
      outcomes: [
        { kind: 'failed', launchIndexes: [1] },
        { kind: 'hangs', step: 'init', launchIndexes: [2] },
        { kind: 'dies', step: 'init', launchIndexes: [3] },
        { kind: 'dies-pending', launchIndexes: [4] },
        { kind: 'never-running', launchIndexes: [5] },
      ],
    },
  });
  const [ok = '', failed = '', hangs = '', dies = '', unborn = '', pending = '', mute = ''] = await launch(
    cloud,
    7,
  );
  expect(await verdict(cloud, ok)).toBe('ok init 0');
  expect(await verdict(cloud, failed)).toBe('failed init 100');
  await until('the hanging one is in its step', async () =>
    (await consoleOf(cloud, hangs)).includes('start init'),
  );
  for (const id of [dies, unborn])
    expect((await inState(cloud.ec2, id, 'terminated')).StateReason?.Code).toBe('Server.InternalError');
  expect(await consoleOf(cloud, dies)).toContain('start init');
  expect(await consoleOf(cloud, unborn)).toBe('');
  await inState(cloud.ec2, mute, 'running');
  expect(await consoleOf(cloud, mute)).toBe('');
  await inState(cloud.ec2, pending, 'pending');
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [pending, hangs] }));
  await inState(cloud.ec2, pending, 'terminated');
  await inState(cloud.ec2, hangs, 'terminated');
  expect(await consoleOf(cloud, hangs)).not.toContain('verdict');
});

test('a spot machine is taken back, another one is not', async () => {
  await using cloud = await simulated({ spotInterruptions: { afterMs: 60_000 } });
  const [spot = ''] = await launch(cloud, 1, LINES, { InstanceMarketOptions: { MarketType: 'spot' } });
  const [own = ''] = await launch(cloud, 1);
  const gone = await inState(cloud.ec2, spot, 'terminated');
  expect(gone.StateReason?.Code).toBe('Server.SpotInstanceTermination');
  expect((await inState(cloud.ec2, own, 'running')).InstanceId).toBe(own);
});

test('a thousand machines: described by pages and tags, stopped and terminated in one call each', async () => {
  await using cloud = await simulated({});
  const tags = [{ Key: 'rolecall:role', Value: 'web' }];
  const ids = await launch(cloud, 1000, LINES, {
    TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
  });
  await launch(cloud, 3);
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const Filters = [
      { Name: 'tag:rolecall:role', Values: ['web'] },
      { Name: 'instance-state-name', Values: ['pending', 'running'] },
    ];
    const page = await cloud.ec2.send(
      new DescribeInstancesCommand({ Filters, MaxResults: 300, ...(NextToken && { NextToken }) }),
    );
    found.push(...(page.Reservations ?? []).flatMap(({ Instances }) => idsOf(Instances ?? [])));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  expect(found.sort()).toEqual([...ids].sort());

  const stopped = await cloud.ec2.send(new StopInstancesCommand({ InstanceIds: ids }));
  expect(stopped.StoppingInstances).toHaveLength(1000);
  await inState(cloud.ec2, ids[999] ?? '', 'stopped');
  const ended = await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  expect(ended.TerminatingInstances).toHaveLength(1000);
  expect(await describeAll(cloud.ec2, { InstanceIds: ids.slice(0, 2) })).toMatchObject([
    { State: { Name: 'terminated' } },
    { State: { Name: 'terminated' } },
  ]);
});

/** A form for keys below `prefix`, as a launch signs it. */
function formFor({ credentials }: TestCloud, bucket: string, prefix: string) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = { date: date.slice(0, 8), region: 'us-east-1', service: 's3' };
  const credential = `${credentials.accessKeyId}/${scope.date}/us-east-1/s3/aws4_request`;
  const conditions = [
    { bucket },
    ['starts-with', '$key', prefix],
    ['content-length-range', 0, 8192],
    { 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256' },
    { 'X-Amz-Credential': credential },
    { 'X-Amz-Date': date },
  ];
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const signature = signatureOf(signingKey(credentials.secretAccessKey, scope), policy);
  return { date, credential, policy, signature };
}

function beaconLines(cloud: TestCloud, bucket: string, launchId = 'web-1'): string[] {
  const beacon = formFor(cloud, bucket, `some/beacons/${launchId}/`);
  const log = formFor(cloud, bucket, `some/logs/${launchId}/`);
  return [
    `rolecall_beacon_credential=${beacon.credential}`,
    `rolecall_beacon_date=${beacon.date}`,
    `rolecall_beacon_policy=${beacon.policy}`,
    'rolecall_beacon_prefix=some/',
    `rolecall_beacon_signature=${beacon.signature}`,
    `rolecall_beacon_url=${cloud.endpoint}/${bucket}`,
    `rolecall_log_policy=${log.policy}`,
    `rolecall_log_signature=${log.signature}`,
  ];
}

const keysOf = async ({ s3 }: TestCloud, Bucket: string): Promise<string[]> =>
  ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key ?? '');

test('beacons are posted by the payload’s form, unless the plan loses them; a failure sends its log', async () => {
  const faults: Faults = {
    boxes: {
      lostBeacons: { launchIndexes: [2] },
      outcomes: [{ kind: 'failed', lines: ['E: no such package'], launchIndexes: [1] }],
    },
  };
  await using cloud = await simulated(faults);
  await cloud.s3.send(new CreateBucketCommand({ Bucket: 'beacons' }));
  const [ok, failed, lost = ''] = await launch(cloud, 3, [...LINES, ...beaconLines(cloud, 'beacons')]);
  expect(await verdict(cloud, lost)).toBe('ok init 0');
  const keys = await until('all have arrived', async () => {
    const found = await keysOf(cloud, 'beacons');
    return found.length >= 3 && found;
  });
  const NAME = /\d+\.[0-9a-f]{8}\.8\.\d{13}\.\d+\.[0-9a-f]{16}$/;
  const found = (prefix: string) => keys.filter((key) => key.startsWith(prefix));
  const [okKey = '', ...others] = found(`some/beacons/web-1/v/${ok}/ok.init.0.`);
  const [failedKey] = found(`some/beacons/web-1/v/${failed}/failed.init.100.`);
  const [logKey = ''] = found(`some/logs/web-1/${failed}/`);
  expect([okKey, failedKey]).toEqual([expect.stringMatching(NAME), expect.stringMatching(NAME)]);
  expect([others, keys.length]).toEqual([[], 3]);
  const log = await cloud.s3.send(new GetObjectCommand({ Bucket: 'beacons', Key: logKey }));
  const text = (await log.Body?.transformToString()) ?? '';
  expect(text).toContain('E: no such package');
  const sha256 = createHash('sha256').update(text).digest('hex');
  expect(logKey).toMatch(new RegExp(`/[0-9a-f]{8}\\.${sha256}\\.[0-9a-f]{16}$`));
  const told = await cloud.s3.send(new GetObjectCommand({ Bucket: 'beacons', Key: okKey }));
  expect(await told.Body?.transformToString()).toMatch(/^(<<rc2 .*>>\n)+$/);
});

test('a form that the policy doesn’t allow is refused, and the boot goes on', async () => {
  await using cloud = await simulated({});
  await cloud.s3.send(new CreateBucketCommand({ Bucket: 'beacons' }));
  const [refused = ''] = await launch(cloud, 1, [...LINES, ...beaconLines(cloud, 'beacons', 'another')]);
  expect(await verdict(cloud, refused)).toBe('ok init 0');
  const lines = [...LINES, ...beaconLines(cloud, 'beacons')];
  const [sent] = await launch(cloud, 1, lines);
  // One after the other: when the second has arrived, the first has been judged.
  const keys = await until('the second has arrived', async () => {
    const found = await keysOf(cloud, 'beacons');
    return found.length > 0 && found;
  });
  expect(keys).toEqual([expect.stringContaining(`some/beacons/web-1/v/${sent}/ok.init.0.`)]);
});
