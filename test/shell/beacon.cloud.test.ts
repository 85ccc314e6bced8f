import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Faults } from '../../packages/local-cloud/src/faults.ts';
import type { TemporaryCredentials } from '../../packages/local-cloud/src/signature/keyring.ts';
import { signBeaconForms } from '../../src/actions/artifacts/artifacts.ts';
import type { Bucket } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import type { InstanceId, LaunchId, Nonce } from '../../src/model.ts';
import { beaconLines, type PinnedBeacon } from '../../src/schemes/beacon.ts';
import { isTrueLog, readLogKey, readVerdictKey } from '../../src/watch/channels/beacons/keys.ts';
import { isTrue } from '../../src/watch/markers.ts';
import { runOne } from '../support/ec2-calls.ts';
import { type TestCloud, testCloud, until } from '../support/local-cloud.ts';
import { scriptedDriver } from '../support/scripted-boxes.ts';
import { type Outcome, withBootstrapper } from './bash.ts';
import { BoxRoot, events, GOOD_EVENTS, LAUNCH, marks, NONCE, SIGNED } from './box.ts';
import { INSTANCE_ID, type MetadataServer, serveMetadata } from './metadata-server.ts';

const BUCKET = 'shop-rolecall';
let cloud: TestCloud;
let bucket: Bucket;
let box: BoxRoot;
let metadata: MetadataServer;
let keys: TemporaryCredentials;
const faults: { -readonly [name in keyof Faults]: Faults[name] } = {};

beforeEach(async () => {
  for (const name of Object.keys(faults)) delete faults[name as keyof Faults];
  let given: TemporaryCredentials | undefined;
  const driver = scriptedDriver((spec) => {
    given = spec.services.credentials?.();
  });
  cloud = await testCloud({ faults, driver });
  await cloud.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await runOne(cloud.ec2, { IamInstanceProfile: { Name: 'web' } });
  keys = await until('a machine has its keys', async () => given);
  bucket = connected(cloud.credentials);
  box = new BoxRoot();
});

afterEach(async () => {
  await metadata.close();
  box.remove();
  await cloud[Symbol.asyncDispose]();
});

function connected(credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }): Bucket {
  const target = { region: 'us-east-1', endpoint: cloud.endpoint, credentials };
  return connectBucket(target, { bucket: BUCKET, prefix: 'team/' });
}

async function beacon(of = bucket): Promise<PinnedBeacon> {
  const { pinned } = await signBeaconForms(LAUNCH as LaunchId, { timeoutMs: 60_000 }, of);
  if (pinned === undefined) throw new Error('nothing was signed');
  return pinned;
}

const userData = (pinned: PinnedBeacon, more = ''): string =>
  SIGNED +
  beaconLines(pinned)
    .map((line) => `${line.join('=')}\n`)
    .join('') +
  more;

async function boot(text: string, options: Parameters<BoxRoot['boot']>[1] = {}): Promise<Outcome> {
  metadata = await serveMetadata(text);
  return await box.boot(metadata, options);
}

/** As boot, without pauses between tries. */
async function bootInHaste(text: string): Promise<Outcome> {
  metadata = await serveMetadata(text);
  const env = { ROLECALL_ROOT: box.path, ROLECALL_METADATA: metadata.url };
  return await withBootstrapper('BEACON_WAITS=(0 0 0); main', [], { env });
}

const keysBelow = async (prefix: string) => (await bucket.list(prefix)).map(({ key }) => key);
const TRUST = {
  launch: LAUNCH as LaunchId,
  instanceId: INSTANCE_ID as InstanceId,
  nonce: NONCE as Nonce,
};

/** The verdicts in the bucket, each proved as a watch does: `ok init 0`. */
async function told(): Promise<string[]> {
  return (await keysBelow(`beacons/${LAUNCH}/v/`)).map((key) => {
    const read = readVerdictKey(key, TRUST.launch);
    if (read?.marker.event.type !== 'verdict' || !isTrue(read.marker, TRUST)) return `unproved: ${key}`;
    const { ok, step, status } = read.marker.event;
    return `${ok ? 'ok' : 'failed'} ${step} ${status}`;
  });
}

/** The one boot log, proved as `logs` does. */
async function bootLog(): Promise<string> {
  const [key = ''] = await keysBelow('logs/');
  const read = readLogKey(key, TRUST.launch, TRUST.instanceId);
  const { text = '' } = (await bucket.readText(key)) ?? {};
  expect(read !== undefined && isTrueLog(read, TRUST)).toBe(true);
  expect(read?.sha256).toBe(createHash('sha256').update(text).digest('hex'));
  return text;
}

