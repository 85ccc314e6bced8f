import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { enterCommand } from '../../src/box/enter-command.ts';
import { type Lab, openLab } from './harness.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

/** What a script printed, without the prefixes; the script runs in a box of its own that is shut down after it. */
async function output(script: string): Promise<string> {
  const machine = await lab.run(`${script}\npoweroff\nsleep 20`);
  expect(await machine.ended).toEqual({ reason: 'shutdown' });
  const lines = machine.console().split('\r\n');
  return lines
    .flatMap((line) => /^\[[ \d.]+\] cloud-init\[\d+\]: (?!Cloud-init v\.)(.*)$/.exec(line)?.[1] ?? [])
    .join('\n');
}

describe('a complete box', () => {
  test('is a machine of its own: root, name, address, process 1, empty homes', async () => {
    const text = await output(
      `echo user=$(id -un) name=$(hostname) one=$(tr '\\0' ' ' </proc/1/cmdline | cut -c1-40)
       echo homes=$(ls -A /root /home /run /tmp /mnt /media /srv | grep -v : | tr '\\n' ' ')
       echo addresses=$(ip -o -4 address | awk '{print $4}' | tr '\\n' ' ')
       echo machine=$(cat /etc/machine-id) boxes=$(ls -d ${lab.stateDir} 2>&1)`,
    );
    expect(text).toContain('user=root name=ip-10-0-0-4 one=/bin/bash /run/rolecall-box/init.sh');
    expect(text).toMatch(/^homes=(?:lock|mount|rolecall-box|\s)*$/m);
    expect(text).toContain('addresses=127.0.0.1/8 169.254.169.254/32 10.0.0.4/32');
    expect(text).toMatch(/machine=[0-9a-f]{32} boxes=ls: cannot access/);
    expect(text).not.toContain(readIfThere('/etc/machine-id') ?? 'no such machine');
  });

  test('writes and deletes only in its own copy', async () => {
    const text = await output(
      `echo mine >/etc/rolecall-was-here; rm -rf /usr/share/doc /etc/os-release; hostname elsewhere
       ls /etc/rolecall-was-here; ls /usr/share/doc /etc/os-release 2>&1 | grep -c cannot; hostname`,
    );
    expect(text).toBe('/etc/rolecall-was-here\n2\nelsewhere');
    expect(existsSync('/etc/rolecall-was-here')).toBe(false);
    expect(existsSync('/etc/os-release')).toBe(true);
    expect(hostname()).not.toBe('elsewhere');
  });

  test('sees and signals only its own processes', async () => {
    const host = process.pid;
    const text = await output(
      `kill -0 ${host} 2>&1; ls -d /proc/${host} 2>&1; kill -9 1; kill -TERM 1; echo alive`,
    );
    expect(text).toMatch(/No such process[\s\S]*cannot access[\s\S]*alive/);
    expect(process.kill(host, 0)).toBe(true);
  });

  test('has no way to the host: no block devices, kernel knobs that do not turn, no network', async () => {
    const text = await output(
      `echo blocks=$(find /dev -type b | wc -l); mknod /tmp/disk b 8 0 2>&1
       echo 1 2>&1 >/proc/sys/vm/drop_caches; echo 1 2>&1 >/proc/sys/kernel/panic
       cd /proc/sys/net/core && echo 1000 >somaxconn && echo own network knob: $(cat somaxconn)
       timeout 2 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80' 2>&1
       date -s '2001-01-01' 2>&1 | head -1`,
    );
    expect(text).toContain('blocks=0');
    expect(text).toMatch(/mknod: .*not permitted/);
    expect(text.match(/Read-only file system/g)).toHaveLength(2);
    expect(text).toContain('own network knob: 1000');
    expect(text).toContain('Network is unreachable');
    expect(text).toMatch(/cannot set date/);
    expect(new Date().getFullYear()).toBeGreaterThan(2020);
  });

  test('answers at 169.254.169.254 inside, and only there', async () => {
    const machine = await lab.run(
      `fetch() { exec 3<>/dev/tcp/169.254.169.254/80; printf '%s HTTP/1.0\\r\\n%s\\r\\n\\r\\n' "$1" "$2" >&3; tail -n 1 <&3; }
       token=$(fetch 'PUT /latest/api/token' 'X-aws-ec2-metadata-token-ttl-seconds: 60')
       echo "id=$(fetch 'GET /latest/meta-data/instance-id' "X-aws-ec2-metadata-token: $token")"
       echo "bare=$(fetch 'GET /latest/meta-data/instance-id' 'x: y')"; echo done`,
    );
    await machine.said(/done/);
    expect(machine.console()).toContain('id=i-0000');
    expect(machine.console()).toContain('bare=401 - Unauthorized');
    const outside = await new Promise<string>((resolve) => {
      const request = get(
        'http://169.254.169.254/latest/meta-data/instance-id',
        { timeout: 300 },
        (response) => resolve(String(response.headers.server)),
      );
      request.once('timeout', () => request.destroy(new Error('nobody answers')));
      request.once('error', (error) => resolve(error.message));
    });
    expect(outside).not.toBe('EC2ws');
    await machine.stop();
  });

  test('gives who enters it no more rights than its own init has', async () => {
    const machine = await lab.boot();
    const ask =
      'grep -h CapBnd /proc/1/status /proc/self/status; exec 2>&1; date -s 2001-01-01; mknod /tmp/d b 8 0';
    const [program = '', ...args] = enterCommand('complete', machine.pid ?? 0, ['sh', '-c', ask]);
    const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
    const [init, entered, ...refusals] = stdout.trim().split('\n');
    expect(entered).toBe(init);
    expect(refusals.join(' ')).toMatch(/cannot set date: Operation not permitted .*mknod: .*not permitted/);
    await machine.stop();
    expect(() => enterCommand('complete', machine.pid ?? 0, ['true'])).toThrow(/^the machine has ended/);
  });

  test('runs services as a machine without systemd does; systemctl says so', async () => {
    const text = await output(
      `cat >/etc/init.d/clock <<'END'
#!/bin/sh
case $1 in
  start) start-stop-daemon --start --background --make-pidfile --pidfile /run/clock.pid --exec /bin/sleep -- 1000 ;;
  stop) start-stop-daemon --stop --pidfile /run/clock.pid ;;
  status) kill -0 "$(cat /run/clock.pid)" && echo clock runs ;;
esac
END
       chmod 755 /etc/init.d/clock
       service clock start; for n in {1..100}; do service clock status && break; sleep 0.02; done; service clock stop
       systemctl start clock 2>/dev/null; echo systemctl=$?`,
    );
    expect(text).toContain('clock runs');
    expect(text).toMatch(/systemctl=(1|127)$/);
  });
});

const readIfThere = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() || undefined : undefined;
