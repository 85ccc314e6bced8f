/** The engine of virtual machines: real QEMUs, whose kernel is 2 KB, so that they boot at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { probe } from '../../packages/local-cloud/src/vm/acceleration.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import { until } from '../support/local-cloud.ts';
import { type TinyLab, type TinyMachine, tinyLab } from './support/tiny-machines.ts';

const ID = 'i-0123456789abcdef0';
const LONG_MS = 600_000;

let lab: TinyLab;
const up: TinyMachine[] = [];
beforeEach(() => {
  lab = tinyLab();
});
afterEach(async () => {
  await Promise.all(up.splice(0).map((machine) => machine.stop()));
  lab.close();
});

const boot = async (...args: Parameters<TinyLab['boot']>): Promise<TinyMachine> => {
  const machine = await lab.boot(...args);
  up.push(machine);
  return machine;
};

const boots = (machine: TinyMachine): string[] =>
  [...machine.console().matchAll(/tiny boot (\d)\r\n/g)].map(([, count]) => count ?? '');

describe('a machine that heeds its power button', () => {
  test('shuts down, starts again with its disk, and reboots in place; a forgotten one has a new disk', async () => {
    const first = await boot('obeys', ID);
    await first.saw('tiny boot 1\r\n');
    await first.power?.shutDown(LONG_MS);
    expect(await first.ended).toEqual({ reason: 'shutdown' });

    const second = await boot('obeys', ID);
    await second.saw('tiny boot 2\r\n');
    await second.power?.reboot(LONG_MS);
    await second.saw('tiny boot 3\r\n');
    expect(boots(second)).toEqual(['2', '3']);
    // The reboot was EC2's: a shutdown after it is one again.
    await second.power?.shutDown(LONG_MS);
    expect(await second.ended).toEqual({ reason: 'shutdown' });

    lab.driver.forget?.(ID);
    const third = await boot('obeys', ID);
    await third.saw('tiny boot 1\r\n');
  });
});

describe('a machine that hangs', () => {
  test('loses its power after the grace', async () => {
    const machine = await boot('waits', ID);
    await machine.saw('tiny boot 1\r\n');
    await machine.power?.shutDown(1);
    expect(await machine.ended).toEqual({ reason: 'stopped' });
  });

  test('is reset after the grace of a reboot, and at once by a reset', async () => {
    const machine = await boot('waits', ID);
    await machine.saw('tiny boot 1\r\n');
    await machine.power?.reboot(1);
    await machine.saw('tiny boot 2\r\n');
    await machine.power?.reset();
    await machine.saw('tiny boot 3\r\n');
  });
});

test('a shutdown from inside ends a machine; a reset from inside does not', async () => {
  const leaves = await boot('leaves', ID);
  expect(await leaves.ended).toEqual({ reason: 'shutdown' });
  expect(boots(leaves)).toEqual(['1']);
  const resets = await boot('resets', 'i-0123456789abcdef1');
  await resets.saw('tiny boot 3\r\n');
  expect(boots(resets)).toEqual(['1', '2', '3']);
});

test('killing QEMU is a power cut: what was written is still there', async () => {
  const machine = await boot('waits', ID);
  await machine.saw('tiny boot 1\r\n');
  process.kill(machine.pid ?? 0, 'SIGKILL');
  expect(await machine.ended).toEqual({ reason: 'crashed' });
  await (await boot('waits', ID)).saw('tiny boot 2\r\n');
});

test('a machine keeps no name of its disk and its console, and nothing when it has ended', async () => {
  const machine = await boot('waits', ID);
  await machine.saw('tiny boot 1\r\n');
  const [own = ''] = readdirSync(join(lab.stateDir, 'vms'));
  const names = () => readdirSync(join(lab.stateDir, 'vms', own), { recursive: true });
  expect(names()).toEqual(['1', '1/service0']);
  await machine.stop();
  await until('its folder is gone', async () => names().length === 0);
});

test('a QEMU that can’t start says why, and leaves nothing', async () => {
  await expect(boot('waits', ID, { instanceType: 't3,micro=1' })).rejects.toThrow(
    /^QEMU could not start the machine: .*micro/,
  );
  const [own = ''] = readdirSync(join(lab.stateDir, 'vms'));
  expect(readdirSync(join(lab.stateDir, 'vms', own))).toEqual([]);
});

test('the probe runs a machine’s code', async () => {
  expect(await probe('tcg', lab.stateDir)).toBeUndefined();
  expect(readdirSync(lab.stateDir).filter((name) => name.startsWith('probe'))).toEqual([]);
});

describe('kill -9 of a cloud', () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rolecall-killed-'));
    chmodSync(folder, 0o777);
    await build({
      entryPoints: [join(packageRoot(), 'test/vm/support/tiny-cloud-main.ts')],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: join(folder, 'main.cjs'),
      logLevel: 'error',
    });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['root', []],
    ['an ordinary user', ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']],
  ])(
    'of %s ends its machines and frees their disks; the next cloud removes its folder',
    async (_, prefix) => {
      const state = join(folder, 'state');
      const [program = '', ...args] = [...prefix, process.execPath, join(folder, 'main.cjs'), state];
      const cloud = spawn(program, args, { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      cloud.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      await until('both machines have booted', async () => said.match(/tiny boot 1/g)?.length === 2);
      const pids = [...said.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => pid ?? '');
      expect(pids).toHaveLength(2);
      expect(pids.map((pid) => existsSync(`/proc/${pid}`))).toEqual([true, true]);

      cloud.kill('SIGKILL');
      await once(cloud, 'close');
      await until('QEMU is gone', async () => !pids.some(isAlive));
      expect(open(state)).toEqual([]);
      expect(readdirSync(join(state, 'vms'))).toHaveLength(1);
      const next = tinyLab(state);
      expect(readdirSync(join(state, 'vms'))).toHaveLength(1);
      expect(readdirSync(join(state, 'vms', readdirSync(join(state, 'vms'))[0] ?? ''))).toEqual([]);
      next.driver.close?.();
    },
  );
});

/** A zombie that nobody has waited for yet is none. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What processes hold open of a folder, also without a name. */
function open(folder: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
        if (target.startsWith(folder)) found.push(`${pid}: ${target}`);
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}
