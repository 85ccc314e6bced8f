import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { serveCommand } from '../../../../src/actions/local/installation.ts';
import { type CloudProcess, startCloudProcess } from '../../src/child.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { type CloudFile, writeCloudFile } from '../../src/cloud-file.ts';
import { endCloud, registerBucket, runningCloud } from '../../src/control/client.ts';
import { cloudProof } from '../../src/control/proof.ts';

const KEY = 'secret';
const ABOUT = { endpoint: '', pid: 7, kind: 'limited', limits: [], images: [], boxes: 0 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-late-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

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

describe('a cloud that has proved itself', () => {
  /** The call that waits for its answer, once it has come. */
  let asked: Promise<ServerResponse>;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    let comes: (response: ServerResponse) => void = () => undefined;
    asked = new Promise((resolve) => {
      comes = resolve;
    });
    const server = createServer(({ headers }, response) => {
      const client = headers['rolecall-challenge'];
      if (client === undefined) return comes(response);
      const cloud = '0'.repeat(32);
      response.end(
        JSON.stringify({ challenge: cloud, proof: cloudProof(KEY, { client: String(client), cloud }) }),
      );
    });
    const control = join(folder, 'control.sock');
    const mask = process.umask(0o177);
    await new Promise<void>((resolve) => server.listen(control, resolve));
    process.umask(mask);
    stop = () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    const file: CloudFile = {
      endpoint: 'http://127.0.0.1:1',
      control,
      mark: '00000000-1.1',
      pid: 7,
      access_key_id: 'AKLOCAL',
      secret_access_key: KEY,
      kind: 'limited',
      started: '2026-11-23T10:00:00.000Z',
    };
    writeCloudFile(folder, file, undefined);
  });
  afterEach(() => stop());

  test('and answers after half a minute is up', async () => {
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
  ])('and %s for a minute is told as silent, and not taken for dead', async (_name, begun) => {
    const { clock, pass } = stoppedClock();
    const found = runningCloud(folder, clock);
    const response = await asked;
    if (begun !== '') response.write(begun);
    pass(60_000);
    await expect(found).rejects.toMatchObject({
      kind: 'silent',
      message: "the local cloud (process 7) doesn't answer",
      hint: expect.stringContaining('try again'),
    });
    expect(existsSync(join(folder, 'cloud.json'))).toBe(true);
  });

  test('and whose connection breaks is dead: its file goes', async () => {
    const found = runningCloud(folder, stoppedClock().clock);
    (await asked).destroy();
    expect(await found).toBeUndefined();
    expect(existsSync(join(folder, 'cloud.json'))).toBe(false);
  });
});

describe('a cloud that stands still until nobody can connect', () => {
  let cloud: CloudProcess;
  const waiting: Socket[] = [];

  /** Connects until the queue of its socket is full. */
  beforeEach(async () => {
    cloud = await startCloudProcess({
      command: serveCommand(),
      folder,
      ephemeral: false,
      sudo: false,
      machines: 'simulated',
    });
    process.kill(cloud.file.pid, 'SIGSTOP');
    const connected = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(cloud.file.control, () => resolve(true));
        waiting.push(socket);
        socket.once('error', () => resolve(false));
      });
    while (await connected());
  }, 30_000);
  afterEach(async () => {
    for (const socket of waiting.splice(0)) socket.destroy();
    process.kill(cloud.file.pid, 'SIGCONT');
    await endCloud(cloud.file, systemClock);
  });

  test('is asked again, and is up when it goes on', async () => {
    const found = runningCloud(folder, stoppedClock().clock);
    process.kill(cloud.file.pid, 'SIGCONT');
    expect((await found)?.about.pid).toBe(cloud.file.pid);
  });

  test('is told as silent after a minute, and keeps its file', async () => {
    const { clock, pass } = stoppedClock();
    const found = runningCloud(folder, clock);
    pass(60_000);
    await expect(found).rejects.toMatchObject({
      message: `the local cloud (process ${cloud.file.pid}) doesn't answer`,
    });
    expect(existsSync(join(folder, 'cloud.json'))).toBe(true);
  });

  test('is not said to be gone', async () => {
    await expect(registerBucket(cloud.file, { name: 'shop', region: 'us-east-1' })).rejects.toMatchObject({
      message: `the local cloud (process ${cloud.file.pid}) doesn't answer`,
    });
  });
});
