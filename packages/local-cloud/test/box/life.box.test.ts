import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Lab, openLab } from './harness.ts';

let overlay: string;
let lab: Lab;
beforeAll(async () => {
  overlay = await mkdtemp(join(tmpdir(), 'rolecall-overlay-'));
  await mkdir(join(overlay, 'etc'));
  const local = '#!/bin/sh\necho "rc.local $1"\n[ ! -e /etc/local-fails ] || exit 7\n';
  await writeFile(join(overlay, 'etc/rc.local'), local, { mode: 0o755 });
  lab = await openLab(overlay);
});
afterAll(async () => {
  await lab.close();
  await rm(overlay, { recursive: true });
});

const BOOTED = /rolecall local box: boot is over/;

describe('the boot sequence', () => {
  test('runs a #! payload as cloud-init does, then rc.local', async () => {
    const machine = await lab.run('echo "payload $(id -un) in $PWD, HOME=$(printenv HOME || echo unset)"');
    await machine.said(BOOTED);
    const text = machine.console();
    expect(text).toMatch(/^\[ +\d+\.\d{6}\] cloud-init\[\d+\]: payload root in \/, HOME=unset\r$/m);
    expect(text).toMatch(
      /Cloud-init v\. \S+ finished at .* Datasource DataSourceEc2Local\. {2}Up [\d.]+ seconds/,
    );
    expect(text).toMatch(/^\[ +\d+\.\d{6}\] rc\.local\[\d+\]: rc\.local start\r$/m);
    expect(text.search(/payload root/)).toBeLessThan(text.search(/finished at/));
    expect(text.search(/finished at/)).toBeLessThan(text.search(/rc\.local start/));
    expect(text).toContain('[  OK  ] Started rc-local.service');
    expect(text).not.toMatch(/[^\r]\n/);
    await machine.stop();
  });

  test('a payload that fails gets the lines that cloud-init has for it, and rc.local still runs', async () => {
    const machine = await lab.run('touch /etc/local-fails; echo before; exit 3');
    await machine.said(BOOTED);
    const text = machine.console();
    expect(text).toMatch(/WARNING\]: Failed running \/var\/lib\/cloud\/instance\/scripts\/part-001 \[3\]/);
    expect(text).toContain('cc_scripts_user.py[WARNING]: Failed to run module scripts_user');
    expect(text.search(/Failed to run module/)).toBeLessThan(text.search(/finished at/));
    expect(text).toContain('[FAILED] Failed to start rc-local.service');
    await machine.stop();
  });

  test.each([
    ['personality lines', 'environment=prod\nrole=web\n', `userdata: 'b'environment=prod'...'`],
    ['cloud-config', '#cloud-config\nruncmd: []\n', 'this format of cloud-init is not run here'],
  ])('user data that is no script is said to be unhandled: %s', async (_name, userData, line) => {
    const machine = await lab.boot({ userData: Buffer.from(userData) });
    await machine.said(BOOTED);
    expect(machine.console()).toContain(line);
    await machine.stop();
  });

  test('user data, which holds secrets, is only for root to read', async () => {
    const machine = await lab.run(
      'echo "modes $(stat -c %a /var/lib/cloud/instance/user-data.txt "$0" | xargs)"',
    );
    await machine.said(BOOTED);
    expect(machine.console()).toContain('modes 600 700\r\n');
    await machine.stop();
  });

  test('user data of any bytes arrives byte for byte, and none at all is no fault', async () => {
    const bytes = Buffer.from(Array.from({ length: 16_000 }, (_, index) => index % 256));
    const payload = Buffer.concat([Buffer.from('#!/bin/sh\nsha256sum "$0"; exit\n'), bytes]);
    const { createHash } = await import('node:crypto');
    const [binary, bare] = await Promise.all([lab.boot({ userData: payload }), lab.boot()]);
    await Promise.all([binary.said(BOOTED), bare.said(BOOTED)]);
    expect(binary.console()).toContain(createHash('sha256').update(payload).digest('hex'));
    expect(bare.console()).not.toContain('WARNING');
    await Promise.all([binary.stop(), bare.stop()]);
  });

  test('a daemon that keeps the payload’s output open holds nothing up, and its later lines still arrive', async () => {
    const machine = await lab.run(
      'exec 9<>/dev/null; (while [ ! -e /run/go ]; do sleep 0.02; done; echo from the daemon) & echo left',
    );
    await machine.said(BOOTED);
    expect(machine.console()).not.toContain('from the daemon');
    const { enterCommand } = await import('../../src/box/enter-command.ts');
    const { execFileSync } = await import('node:child_process');
    const [program = '', ...args] = enterCommand('complete', machine.pid ?? 0, ['touch', '/run/go']);
    execFileSync(program, args);
    await machine.said(/cloud-init\[\d+\]: from the daemon/);
    await machine.stop();
  });
});

