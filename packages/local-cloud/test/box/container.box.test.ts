import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Bench, openBench } from './process.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** What a container has: a root that is an overlay itself, files of /etc that are mounts, a disk at /opt, no package lists. */
const CONTAINER = `set -e
bench=$1; shift
mount -t tmpfs container /mnt; cd /mnt; mkdir upper work root; echo 127.0.0.1 localhost >hosts
mount -t overlay container -o lowerdir=/,upperdir=upper,workdir=work root
for folder in proc sys dev; do mount --rbind /$folder root/$folder; done
mkdir -p "root$bench"; mount --bind "$bench" "root$bench"
rm -rf root/var/lib/apt/lists
mkdir -m 1777 root/state; touch root/etc/hosts; mount --bind hosts root/etc/hosts
mount -t tmpfs part root/opt; mkdir root/opt/part; echo "of its own" >root/opt/part/disk; chmod 755 root/opt
cd root; pivot_root . mnt; cd /; umount -l /mnt
exec "$@"`;

const SCRIPT = `service memcached start || memcached -u root -l 127.0.0.1 -d
for n in {1..100}; do exec 3<>/dev/tcp/127.0.0.1/11211 && break; sleep 0.02; done 2>/dev/null
printf 'version\\r\\n' >&3; read -r version <&3; echo "memcached=$version"
cat /opt/part/disk; echo x >/opt/mine
echo "new" >/etc/new-file; cat /etc/new-file; grep -c "$(hostname)" /etc/hosts; poweroff`;

test.each([
  ['complete', [] as string[]],
  ['limited', ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']],
])('a container’s root carries %s boxes too', async (kind, prefix) => {
  const container = ['unshare', '--mount', 'bash', '-c', CONTAINER, 'container', bench.folder];
  const options = { stateDir: '/state', packages: ['memcached'], scripts: [SCRIPT] };
  const cloud = bench.start([...container, ...prefix], options);
  await cloud.said(/reboot: Power down/);
  expect(cloud.output()).toContain(`driver ${kind}`);
  expect(cloud.output()).toMatch(/memcached=VERSION 1\.\d+/);
  expect(cloud.output()).toMatch(/: of its own\r\n/);
  expect(cloud.output()).toMatch(/: new\r\n.*: 1\r\n/);
  cloud.child.stdin?.end();
  expect(await once(cloud.child, 'exit')).toEqual([0, null]);
});
