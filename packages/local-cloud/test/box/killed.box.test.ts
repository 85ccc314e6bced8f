import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Bench, openBench } from './process.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const KINDS = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user'] as const;

/** A process by its id and when it began: ids come again, as do the numbers of namespaces. */
async function processOf(pid: string): Promise<string | undefined> {
  const stat = await readFile(join('/proc', pid, 'stat'), 'utf8').catch(() => undefined);
  // After the name, which may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22.
  const began = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return began === undefined ? undefined : `${pid} since ${began}`;
}

/** Every namespace that a process of this machine lives in, with the processes in it. */
async function namespaces(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const kind of KINDS) {
      const name = await readlink(join('/proc', pid, 'ns', kind)).catch(() => undefined);
      const process = await processOf(pid);
      if (name !== undefined && process !== undefined) found.set(name, [...(found.get(name) ?? []), process]);
    }
  }
  return found;
}

/** The namespaces of one process. */
const namespacesOf = async (pid: string): Promise<string[]> =>
  Promise.all(
    KINDS.filter((kind) => kind !== 'user').map((kind) => readlink(join('/proc', pid, 'ns', kind))),
  );

const DAEMONS = `setsid -f sleep 7771
(trap '' TERM HUP INT; setsid -f sleep 7772) &
mkdir /tmp/mounted; mount -t tmpfs deep /tmp/mounted
echo daemons are up`;

test.each([
  ['root', [] as string[]],
  ['an ordinary user', ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']],
])(
  'kill -9 of a cloud of %s ends its boxes with all they started, mounted and unshared',
  async (_name, prefix) => {
    const before = await readFile('/proc/self/mounts', 'utf8');
    const stateDir = await bench.stateDir();
    const cloud = bench.start(prefix, { stateDir, scripts: [DAEMONS, DAEMONS] });
    const [, pids = ''] = await cloud.said(/^pids ([\d ]+)$/m);
    await cloud.said(/daemons are up[\s\S]*daemons are up/);
    const theirs = (await Promise.all(pids.split(' ').map(namespacesOf))).flat();
    const populated = await namespaces();
    const inside = theirs.map((name) => populated.get(name) ?? []);
    expect(inside.filter((processes) => processes.length > 0)).toHaveLength(10);
    const processes = new Set(inside.flat());
    // Of each box its init, and what it has set free.
    expect(processes.size).toBeGreaterThanOrEqual(6);

    cloud.child.kill('SIGKILL');
    await once(cloud.child, 'close');
    const left = await eventually(async () => {
      const now = await Promise.all([...processes].map((each) => processOf(each.split(' ', 1)[0] ?? '')));
      return now.filter((each) => each !== undefined && processes.has(each));
    });
    expect(left).toEqual([]);
    expect(await readFile('/proc/self/mounts', 'utf8')).toBe(before);
    expect(await readdir(join(stateDir, 'boxes'))).toEqual([]);
  },
);

test('kill -9 while boxes are being made leaves none either', async () => {
  const stateDir = await bench.stateDir();
  const cloud = bench.start([], { stateDir, scripts: Array.from({ length: 6 }, () => 'echo made') });
  await cloud.said(/driver complete/);
  cloud.child.kill('SIGKILL');
  await once(cloud.child, 'close');
  const left = await eventually(async () => {
    const lines: string[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
      if (command.includes(stateDir)) lines.push(command.replaceAll('\0', ' '));
    }
    return lines;
  });
  expect(left).toEqual([]);
});

/** What `look` still finds after two seconds at most. */
async function eventually<T>(look: () => Promise<T[]>): Promise<T[]> {
  const deadline = Date.now() + 2000;
  for (;;) {
    const found = await look();
    if (found.length === 0 || Date.now() > deadline) return found;
    await delay(20);
  }
}
