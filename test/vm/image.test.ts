import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { vmImageBuilder } from '../../packages/local-cloud/src/vm-image/builder.ts';
import { imageRelease } from '../../packages/local-cloud/src/vm-image/host.ts';
import { installation } from '../../src/actions/local/installation.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import { LANE_CLOUD } from './support/state.ts';

const AMI = 'ami-0123456789abcdef0';
const RELEASE = imageRelease(process.env);
// The base is the lane's own: it takes minutes to make.
const stateDir = LANE_CLOUD;
const overlay = mkdtempSync(join(tmpdir(), 'rolecall-overlay-'));
cpSync(join(packageRoot(), 'example/image'), overlay, { recursive: true });
afterAll(() => rmSync(overlay, { recursive: true }));

mkdirSync(stateDir, { recursive: true, mode: 0o700 });
const builder = () => vmImageBuilder({ stateDir, installation: installation(), release: RELEASE });
const request = { id: AMI, overlay, packages: ['memcached'] };
const layers = (kind: string) =>
  readdirSync(join(stateDir, 'images-vm')).filter((name) => name.startsWith(kind));

/** What debugfs(8) says of a path on the disk. */
const onDisk = (folder: string, command: string): string =>
  execFileSync('/usr/sbin/debugfs', ['-R', command, join(folder, 'disk.img')], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

test('an image has kernel, initrd and a disk with the overlay, its packages, the bootstrapper and its unit', async () => {
  const images = builder();
  await images.build(request);
  const folder = images.folder(AMI) ?? '';
  expect(readdirSync(folder).sort()).toEqual(['disk.img', 'initrd.img', 'vmlinuz']);
  expect(
    execFileSync('/usr/sbin/blkid', ['-p', '-o', 'value', '-s', 'LABEL', join(folder, 'disk.img')], {
      encoding: 'utf8',
    }),
  ).toBe('rolecall-root\n');
  expect(onDisk(folder, 'cat /etc/machine-id')).toBe('');
  expect(onDisk(folder, 'stat /usr/local/sbin/rolecall-bootstrapper')).toMatch(
    /Mode: {2}0755[\s\S]*User: {5}0 {3}Group: {5}0/,
  );
  expect(
    onDisk(folder, 'stat /etc/systemd/system/cloud-init.target.wants/rolecall-bootstrapper.service'),
  ).toContain('Type: symlink');
  expect(onDisk(folder, 'stat /usr/bin/memcached')).toContain('Type: regular');
  expect(onDisk(folder, 'cat /etc/rolecall/init/a/bootstrapper.sh')).toContain('#!/');
  // Files keep their owners, for an ordinary user too.
  expect(onDisk(folder, 'stat /etc/shadow')).toMatch(/Mode: {2}0640[\s\S]*User: {5}0 {3}Group: {4}42/);
});

test('the same image is found, and a changed overlay makes only its disk anew', async () => {
  const images = builder();
  expect(await images.build(request)).toMatchObject({ built: false });
  const before = { bases: layers('base'), packages: layers('packages') };
  const old = images.folder(AMI);
  // Another change each time: the layers of earlier runs of this lane are still there.
  appendFileSync(join(overlay, 'etc/rolecall/init/a/bootstrapper.sh'), `# changed ${randomUUID()}\n`);
  expect(await images.build(request)).toMatchObject({ built: true });
  expect({ bases: layers('base'), packages: layers('packages') }).toEqual(before);
  expect(images.folder(AMI)).not.toBe(old);
});

test('a package that Debian has not is named, and nothing of the attempt is left', async () => {
  const build = builder().build({ id: AMI, packages: ['no-such-package'] });
  await expect(build).rejects.toThrow('local_image.packages: Debian has no package named no-such-package');
  expect(layers('.building')).toEqual([]);
});

/** Builds an image in a state folder of its own, in a process of its own, until its base is being made. */
async function buildUntilUnderWay(folder: string) {
  const program = `import { vmImageBuilder } from './packages/local-cloud/src/vm-image/builder.ts';
    import { installation } from './src/actions/local/installation.ts';
    const images = vmImageBuilder({ stateDir: ${JSON.stringify(folder)}, installation: installation(), release: '${RELEASE}' });
    process.once('SIGTERM', () => images.close());
    await images.build({ id: '${AMI}', packages: [] }).catch((error) => console.log(error.message));`;
  const child = spawn(
    process.execPath,
    ['--import', './scripts/typescript.mjs', '--input-type=module', '--eval', program],
    { cwd: packageRoot(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const underWay = () => processesOf(folder).some((args) => args.includes('mmdebstrap'));
  while (child.exitCode === null && !underWay()) await setTimeout(50);
  return child;
}

/** The command lines of all processes that name a folder, but for this one's child. */
const processesOf = (folder: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((args) => args.includes(folder) && !args.includes('--eval'));

describe('a build in the middle', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolecall-ended-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('ends at once with its cloud, and leaves nothing', async () => {
    const child = await buildUntilUnderWay(folder);
    const said = text(child.stdout);
    child.kill('SIGTERM');
    expect(await said).toBe('the local cloud ended before its image was made\n');
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(join(folder, 'images-vm'))).toEqual([]);
  });

  test('is ended by the kernel after kill -9: no process, no mount, and files of the user alone', async () => {
    const child = await buildUntilUnderWay(folder);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    while (processesOf(folder).length > 0) await setTimeout(50);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(folder);
    const [left = ''] = readdirSync(join(folder, 'images-vm'));
    expect(left).toMatch(/^\.building-/);
    expect(readdirSync(join(folder, 'images-vm', left, 'root/work'))).toEqual([]);
  });
});
