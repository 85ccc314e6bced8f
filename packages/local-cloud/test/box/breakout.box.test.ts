import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { arch, hostname } from 'node:os';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../../../src/files/package-root.ts';
import { enterCommand } from '../../src/box/enter-command.ts';
import { type Lab, type Machine, openLab } from './harness.ts';

/** Numbers of system calls that no tool of Debian's base makes. */
const CALLS = {
  x64: { ptrace: 101, settimeofday: 164, initModule: 175, kexecLoad: 246, perf: 298, bpf: 321, reboot: 169 },
  arm64: {
    ptrace: 117,
    settimeofday: 170,
    initModule: 105,
    kexecLoad: 104,
    perf: 241,
    bpf: 280,
    reboot: 142,
  },
} as const;
const calls = CALLS[arch() === 'arm64' ? 'arm64' : 'x64'];

/** Makes a system call; prints OUT unless it is refused. */
const call = (number: number, ...args: readonly string[]) =>
  `perl -e 'my $r = ${args.map((arg, index) => `my $a${index} = ${arg};`).join(' ')} my $r = syscall(${number}, ${args.map((_, index) => `$a${index}`).join(', ')}); print $r == -1 && ($!{EPERM} || $!{EACCES} || $!{ENOSYS} || $!{ESRCH}) ? "refused: $!" : "OUT $!"'`;

/** A socket of the host, from inside. */
const connect = (path: string) =>
  `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); print connect(S, pack_sockaddr_un("${path}")) ? "OUT" : "refused: $!"'`;

const BAIT = 'rolecall-test-bait';
/** Where a host keeps secrets: a file in each is readable by root alone on the host. */
const SECRETS = [
  `/etc/ssh/ssh_host_${BAIT}_key`,
  `/etc/ssl/private/${BAIT}.key`,
  `/etc/wireguard/${BAIT}.conf`,
  `/etc/letsencrypt/${BAIT}/privkey.pem`,
  `/etc/NetworkManager/system-connections/${BAIT}`,
  `/etc/apt/auth.conf.d/${BAIT}.conf`,
  `/var/lib/mysql/${BAIT}.ibd`,
  `/var/lib/postgresql/${BAIT}/base`,
  `/var/lib/redis/${BAIT}.rdb`,
  `/var/lib/docker/${BAIT}`,
  `/var/backups/shadow.${BAIT}`,
  // Names are anybody's.
  `/var/lib/redis/${BAIT} $(touch /tmp/x) a[$(id)] {}\n-rf`,
  `/var/lib/couchdb/-${BAIT}`,
  // By way of a link, and where it leads.
  `/var/lib/influxdb/${BAIT}`,
  `/opt/rolecall-linked/${BAIT}`,
  `/var/spool/cron/crontabs/${BAIT}`,
  `/root/.aws/${BAIT}`,
  `/home/${BAIT}/.ssh/id_ed25519`,
  `/srv/${BAIT}`,
];

const made: string[] = [];
const lay = (path: string) => {
  const first = mkdirSync(dirname(path), { recursive: true });
  made.push(first ?? path);
  writeFileSync(path, `${BAIT}\n`, { mode: 0o600 });
};

let lab: Lab;
/** Its state folder's own name; the lab knows it by a link. */
let state = '';
let machine: Machine;
const servers: Server[] = [];
const socket = `/var/lib/${BAIT}.sock`;
let port = 0;

