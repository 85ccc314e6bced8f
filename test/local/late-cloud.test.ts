import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Clock } from '../../src/io/clock.ts';
import { type CloudFile, writeCloudFile } from '../../src/local/cloud-file.ts';
import { registerBucket, runningCloud } from '../../src/local/control-client.ts';

const FILE: CloudFile = {
  endpoint: '',
  pid: 7,
  access_key_id: 'AKLOCAL',
  secret_access_key: 'secret',
  kind: 'limited',
  started: '2026-11-23T10:00:00.000Z',
};
const ABOUT = { endpoint: '', pid: 7, kind: 'limited', limits: [], images: [], boxes: 0 };

let folder: string;
/** The request that waits for its answer, once it has come. */
let asked: Promise<ServerResponse>;
let stop: () => Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-late-'));
  let comes: (response: ServerResponse) => void = () => undefined;
  asked = new Promise((resolve) => {
    comes = resolve;
  });
  const server = createServer((_request, response) => comes(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const { port } = server.address() as AddressInfo;
  writeCloudFile(folder, { ...FILE, endpoint: `http://127.0.0.1:${port}` }, undefined);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A clock that stands until a test says how much time has passed since its sleeper lay down. */
function stoppedClock() {
  let wake: (ms: number) => void = () => undefined;
  const clock: Pick<Clock, 'sleep'> = {
    sleep: (ms) =>
      new Promise((resolve) => {
        wake = (passed) => passed >= ms && resolve();
      }),
  };
  return { clock, pass: (ms: number) => wake(ms) };
}

test('a cloud that answers after half a minute is up', async () => {
  const { clock, pass } = stoppedClock();
  const found = runningCloud(folder, clock);
  const response = await asked;
  pass(30_000);
  response.end(JSON.stringify(ABOUT));
  expect((await found)?.about.pid).toBe(7);
  expect(existsSync(join(folder, 'cloud.json'))).toBe(true);
});

test.each([
  ['says nothing', ''],
  ['stops in the middle of its answer', '{"endpoint":'],
])('one that %s for a minute is told as silent, and not taken for dead', async (_name, begun) => {
  const { clock, pass } = stoppedClock();
  const found = runningCloud(folder, clock);
  const response = await asked;
  if (begun !== '') response.write(begun);
  pass(60_000);
  await expect(found).rejects.toMatchObject({
    exit: 'aws',
    message: "the local cloud (process 7) doesn't answer",
    hint: expect.stringContaining('try again'),
  });
  expect(existsSync(join(folder, 'cloud.json'))).toBe(true);
});

test('one whose connection breaks is dead: its file goes', async () => {
  const found = runningCloud(folder, stoppedClock().clock);
  (await asked).destroy();
  expect(await found).toBeUndefined();
  expect(existsSync(join(folder, 'cloud.json'))).toBe(false);
});

/** What Node's fetch says of its own when a connection isn't made within ten seconds: the machine is busy. */
const lateConnection = () =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('Connect Timeout Error'), { code: 'UND_ERR_CONNECT_TIMEOUT' }),
  });

test('one that takes half a minute to take a connection is up', async () => {
  const fetching = jest.spyOn(globalThis, 'fetch');
  for (let tries = 0; tries < 3; tries += 1) fetching.mockRejectedValueOnce(lateConnection());
  const found = runningCloud(folder, stoppedClock().clock);
  void asked.then((response) => response.end(JSON.stringify(ABOUT)));
  expect((await found)?.about.pid).toBe(7);
  expect(fetching).toHaveBeenCalledTimes(4);
  expect(existsSync(join(folder, 'cloud.json'))).toBe(true);
});

test('one that takes no connection for a minute is told as silent, and not asked any more', async () => {
  const { clock, pass } = stoppedClock();
  const fetching = jest.spyOn(globalThis, 'fetch').mockImplementation(async () => {
    if (fetching.mock.calls.length === 6) pass(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    throw lateConnection();
  });
  await expect(runningCloud(folder, clock)).rejects.toMatchObject({
    message: "the local cloud (process 7) doesn't answer",
  });
  await new Promise((resolve) => setImmediate(resolve));
  const asks = fetching.mock.calls.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect(fetching.mock.calls.length).toBe(asks);
  expect(existsSync(join(folder, 'cloud.json'))).toBe(true);
});

test('a command that gets no connection does not say that the cloud is gone', async () => {
  jest.spyOn(globalThis, 'fetch').mockRejectedValueOnce(lateConnection());
  await expect(registerBucket(FILE, { name: 'shop', region: 'us-east-1' })).rejects.toMatchObject({
    message: "the local cloud (process 7) doesn't answer",
  });
});
