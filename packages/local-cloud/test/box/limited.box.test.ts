import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Bench, openBench } from './process.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** An ordinary user: nobody, who has no ids of its own beside the one. */
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

test('an ordinary user gets limited boxes, which boot, serve and say what they can’t', async () => {
  const script = `echo "user=$(id -un) name=$(hostname) homes=$(ls -A /root /home /mnt | tr -d '\\n')"
echo new >/etc/new-file; mkdir -p /var/log/rolecall /var/lib/mine; cat /etc/new-file
echo replaced >/etc/os-release.new && mv /etc/os-release.new /etc/os-release && cat /etc/os-release
systemctl start x 2>/dev/null; echo "systemctl=$?"
memcached -u root -l 127.0.0.1 -d
for n in {1..100}; do exec 3<>/dev/tcp/127.0.0.1/11211 && break; sleep 0.02; done 2>/dev/null
printf 'version\\r\\n' >&3; read -r version <&3; echo "memcached=$version"
chown daemon /etc/new-file || echo chown fails
echo over; poweroff`;
  const cloud = bench.start(NOBODY, {
    stateDir: await bench.stateDir(),
    packages: ['memcached'],
    scripts: [script],
  });
  await cloud.said(/reboot: Power down/);
  const text = cloud.output();
  expect(text).toMatch(/^driver limited \["A box has only one user: chown/);
  expect(text).toContain('user=root name=ip-10-0-1-4 homes=/home:/mnt:/root:');
  expect(text).toMatch(/: new\r$/m);
  expect(text).toMatch(/: replaced\r$/m);
  expect(text).toMatch(/systemctl=(1|127)\r$/m);
  expect(text).toMatch(/memcached=VERSION 1\.\d+/);
  expect(text).toContain('chown fails');
  cloud.child.stdin?.end();
  expect(await once(cloud.child, 'exit')).toEqual([0, null]);
});

describe('a host that forbids boxes says which policy it is', () => {
  test('user.max_user_namespaces=0', async () => {
    // (--norc: with a socket as stdin, which is what node's pipes are, bash may take itself for a remote shell.)
    // Really forbidden, by a user namespace around it that allows no further ones.
    const forbid =
      'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps -all --inh-caps -all "$@"';
    const around = [
      'unshare',
      '--user',
      '--map-user=1000',
      '--keep-caps',
      'bash',
      '--norc',
      '-c',
      forbid,
      'forbid',
    ];
    const cloud = bench.start([...NOBODY, ...around], { stateDir: await bench.stateDir(), scripts: [] });
    await cloud.said(
      /refused: this host refuses to make boxes: .*policy user\.max_user_namespaces=0.*sysctl -w/,
    );
    expect(cloud.output().trim().split('\n')).toHaveLength(1);
  });

  test('root without CAP_SYS_ADMIN, as in a plain container', async () => {
    const prefix = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--'];
    const cloud = bench.start(prefix, { stateDir: await bench.stateDir(), scripts: [] });
    await cloud.said(/refused: this host refuses to make boxes: .*not permitted.*--privileged/);
    expect(cloud.output().trim().split('\n')).toHaveLength(1);
  });
});
