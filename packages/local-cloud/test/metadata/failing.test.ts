import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { MetadataFault } from '../../src/faults.ts';
import { failing } from '../../src/metadata/failing.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

const works: RequestListener = (_, response) => response.end('i-0123456789abcdef0');

/** A clock whose time is set by hand; what sleeps is told of each wait. */
function handClock() {
  const clock = {
    time: 0,
    slept: [] as number[],
    monotonic: () => clock.time,
    sleep: async (ms: number) => {
      clock.slept.push(ms);
    },
  };
  return clock;
}

/** What a client with this User-Agent gets: a status, or that the connection broke. */
async function served(fault: MetadataFault, clock = handClock()) {
  const listening = createServer(failing(works, fault, clock));
  server = listening;
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  const { port } = listening.address() as AddressInfo;
  const get = (agent = 'curl/7.88.1') =>
    fetch(`http://127.0.0.1:${port}/`, { headers: { 'user-agent': agent, connection: 'close' } }).then(
      ({ status }) => status,
      () => 'broken',
    );
  return { get, clock };
}

test('the first requests fail, and no later one', async () => {
  const { get } = await served({ failFirst: 2 });
  expect([await get(), await get(), await get(), await get()]).toEqual([503, 503, 200, 200]);
});

test('connections break for a time after the first request, not after the start', async () => {
  const { get, clock } = await served({ deadMs: 20_000, failFirst: 1 });
  clock.time = 60_000;
  expect(await get()).toBe('broken');
  clock.time += 19_999;
  expect(await get()).toBe('broken');
  clock.time += 1;
  expect([await get(), await get()]).toEqual([503, 200]);
});

test('each answer waits', async () => {
  const { get, clock } = await served({ delayMs: 1500 });
  expect([await get(), await get()]).toEqual([200, 200]);
  expect(clock.slept).toEqual([1500, 1500]);
});

test('a client of another name is served, and not counted', async () => {
  const { get } = await served({ userAgent: 'curl', failFirst: 1, deadMs: 1, delayMs: 1 });
  expect(await get('Cloud-Init/22.4.2')).toBe(200);
  expect(await get()).toBe('broken');
});