describe('a boot that succeeds', () => {
  test('tells its verdict in a key, with its markers inside, and how far it came', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    const { status, stdout, stderr } = await boot(userData(await beacon()));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(events(stdout)).toEqual(GOOD_EVENTS);
    expect(await told()).toEqual(['ok init 0']);
    const [key = ''] = await keysBelow(`beacons/${LAUNCH}/v/`);
    const { text = '' } = (await bucket.readText(key)) ?? {};
    expect(events(text)).toEqual(GOOD_EVENTS.filter((event) => /^(end|verdict)/.test(event)));
    expect(marks(text).every(({ signed }) => signed === true)).toBe(true);
    // Nobody waits for these.
    await until('its progress is told', async () => (await keysBelow(`beacons/${LAUNCH}/e/`)).length > 0);
    expect(await keysBelow(`beacons/${LAUNCH}/e/`)).toEqual([`beacons/${LAUNCH}/e/${INSTANCE_ID}/6.init`]);
    expect(await bucket.list('logs/')).toEqual([]);
  });

  test('signed with temporary credentials, too', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    const { accessKeyId, secretAccessKey, token: sessionToken } = keys;
    const pinned = await beacon(connected({ accessKeyId, secretAccessKey, ...{ sessionToken } }));
    expect(pinned.token).toBe(keys.token);
    expect((await boot(userData(pinned))).status).toBe(0);
    expect(await told()).toEqual(['ok init 0']);
  });

  test('its script gets nothing of the form, and no trace shows it', async () => {
    box.init('b/prod/bootstrapper.sh', 'env');
    const pinned = await beacon();
    const { stdout, stderr } = await boot(userData(pinned), { bash: ['-x'] });
    const everything = stdout + stderr + box.read('var/log/rolecall/init.log');
    expect(stderr).toContain('+ main');
    for (const secret of [pinned.policy, pinned.signature, pinned.log.policy, pinned.log.signature, NONCE])
      expect(everything).not.toContain(secret);
    expect(everything).not.toContain('rolecall_beacon_url');
    expect(await told()).toEqual(['ok init 0']);
  });

  test('no command line shows it', async () => {
    box.init('b/prod/bootstrapper.sh', 'exit 1');
    const pinned = await beacon();
    metadata = await serveMetadata(userData(pinned));
    const log = box.write('argv', '');
    const env = { ROLECALL_ROOT: box.path, ROLECALL_METADATA: metadata.url, CALLS: log };
    await withBootstrapper('curl() { printf "%s\\n" "$*" >>"$CALLS"; command curl "$@"; }; main', [], {
      env,
    });
    expect(await told()).toEqual(['failed init 1']);
    const calls = box.read('argv');
    expect(calls).toContain('--config -');
    for (const secret of [pinned.policy, pinned.signature, pinned.credential, pinned.url])
      expect(calls).not.toContain(secret);
  });

  test('trouble that passes is tried again', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    faults.s3Errors = { PostObject: 3 };
    expect((await bootInHaste(userData(await beacon()))).status).toBe(0);
    expect(await told()).toEqual(['ok init 0']);
  });
});

describe('a boot that fails', () => {
  test('tells the step, and sends all that was printed', async () => {
    box.init(
      'b/prod/bootstrapper.sh',
      'for i in {1..60}; do echo "line $i"; done; echo "E: no such package"; exit 100',
    );
    const { status, stdout } = await boot(userData(await beacon()));
    expect(status).toBe(100);
    expect(await told()).toEqual(['failed init 100']);
    const text = await bootLog();
    expect(text).toContain(stdout);
    expect(text).toContain('==> /var/log/rolecall/init.log <==\nline 1\nline 2\n');
    expect(text).not.toContain(NONCE);
  });

  test('at its user data: that too is told', async () => {
    const { status } = await boot(userData(await beacon(), 'Bad=1\n'));
    expect(status).toBe(1);
    expect(await told()).toEqual(['failed personality 1']);
    const text = await bootLog();
    expect(text).toContain('ERROR Bootstrapping failed at step personality');
  });

  test('a log of any size whose end is clean-up noise: what stands around the failure is sent', async () => {
    const noise = 'trap \'head -c 4000000 /dev/zero | tr "\\0" x\' EXIT';
    box.init('b/prod/bootstrapper.sh', `set -e\n${noise}\nseq 1 300000\necho the cause\nls /nonexistent`);
    await boot(userData(await beacon()));
    const text = await bootLog();
    expect(text).toMatch(/\n300000\nthe cause\nls: .*\nx{1000}/);
    expect(text.length).toBeLessThan(1_400_000);
  });

  test('a log of any size: its newest part is sent', async () => {
    box.init(
      'b/prod/bootstrapper.sh',
      'head -c 4000000 /dev/zero | tr "\\0" x; echo; echo end of it; exit 1',
    );
    await boot(userData(await beacon()));
    const [log] = await bucket.list('logs/');
    expect(log?.size).toBeGreaterThan(1_300_000);
    // What the watch reads whole.
    expect(log?.size).toBeLessThan(1_400_000);
  });
});

describe('beacons that can’t be sent', () => {
  test('refused: the boot is what it is, and nothing is tried again', async () => {
    box.init('b/prod/bootstrapper.sh', 'true');
    const pinned = await beacon();
    const { status, stdout, stderr } = await boot(userData({ ...pinned, signature: '0'.repeat(64) }));
    expect({ status, stderr, events: events(stdout) }).toEqual({
      status: 0,
      stderr: '',
      events: GOOD_EVENTS,
    });
    expect(await told()).toEqual([]);
  });

  test('nobody there: the same', async () => {
    box.init('b/prod/bootstrapper.sh', 'exit 4');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const pinned = { ...(await beacon()), url: `http://127.0.0.1:${port}/` };
    const { status, stdout, stderr } = await bootInHaste(userData(pinned));
    expect({ status, stderr }).toEqual({ status: 4, stderr: '' });
    expect(events(stdout).at(-1)).toBe('verdict failed init 4 MS');
  });

  test.each([
    ['a line is missing', (text: string) => text.replace(/^rolecall_log_policy=.*\n/m, '')],
    ['a line stands twice', (text: string) => text.replace(/^rolecall_beacon_date=.*\n/m, '$&$&')],
  ])('%s: none are sent', async (_what, broken) => {
    box.init('b/prod/bootstrapper.sh', 'true');
    const { stdout } = await boot(broken(userData(await beacon())));
    expect(events(stdout).at(-1)).toMatch(/^verdict /);
    expect(await bucket.list('')).toEqual([]);
  });
});