describe('the console', () => {
  test('is /dev/console and /dev/ttyS0, and holds everything up to the last line before the end', async () => {
    const machine = await lab.run(
      'seq -f "line %.0f of the boot" 200000 >/dev/console; echo serial >/dev/ttyS0; echo "the last line"; poweroff; sleep 20',
    );
    await machine.ended;
    const lines = machine.console().split('\r\n');
    const numbers = lines.flatMap((line) => /^line (\d+) of the boot$/.exec(line)?.[1] ?? []).map(Number);
    expect(numbers).toEqual(Array.from({ length: 200_000 }, (_, index) => index + 1));
    expect(lines).toContain('serial');
    expect(machine.console()).toMatch(/the last line\r\n[\s\S]*reboot: Power down\r\n$/);
  });

  test('a box that floods it is slowed down; others go on, and it can be stopped', async () => {
    const flood = await lab.run('cat /dev/zero | tr "\\0" x >/dev/console');
    await flood.said(/x{1000}/);
    const other = await lab.run('echo still here');
    await other.said(/still here/);
    await Promise.all([flood.stop(), other.stop()]);
    expect(await flood.ended).toEqual({ reason: 'stopped' });
  });
});

describe('the end of a box', () => {
  test.each(['poweroff', 'reboot', 'shutdown -h now', 'halt'])('%s inside is a shutdown', async (command) => {
    const machine = await lab.run(`${command}; sleep 20`);
    expect(await machine.ended).toEqual({ reason: 'shutdown' });
  });

  test.each(['poweroff', 'reboot'])('what %s ends can tell that the machine shuts down', async (command) => {
    const machine = await lab.run(
      `runlevel; trap 'echo "then: $(runlevel)"; exit' TERM; ${command}; sleep 20 & wait`,
    );
    await machine.ended;
    expect(machine.console()).toMatch(/: N 3\r\n[\s\S]*: then: 3 0\r\n/);
  });

  test('the death of its init is a crash', async () => {
    const machine = await lab.run('echo up');
    await machine.said(BOOTED);
    process.kill(machine.pid ?? 0, 'SIGKILL');
    expect(await machine.ended).toEqual({ reason: 'crashed' });
  });

  test('stop ends everything in it, daemons too', async () => {
    const machine = await lab.run('setsid -f sleep 7654; (trap "" TERM HUP; setsid sleep 7655 &) ; echo up');
    await machine.said(BOOTED);
    await machine.stop();
    expect(await machine.ended).toEqual({ reason: 'stopped' });
    expect(existsSync(`/proc/${machine.pid}`)).toBe(false);
    await machine.stop();
  });

  test('init reaps what is orphaned', async () => {
    const machine = await lab.run(
      `for n in {1..20}; do (sleep 0.01 & exec true) & done; wait
       for n in {1..200}; do zombies=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l); ((zombies)) || break; sleep 0.02; done
       echo zombies=$zombies`,
    );
    await machine.said(/zombies=0/);
    await machine.stop();
  });
});

test('twenty boxes at once', async () => {
  const machines = await Promise.all(
    Array.from({ length: 20 }, (_, index) => lab.run(`echo "I am number $((${index}))"`)),
  );
  await Promise.all(machines.map((machine) => machine.said(BOOTED)));
  machines.forEach((machine, index) => {
    expect(machine.console()).toContain(`I am number ${index}`);
  });
  expect(new Set(machines.map((machine) => machine.pid)).size).toBe(20);
  await Promise.all(machines.map((machine) => machine.stop()));
});

test('an image that nobody built is refused by name', async () => {
  await expect(lab.boot({ amiId: 'ami-00000000' })).rejects.toThrow(
    'no local image is registered as ami-00000000',
  );
});