beforeAll(async () => {
  mkdirSync('/opt/rolecall-linked', { recursive: true });
  symlinkSync('/opt/rolecall-linked', '/var/lib/influxdb');
  made.push('/var/lib/influxdb', '/opt/rolecall-linked');
  for (const path of SECRETS) lay(path);
  // Not below /tmp, of which a box has its own anyway.
  const real = mkdtempSync('/var/lib/rolecall-real-');
  made.push(real, '/var/lib/rolecall-link');
  symlinkSync(real, '/var/lib/rolecall-link');
  lab = await openLab(undefined, [], undefined, '/var/lib/rolecall-link');
  state = realpathSync(lab.stateDir);
  lay(`${state}/cloud.json`);
  for (const where of [`\0${BAIT}`, socket, 0]) {
    const server = createServer((client) => client.end());
    servers.push(server);
    await once(
      typeof where === 'string' ? server.listen(where) : server.listen(where, '127.0.0.1'),
      'listening',
    );
  }
  port = portOf(servers[2]);
  machine = await lab.boot();
  await machine.said(/boot is over/);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await lab.close();
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

const portOf = (server: Server | undefined): number => {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** Runs a script as root of the box and returns all that it said. */
function inside(script: string): string {
  const [program = '', ...args] = enterCommand('complete', machine.pid ?? 0, ['bash', '-c', script]);
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', input: '' });
  return `${stdout}${stderr}`;
}

/** Leaves the root it is in by the oldest trick: a descriptor from outside of a chroot. */
const CHROOT = `mkdir -p /tmp/cage; perl -e 'opendir(D, "/"); chroot("/tmp/cage") or die $!; chdir(D) or die $!;
  for (1 .. 64) { chdir("..") } chroot(".") or die $!; exec "cat", @ARGV'`;

const CORE = '/proc/sys/kernel/core_pattern';
// umount and mount say "not mounted" and "wrong fs type" of mounts that are locked (EINVAL).
const REFUSED =
  /not permitted|[Pp]ermission denied|Read-only|Invalid argument|refused|must be superuser|not mounted|wrong fs type|No such file/;
const ABSENT = /No such file|No such process|not mounted|refused/;

/** Each prints OUT if it gets anywhere, and otherwise how it was refused. */
const ATTEMPTS: ReadonlyArray<readonly [string, () => string, RegExp]> = [
  ['mounts devtmpfs', () => 'mount -t devtmpfs none /mnt && echo OUT', REFUSED],
  ['makes a node of the host’s disk', () => `mknod /tmp/d1 b ${device()} && echo OUT`, REFUSED],
  ['makes a node of the memory', () => 'mknod /tmp/d2 c 1 1 && echo OUT', REFUSED],
  ['makes a node in /dev', () => `mknod /dev/d3 b ${device()} && echo OUT`, REFUSED],
  ['mounts a fresh proc', () => 'mount -t proc proc /mnt && echo OUT', REFUSED],
  [
    'mounts a fresh proc for new namespaces',
    () => 'unshare --user --map-root-user --mount --pid --fork mount -t proc proc /mnt && echo OUT',
    REFUSED,
  ],
  ['mounts a fresh sysfs', () => 'mount -t sysfs sysfs /mnt && echo OUT', REFUSED],
  ['mounts a fresh read-only sysfs', () => 'mount -o ro -t sysfs sysfs /mnt && echo OUT', REFUSED],
  ['mounts cgroup2', () => 'mount -t cgroup2 none /mnt && echo OUT', REFUSED],
  ['mounts cgroup', () => 'mount -t cgroup -o memory none /mnt && echo OUT', REFUSED],
  ['mounts debugfs', () => 'mount -t debugfs none /mnt && echo OUT', REFUSED],
  ['remounts /proc/sys', () => 'mount -o remount,bind,rw /proc/sys && echo OUT', REFUSED],
  ['unmounts /proc/sys', () => 'umount /proc/sys && echo OUT', REFUSED],
  ['looks below /proc/sys', () => `mount --bind /proc /mnt && echo OUT`, REFUSED],
  [
    'binds all of /proc',
    () => `mount --rbind /proc /mnt && echo x >/mnt/sys/kernel/core_pattern && echo OUT`,
    REFUSED,
  ],
  [
    'unmounts /proc/sys in a user namespace of its own',
    () => 'unshare --user --map-root-user --mount umount /proc/sys && echo OUT',
    REFUSED,
  ],
  ['remounts /sys', () => 'mount -o remount,bind,rw /sys && echo OUT', REFUSED],
  ['unmounts /sys/firmware', () => 'umount /sys/firmware && echo OUT', REFUSED],
  ['writes core_pattern', () => `echo '|/tmp/evil' >${CORE} && echo OUT`, REFUSED],
  ['writes core_pattern as another process', () => `echo x >/proc/1/root${CORE} && echo OUT`, REFUSED],
  ['presses sysrq', () => 'echo h >/proc/sysrq-trigger && echo OUT', REFUSED],
  ['writes to /sys', () => 'echo 1 >/sys/kernel/mm/ksm/run && echo OUT', /Read-only|No such file|denied/],
  ['reads the kernel’s memory', () => 'head -c 1 /proc/kcore | grep -q . && echo OUT; echo refused', REFUSED],
  ['reads the kernel’s keys', () => 'grep . /proc/keys && echo OUT; echo refused', REFUSED],
  ['traces a process of the host', () => call(calls.ptrace, '16', String(process.pid), '0', '0'), REFUSED],
  ['kills a process of the host', () => `kill -0 ${process.pid} && echo OUT`, ABSENT],
  [
    'enters namespaces of the host',
    () => `nsenter --target ${process.pid} --mount --net true && echo OUT`,
    ABSENT,
  ],
  [
    'asks for the user namespace above',
    () => `perl -e 'open(F, "<", "/proc/self/ns/user"); print ioctl(F, 0xb702, 0) ? "OUT" : "refused: $!"'`,
    REFUSED,
  ],
  [
    'asks for the owner of its cgroup namespace',
    () => `perl -e 'open(F, "<", "/proc/self/ns/cgroup"); print ioctl(F, 0xb701, 0) ? "OUT" : "refused: $!"'`,
    REFUSED,
  ],
  ['leaves its root through a chroot', () => `${CHROOT} "${state}/cloud.json" && echo OUT`, ABSENT],
  [
    'leaves its root by entering its own mount namespace',
    () => `nsenter --mount=/proc/self/ns/mnt cat ${state}/cloud.json && echo OUT`,
    ABSENT,
  ],
  ['unmounts its root', () => `umount -l / && cat ${state}/cloud.json && echo OUT; echo refused`, REFUSED],
  ['unmounts what hides the state folder', () => `umount ${state} && echo OUT`, REFUSED],
  ['binds the folder above the state folder', () => 'mount --bind /var/lib /mnt && echo OUT', REFUSED],
  [
    'reads the state folder by another process',
    () => `cat /proc/1/root${state}/cloud.json && echo OUT`,
    ABSENT,
  ],
  [
    'opens what the set-up has left open',
    () =>
      `ls -l /proc/1/fd /proc/1/cwd | grep -E '${state}|${packageRoot()}|nsenter' && echo OUT; echo refused`,
    REFUSED,
  ],
  ['loads a kernel module', () => call(calls.initModule, '"x"', '1', '""'), REFUSED],
  ['loads another kernel', () => call(calls.kexecLoad, '0', '0', '0', '0'), REFUSED],
  [
    'loads a tracing program',
    () => call(calls.bpf, '5', 'pack("LLQQLLQ", 5, 2, 0, 0, 0, 0, 0)', '48'),
    REFUSED,
  ],
  [
    'watches every process of a processor',
    () => call(calls.perf, 'pack("LLQx112", 1, 128, 0)', '-1', '0', '-1', '0'),
    REFUSED,
  ],
  ['sets the clock', () => call(calls.settimeofday, 'pack("qq", 1000000000, 0)', '0'), REFUSED],
  ['reaches an abstract socket of the host', () => connect(`\\0${BAIT}`), ABSENT],
  ['reaches a socket file of the host', () => connect(socket), ABSENT],
  ['reaches a port of the host', () => `exec 3<>/dev/tcp/127.0.0.1/${port} && echo OUT`, ABSENT],
  [
    'shields itself from the host’s lack of memory',
    () => 'echo -1000 >/proc/self/oom_score_adj && echo OUT',
    REFUSED,
  ],
  [
    'fills the host’s disk',
    // Its own is a part of memory, at most half of it.
    () => `size=$(($(stat -f -c '%S*%b' /)))
           [[ $size -le $(($(sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo) * 512 + 4096)) ]] || echo OUT
           fallocate -l $((size + 4096)) /tmp/fill && echo OUT || echo refused; rm -f /tmp/fill`,
    REFUSED,
  ],
  ['takes precedence over the host', () => 'nice -n -5 true 2>&1 | grep cannot || echo OUT', REFUSED],
];

/** The program of the box that runs first when somebody enters. */
const FIRST = 'setpriv';

/** Ends the processes of a box that run this program, which loops for ever by now. */
async function endIn(box: Machine, program: string): Promise<void> {
  const space = readlinkSync(`/proc/${box.pid}/ns/pid`);
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      if (
        readlinkSync(`/proc/${pid}/ns/pid`) === space &&
        readlinkSync(`/proc/${pid}/exe`).endsWith(`/${program}`)
      )
        process.kill(Number(pid), 'SIGKILL');
    } catch {}
  }
}

const device = () => {
  const { dev } = statSync('/');
  return `${(dev >> 8) & 0xfff} ${dev & 0xff}`;
};

describe('root of a complete box is held in it, though it', () => {
  const before = { core: readFileSync(CORE, 'utf8'), name: hostname() };

  test.each(ATTEMPTS)('%s', (_name, script, refusal) => {
    const said = inside(script());
    expect(said).not.toMatch(/\bOUT\b/);
    expect(said).not.toContain(BAIT.concat('\n'));
    expect(said).toMatch(refusal);
  });

  test.each(SECRETS)('looks for %s', (path) => {
    expect(existsSync(path)).toBe(true);
    expect(inside(`cat '${path}' || find / -xdev -path '*${BAIT}*' ! -name '*.sock'`)).toMatch(
      /^cat: .*No such file[^\n]*\n$/,
    );
  });

  test('reads password hashes: no account has one', () => {
    const [shadow, ...rest] = inside(
      'cut -d: -f2 /etc/shadow | sort -u; stat -c %a /etc/shadow; ls /etc | grep shadow-',
    )
      .trim()
      .split('\n');
    expect(shadow).toBe('*');
    expect(rest).toEqual(['640']);
  });

  test('changes its own name and files; the host keeps its own', () => {
    expect(
      inside(`hostname elsewhere; hostname; echo x >/etc/${BAIT}; rm /etc/os-release; ls /etc/${BAIT}`),
    ).toBe(`elsewhere\n/etc/${BAIT}\n`);
    expect(hostname()).toBe(before.name);
    expect(existsSync(`/etc/${BAIT}`)).toBe(false);
    expect(existsSync('/etc/os-release')).toBe(true);
    expect(readFileSync(CORE, 'utf8')).toBe(before.core);
  });

  test('waits for who enters it, to write to the program that enters', async () => {
    const thief =
      await lab.run(`printf '#!/proc/self/exe\\n' >/run/env; chmod 755 /run/env; mv /run/env /usr/bin/${FIRST}; echo armed
      until [ -e /run/stolen ]; do for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe") in */nsenter) exec 9<"$exe" && echo stolen && touch /run/stolen && break ;; esac
      done; done
      while said=$( { : >>/proc/self/fd/9; } 2>&1 ); [[ $said == *busy* ]]; do sleep 0.05; done; echo "write: $said."`);
    await thief.said(/armed/);
    const [program = '', ...args] = enterCommand('complete', thief.pid ?? 0, ['true']);
    expect(args[args.lastIndexOf('--wd') + 2]).toBe(FIRST);
    const entering = spawn(program, args, { stdio: 'ignore', detached: true });
    const gone = once(entering, 'exit');
    await thief.said(/stolen/);
    await endIn(thief, 'nsenter');
    await gone;
    expect((await thief.said(/write: .*/))[0]).toMatch(/Read-only file system/);
    await thief.stop();
  });

  test('reboots: only the box ends', async () => {
    const other = await lab.run(
      `perl -e 'syscall(${calls.reboot}, 0xfee1dead, 672274793, 0x4321fedc)'; sleep 20`,
    );
    expect(await other.ended).toEqual({ reason: 'shutdown' });
    expect(machine.console()).toContain('boot is over');
    expect(inside('echo alive')).toBe('alive\n');
  });
});

describe('root of a complete box still', () => {
  test.each([
    [
      'gives files to others',
      'touch /tmp/a; chown daemon:daemon /tmp/a; stat -c %U:%G /tmp/a',
      'daemon:daemon\n',
    ],
    [
      'becomes another user',
      'su -s /bin/sh daemon -c "id -un"; setpriv --reuid daemon --clear-groups id -un',
      'daemon\ndaemon\n',
    ],
    [
      'gives programs rights',
      'cp /bin/true /tmp/t; setcap cap_net_bind_service=ep /tmp/t && getcap /tmp/t',
      '/tmp/t cap_net_bind_service=ep\n',
    ],
    [
      'makes users, by packages too',
      `mkdir -p /tmp/p/DEBIAN; printf 'Package: p\\nVersion: 1\\nArchitecture: all\\nMaintainer: p\\nDescription: p\\n' >/tmp/p/DEBIAN/control
       printf '#!/bin/sh\\nset -e\\nuseradd --system --no-create-home pp\\nchown pp /tmp/owned\\n' >/tmp/p/DEBIAN/postinst; chmod 755 /tmp/p/DEBIAN/postinst
       touch /tmp/owned; dpkg-deb --build /tmp/p /tmp/p.deb >/dev/null && dpkg --install /tmp/p.deb >/dev/null 2>&1; stat -c %U /tmp/owned`,
      'pp\n',
    ],
    [
      'sets addresses',
      'ip address add 10.9.9.9/32 dev lo && ip -o address show dev lo | grep -c 10.9.9.9',
      '1\n',
    ],
    [
      'serves at port 81',
      `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:81") ? "ok\\n" : "$!\\n"'`,
      'ok\n',
    ],
    [
      'mounts memory and folders of its own',
      'mount -t tmpfs none /srv && mount --bind /etc/apt /mnt && ls /mnt | grep -c apt.conf.d; umount /mnt /srv',
      '1\n',
    ],
    [
      'starts and stops daemons of other users',
      `start-stop-daemon --start --background --chuid daemon --make-pidfile --pidfile /run/d.pid --exec /bin/sleep -- 1000
       ps -o user= -p "$(cat /run/d.pid)"; start-stop-daemon --stop --retry 5 --pidfile /run/d.pid; kill -0 "$(cat /run/d.pid)" 2>&1 | grep -c process`,
      'daemon\n1\n',
    ],
  ])('%s', (_name, script, expected) => {
    expect(inside(`export PATH=$PATH:/usr/sbin; ${script}`)).toBe(expected);
  });
});
