import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeInstanceAttributeCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';
import { bundleCatalogue } from '../support/modules.ts';
import { AMI } from '../support/rehearsal.ts';

const box = sandbox();
const catalogue = bundleCatalogue(box.home);
const env = { FIRST_TEXT: `it's "5 o'clock" \`here\` & $HOME` };
const args = (role: string, ...more: string[]) => [
  ...['--catalogue', catalogue, '--role', role, '--env', 'prod', '--context', 'b', '--local'],
  ...more,
];

async function launched(role: string, ...more: string[]) {
  const { code, stdout, stderr } = await box.run(['launch', ...args(role, '--output', 'json', ...more)], {
    env,
  });
  if (stdout === '') throw new Error(`launch ended with ${code} and said: ${stderr}`);
  return { code, stderr, document: JSON.parse(stdout) };
}

beforeAll(async () => {
  expect(await box.run(['local', 'up'])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
});

describe('a role with modules', () => {
  test('boots from its bundle: every step and module is proved, and nothing secret is printed', async () => {
    const { code, document, stderr } = await launched('pair');
    expect({ code, verdict: document.machines[0].verdict }).toEqual({ code: 0, verdict: 'succeeded' });
    expect(document.machines[0].steps.map(({ name }: { name: string }) => name)).toEqual([
      'metadata',
      'bundle.fetch',
      'bundle.verify',
      'bundle.decrypt',
      'bundle.unpack',
      'module.first',
      'module.second',
    ]);
    expect(document.launch.bundle_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(stderr).toContain(`module.first: ${env.FIRST_TEXT} for pair in prod/b`);
    const console = await box.run([
      'console',
      document.machines[0].instance_id,
      '--local',
      '--catalogue',
      catalogue,
    ]);
    expect(console.stdout).toMatch(
      /Unpacked: \d+ files[\s\S]*Starting module first: via first\/start-up\.sh/,
    );
    expect(console.stdout).toMatch(/Finished starting module second/);
    for (const text of [console.stdout, stderr])
      expect(text).not.toMatch(/X-Amz-Signature=[0-9a-f]{9}|rolecall_bundle_key=[0-9a-f]/);
  });

  test('that fails: exit 3, the module, its status and its first error', async () => {
    const { code, document } = await launched('fails');
    expect(code).toBe(3);
    expect(document.machines[0].failure).toMatchObject({
      step: 'module.fails',
      status: 100,
      error: 'E: Unable to locate package rabbitmq-server',
      excerpt: ['preparing', 'E: Unable to locate package rabbitmq-server'],
    });
  });

  test('that forges a success is still a failure', async () => {
    const { code, document } = await launched('forges');
    expect({ code, failure: document.machines[0].failure }).toMatchObject({
      code: 3,
      failure: { step: 'module.forges', status: 7 },
    });
  });

  test('launched again under its id finds its machines; with another content it is another launch', async () => {
    const first = await launched('pair', '--launch-id', 'again-1');
    const again = await launched('pair', '--launch-id', 'again-1');
    const ids = ({ document }: typeof first) =>
      document.machines.map(({ instance_id }: { instance_id: string }) => instance_id);
    expect([again.code, ids(again)]).toEqual([0, ids(first)]);
    const other = await box.run(['launch', ...args('pair', '--launch-id', 'again-1')], {
      env: { FIRST_TEXT: 'another' },
    });
    expect(other.code).toBe(6);
    expect(other.stderr).toContain('content of the start-up bundle (modules, variables, files)');
  });
});

/** Clients of the local cloud. */
async function clients() {
  const { stdout } = await box.run(['local', 'env']);
  const value = (name: string) => new RegExp(`${name}='?([^'\\n;]+)`).exec(stdout)?.[1] ?? '';
  const config = {
    region: 'eu-central-1',
    endpoint: value('AWS_ENDPOINT_URL_S3'),
    credentials: {
      accessKeyId: value('AWS_ACCESS_KEY_ID'),
      secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
    },
  };
  return { ec2: new EC2Client(config), s3: new S3Client({ ...config, forcePathStyle: true }) };
}

async function userDataOf(instance: string): Promise<string> {
  const { ec2 } = await clients();
  const { UserData } = await ec2.send(
    new DescribeInstanceAttributeCommand({ InstanceId: instance, Attribute: 'userData' }),
  );
  return Buffer.from(UserData?.Value ?? '', 'base64').toString();
}

test('what opens a bundle is told by nothing that a launch prints, not even with --debug', async () => {
  const { stdout, stderr } = await box.run(['launch', ...args('pair', '--output', 'json', '--debug')], {
    env,
  });
  const [{ instance_id }] = JSON.parse(stdout).machines;
  const userData = await userDataOf(instance_id);
  const secrets = [
    /^rolecall_bundle_key=([0-9a-f]{64})$/m,
    /^rolecall_nonce=([0-9a-f]{32})$/m,
    /X-Amz-Signature=([0-9a-f]{64})/,
  ].map((place) => place.exec(userData)?.[1]);
  const words = ['--local', '--catalogue', catalogue];
  const console = await box.run(['console', instance_id, ...words]);
  for (const secret of secrets)
    for (const text of [stdout, stderr, console.stdout, console.stderr]) expect(text).not.toContain(secret);
});

test('the plan tells a payload’s size as it will be, but for a few bytes', async () => {
  const planned = await box.run(['plan', ...args('pair', '--output', 'json')], { env });
  const { document } = await launched('pair');
  const real = Buffer.byteLength(await userDataOf(document.machines[0].instance_id));
  expect(Math.abs(JSON.parse(planned.stdout).payload.bytes - real)).toBeLessThan(50);
});

describe('bundle publish', () => {
  const publish = (file: string, ...more: string[]) =>
    box.run(['bundle', 'publish', ...args('pair', '--user-data', join(box.home, file), ...more)], { env });
  /** A line of the user data that was written there. */
  const setting = (file: string, name: string) =>
    new RegExp(`^rolecall_${name}=(.*)$`, 'm').exec(readFileSync(join(box.home, file), 'utf8'))?.[1] ?? '';

  test('writes user data for its owner only, and prints where the bundle is, until when, and no secret', async () => {
    const { code, stdout, stderr } = await publish('published');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^published the bundle of pair: first, second;[^\n]*\n {2}s3:\/\/bundles-rolecall\/bundles\/\S+\n/,
    );
    expect(stdout).toMatch(/\nits URL is good until \d{4}-\d\d-\d\dT\S+Z\nuser data of launch /);
    expect(statSync(join(box.home, 'published')).mode & 0o777).toBe(0o600);
    expect(setting('published', 'bundle_url')).toMatch(/X-Amz-Expires=21600&/);
    for (const secret of [
      setting('published', 'bundle_key'),
      setting('published', 'nonce'),
      'X-Amz-Signature',
    ])
      expect(stdout + stderr).not.toContain(secret);
  });

  test('has a key and a URL of its own each time, and the same tar inside', async () => {
    const document = async (file: string) =>
      JSON.parse((await publish(file, '--expires', '60s', '--output', 'json')).stdout);
    const [one, two] = [await document('one'), await document('two')];
    expect(one.tar_sha256).toBe(two.tar_sha256);
    expect(one.sha256).not.toBe(two.sha256);
    expect(setting('one', 'bundle_key')).not.toBe(setting('two', 'bundle_key'));
    expect(setting('one', 'bundle_url')).toMatch(/X-Amz-Expires=60&/);
    expect(one.notes).toEqual([expect.stringMatching(/URL is good for 60 s only/)]);
  });

  test('for everybody needs a bucket that is open: exit 4 else', async () => {
    const closed = await publish('public', '--public');
    expect(closed.code).toBe(4);
    expect(closed.stderr).toMatch(
      /the bucket bundles-rolecall doesn't let everybody read bundles\/[\s\S]*docs\/aws\.md/,
    );
    expect(existsSync(join(box.home, 'public'))).toBe(false);

    const { s3 } = await clients();
    await s3.send(new CreateBucketCommand({ Bucket: 'open-rolecall', ACL: 'public-read' }));
    const open = join(box.home, 'open.yaml');
    writeFileSync(open, readFileSync(catalogue, 'utf8').replace('bundles-rolecall', 'open-rolecall'));
    const words = args('pair', '--user-data', join(box.home, 'public'), '--public');
    const there = words.map((word) => (word === catalogue ? open : word));
    const opened = await box.run(['bundle', 'publish', ...there], { env });
    expect(opened).toMatchObject({ code: 0, stdout: expect.stringContaining('\neverybody can fetch it\n') });
    expect(setting('public', 'bundle_url')).toMatch(/^'http\S+\/open-rolecall\/bundles\/[^?]*'$/);
  });
});

describe('a bundle that was changed after its launch', () => {
  test('by one bit fails at bundle.verify, with exit 3, before anything is decrypted', async () => {
    const userDataFile = join(box.home, 'user-data');
    const id = `flipped-${randomBytes(4).toString('hex')}`;
    const published = await box.run(
      [
        'bundle',
        'publish',
        ...args('pair', '--launch-id', id, '--user-data', userDataFile, '--output', 'json'),
      ],
      { env },
    );
    expect(published).toMatchObject({ code: 0 });
    const { url } = JSON.parse(published.stdout);
    const place = { Bucket: 'bundles-rolecall', Key: String(url).replace('s3://bundles-rolecall/', '') };
    const { ec2, s3 } = await clients();
    const bytes = Buffer.from(
      (await (await s3.send(new GetObjectCommand(place))).Body?.transformToByteArray()) ?? [],
    );
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 1, bytes.length - 5);
    await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
    const tags = {
      launch: id,
      catalogue: 'bundles',
      role: 'pair',
      environment: 'prod',
      context: 'b',
      batch: '1',
    };
    await ec2.send(
      new RunInstancesCommand({
        ImageId: AMI,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        UserData: readFileSync(userDataFile).toString('base64'),
        TagSpecifications: [
          {
            ResourceType: 'instance',
            Tags: Object.entries(tags).map(([name, Value]) => ({ Key: `rolecall:${name}`, Value })),
          },
        ],
      }),
    );
    const watched = await box.run(['watch', id, '--catalogue', catalogue, '--local', '--output', 'json']);
    const { machines } = JSON.parse(watched.stdout);
    expect(watched.code).toBe(3);
    expect(machines[0].failure).toMatchObject({
      step: 'bundle.verify',
      error: expect.stringMatching(/this is not this launch's start-up bundle: its SHA-256 begins/),
    });
    expect(machines[0].steps.map(({ name }: { name: string }) => name)).toEqual([
      'metadata',
      'bundle.fetch',
      'bundle.verify',
    ]);
    const left = await box.run([
      'local',
      'exec',
      machines[0].instance_id,
      '--',
      'find',
      '/var/lib/rolecall',
      '-type',
      'f',
    ]);
    expect(left.stdout).toBe('');
  });

  test('can be looked at with its key, as stock openssl does', async () => {
    const sealed = join(box.home, 'pair.bundle');
    expect(await box.run(['bundle', 'build', ...args('pair', '--file', sealed)], { env })).toMatchObject({
      code: 0,
    });
    expect(await box.run(['bundle', 'verify', sealed])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^a sound bundle: first, second;/),
    });
    const bytes = readFileSync(sealed);
    writeFileSync(sealed, bytes.subarray(0, bytes.length - 16));
    const { code, stderr } = await box.run(['bundle', 'verify', sealed]);
    expect(code).toBe(2);
    expect(stderr).toContain('can not be decrypted');
  });
});
