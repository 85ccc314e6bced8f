import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { installation } from '../../../src/actions/local/installation.ts';
import { until } from '../../../test/support/local-cloud.ts';
import { cloudCommand } from '../src/child.ts';
import { acceleratedClock, systemClock } from '../src/clock.ts';
import { type CloudFile, parse, readCloudFile } from '../src/cloud-file.ts';
import { endCloud, runningCloud } from '../src/control/client.ts';
import { ownMark, ownNamespace } from '../src/holder.ts';
import { type ServeOptions, serveCloud } from '../src/process.ts';
import { serveRequested } from '../src/serve-request.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-process-'));
});
const running: { readonly interrupt: AbortController; readonly ended: Promise<void> }[] = [];
afterEach(async () => {
  // Also after a failure: a cloud that stays up would keep the test run from ending.
  for (const { interrupt } of running) interrupt.abort();
  await Promise.allSettled(running.splice(0).map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
});

/** A cloud process's inside, served in this one: real boxes, real port, real files. */
function serve(options: { readonly ephemeral: boolean } & Partial<ServeOptions>) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const interrupt = new AbortController();
  let onUp: (file: CloudFile) => void = () => undefined;
  const up = new Promise<CloudFile>((resolve) => {
    onUp = resolve;
  });
  const ended = serveCloud(
    {
      folder,
      announce: true,
      port: 0,
      faults: {},
      machines: 'sandbox',
      speed: 1,
      owner: undefined,
      ...options,
    },
    { ...streams, signal: interrupt.signal, clock: systemClock, installation: installation() },
    (file) => onUp(file),
  );
  running.push({ interrupt, ended });
  return {
    ...streams,
    interrupt,
    ended,
    up: Promise.race([up, ended.then(() => Promise.reject(new Error('it ended')))]),
  };
}

test('a lasting cloud is found by its file until a signal ends it', async () => {
  const cloud = serve({ ephemeral: false });
  const file = await cloud.up;
  expect(readCloudFile(folder)).toEqual(file);
  expect(statSync(join(folder, 'cloud.json')).mode & 0o777).toBe(0o600);
  expect((await runningCloud(folder))?.about.endpoint).toBe(file.endpoint);
  expect(parse(String(cloud.stdout.read()))).toEqual(file);
  cloud.stdin.end();
  expect((await runningCloud(folder))?.about.boxes).toBe(0);
  cloud.interrupt.abort();
  await cloud.ended;
  expect(readdirSync(folder)).not.toContain('cloud.json');
  await expect(fetch(file.endpoint)).rejects.toThrow();
});

test('a second one of the same folder gives way', async () => {
  const first = serve({ ephemeral: false });
  await first.up;
  const second = serve({ ephemeral: false });
  await expect(second.ended).rejects.toMatchObject({ kind: 'conflict' });
  await second.up.catch(() => undefined);
  expect(readCloudFile(folder)).toEqual(await first.up);
  first.interrupt.abort();
  await first.ended;
});

test('the process that a command starts gives way to a cloud that is up', async () => {
  const first = serve({ ephemeral: false });
  const file = await first.up;
  const stdout = new PassThrough();
  const second = serveRequested(JSON.stringify({ folder, ephemeral: false }), {
    ...{ stdin: new PassThrough(), stdout, stderr: new PassThrough() },
    ...{ signal: new AbortController().signal, clock: systemClock, installation: installation() },
  });
  await expect(second).rejects.toMatchObject({ kind: 'conflict', hint: 'rolecall local env' });
  expect(stdout.read()).toBeNull();
  expect(readCloudFile(folder)).toEqual(file);
  first.interrupt.abort();
  await first.ended;
});

test('`local down` ends it, and its port is free when it answers', async () => {
  const cloud = serve({ ephemeral: false });
  const file = await cloud.up;
  expect(await endCloud(file, systemClock)).toBe(0);
  await expect(fetch(file.endpoint)).rejects.toThrow();
  await cloud.ended;
  expect(await runningCloud(folder)).toBeUndefined();
});

test('an ephemeral one leaves nothing on disk and ends with its stdin', async () => {
  const cloud = serve({ ephemeral: true });
  const file = await cloud.up;
  expect(readdirSync(folder)).not.toContain('cloud.json');
  expect(String(cloud.stdout.read()).split('\n')).toEqual([JSON.stringify(file), '']);
  cloud.stdin.end();
  await cloud.ended;
  await expect(fetch(file.endpoint)).rejects.toThrow();
});

test('a faster clock: the file tells it, answers are dated by it, either time signs, and its objects go with it', async () => {
  writeFileSync(join(folder, 'unrelated'), '');
  mkdirSync(join(folder, `s3-passing-${ownNamespace()}-4000000.1`));
  const cloud = serve({ ephemeral: false, machines: 'simulated', speed: 1000 });
  const file = await cloud.up;
  expect(file).toMatchObject({ kind: 'simulated', clock: { speed: 1000 } });
  const origin = file.clock?.origin_ms ?? 0;
  const time = acceleratedClock({ originMs: origin, speed: 1000 });
  const s3 = new S3Client({
    endpoint: file.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: file.access_key_id, secretAccessKey: file.secret_access_key },
  });
  // By our own time at first; the client then goes by the Date of the answers, once that is far ahead.
  await s3.send(new CreateBucketCommand({ Bucket: 'passing' }));
  await until('the cloud is an hour ahead', async () => time.now() - Date.now() > 3_600_000);
  for (let turn = 0; turn < 3; turn++)
    await s3.send(new PutObjectCommand({ Bucket: 'passing', Key: 'k', Body: 'x' }));
  const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket: 'passing', Key: 'k' }));
  expect((LastModified?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
  s3.destroy();
  const { headers } = await fetch(file.endpoint);
  expect(Date.parse(headers.get('date') ?? '') - Date.now()).toBeGreaterThan(3_000_000);
  expect(readdirSync(folder)).toContain(`s3-passing-${ownMark()}`);
  cloud.interrupt.abort();
  await cloud.ended;
  expect(readdirSync(folder)).toEqual(['unrelated']);
});

test('under sudo the process gets a session of its own and gives its files to the user', () => {
  const command = cloudCommand(
    {
      command: ['/usr/bin/node', '/opt/product.cjs', 'serve'],
      folder: '/state/local',
      ephemeral: true,
      sudo: true,
      faults: '/f.yaml',
      machines: 'simulated',
      speed: 50,
    },
    1000,
    1001,
    {},
  );
  expect(command.slice(0, 4)).toEqual(['sudo', '-n', 'setsid', '--fork']);
  expect(command.slice(4, 7)).toEqual(['/usr/bin/node', '/opt/product.cjs', 'serve']);
  expect(command.slice(7).map((word) => JSON.parse(word))).toEqual([
    {
      folder: '/state/local',
      ephemeral: true,
      owner: { uid: 1000, gid: 1001 },
      faults: '/f.yaml',
      machines: 'simulated',
      speed: 50,
    },
  ]);
});

test('sudo lets the operator’s proxy through by name: its URL may hold a password', () => {
  const options = { command: ['/usr/bin/node'], folder: '/state/local', ephemeral: false, sudo: true };
  const command = cloudCommand(options, 1, 1, {
    https_proxy: 'http://me:secret@one',
    NO_PROXY: 'x',
    PATH: '/',
  });
  expect(command.slice(0, 4)).toEqual(['sudo', '-n', '--preserve-env=https_proxy,NO_PROXY', 'setsid']);
  expect(command.join(' ')).not.toContain('secret');
});
