import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { type Sandbox, type SandboxEnd, startSandbox } from '../box/sandbox.ts';
import { CloudError } from '../errors.ts';
import { downloadPackages } from './apt.ts';
import { ended, fullDisk, lastFault, noSpace } from './apt-faults.ts';

/** What a layer of packages is made with. */
export interface PackagesPlan {
  readonly kind: 'complete' | 'limited';
  readonly packages: readonly string[];
  readonly stateDir: string;
  /** Absolute path of this package's folder. */
  readonly packageFolder: string;
}

/** Changes with whatever a layer is made by; the host's installed packages are part of what it is made from. */
export async function packagesHash({ kind, packages }: PackagesPlan): Promise<string> {
  const status = await readFile('/var/lib/dpkg/status').catch(() => '');
  return createHash('sha256')
    .update(`2 ${kind} ${[...packages].sort().join(' ')}\0`)
    .update(status)
    .digest('hex');
}

/**
 * Makes the folder `root` in `building`, with the packages and what they need. As root they are really installed, in a
 * sandbox whose writes become that folder; else they are unpacked.
 * @param signal ends it before its time
 * @throws CloudError, in one line for the operator
 */
export async function makePackages(plan: PackagesPlan, building: string, signal: AbortSignal): Promise<void> {
  const debs = await downloadPackages(
    { packages: plan.packages, aptDir: join(plan.stateDir, `apt-${plan.kind}`) },
    join(building, 'debs'),
    signal,
  );
  if (debs.length === 0) await mkdir(join(building, 'root'));
  else
    await (plan.kind === 'complete'
      ? install(plan, debs, building, signal)
      : unpack(debs, join(building, 'root')));
  await remove(building, ['debs', 'tools', 'work', 'root/run', 'root/tmp']);
}

const remove = async (folder: string, names: readonly string[]): Promise<void> => {
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
};

const INSTALL = `
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true HOME=/root
dpkg --force-unsafe-io --force-confdef --force-confold --install /run/rolecall-debs/*.deb >&2 </dev/null || exit
# Where setup.sh could not write to the disk itself (in a container); whiteouts could not be copied there.
[ -d /run/rolecall-upper ] || exit 0
find /run/rolecall-upper -type c -delete
exec cp -a /run/rolecall-upper/. /run/rolecall-keep/
`;

/** No service is started while an image is made (https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt). */
const POLICY = '#!/bin/sh\nexit 101\n';

async function install(
  plan: PackagesPlan,
  debs: readonly string[],
  building: string,
  signal: AbortSignal,
): Promise<void> {
  // The archives and the policy come in as a layer of their own, so that they are no part of what is kept.
  const tools = join(building, 'tools');
  await mkdir(join(tools, 'run/rolecall-debs'), { recursive: true });
  await mkdir(join(tools, 'usr/sbin'), { recursive: true });
  await writeFile(join(tools, 'usr/sbin/policy-rc.d'), POLICY, { mode: 0o755 });
  for (const deb of debs) await rename(deb, join(tools, 'run/rolecall-debs', basename(deb)));
  await mkdir(join(building, 'upper'));
  await mkdir(join(building, 'work'));
  const sandbox = await startSandbox({
    mode: 'complete',
    stateDir: plan.stateDir,
    scripts: join(plan.packageFolder, 'src/box'),
    layers: [tools],
    keep: building,
    hostname: 'image',
    ip: '10.0.0.1',
    machine: false,
    command: ['/bin/bash', '-c', INSTALL],
  });
  const end = await outcome(sandbox, signal);
  if (signal.aborted) throw ended();
  if (end.code !== 0) {
    if (fullDisk(end.said) !== undefined) throw noSpace(lastFault(end.said));
    throw new CloudError('usage', `local_image.packages: dpkg failed: ${lastFault(end.said)}`, {
      hint: `these packages would fail on an AMI too; try them one by one: ${plan.packages.join(' ')}`,
    });
  }
  await rename(join(building, 'upper'), join(building, 'root'));
}

/** Runs it to its end, or to that of `signal`. */
async function outcome(sandbox: Sandbox, signal: AbortSignal): Promise<SandboxEnd> {
  const kill = () => sandbox.kill();
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  try {
    await sandbox.ready.then(
      () => sandbox.go(),
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
    return await sandbox.ended;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

const EXTRACT =
  'set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink -C "$2"';

async function unpack(debs: readonly string[], root: string): Promise<void> {
  // A package may say /lib/x where the host's /lib is a link to usr/lib: unpack through the same links.
  const links: string[] = [];
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const target = await readlink(join('/', name)).catch(() => undefined);
    if (target === undefined) continue;
    await mkdir(join(root, target), { recursive: true });
    await symlink(target, join(root, name));
    links.push(join(root, name));
  }
  for (const deb of debs) await promisify(execFile)('bash', ['-c', EXTRACT, 'extract', deb, root]);
  for (const link of links) await rm(link);
}
