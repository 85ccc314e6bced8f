import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { SYSTEM_ENV } from '../box/kernel.ts';
import { CloudError } from '../errors.ts';

/** What machines are run with, and the Debian package that holds it. */
const PROGRAMS = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['qemu-img', 'qemu-utils'],
  ['socat', 'socat'],
  ['setpriv', 'util-linux'],
] as const;

/**
 * Checks that this computer can run virtual machines.
 * @param path where programs are looked for, as PATH
 * @throws CloudError that names what to install
 */
export function requireVmPrograms(path: string = SYSTEM_ENV['PATH'] ?? ''): void {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new CloudError(
      'usage',
      `--boxes vm needs Linux on an x86-64 processor; this is ${process.platform} on ${process.arch}`,
      { hint: 'use --boxes simulated, or launch on AWS without --local' },
    );
  const missing = PROGRAMS.filter(([program]) => !isInstalled(program, path));
  if (missing.length === 0) return;
  const names = missing.map(([program]) => program).join(', ');
  throw new CloudError(
    'usage',
    `--boxes vm needs ${names}, which ${missing.length === 1 ? 'is' : 'are'} not installed`,
    {
      hint: `apt-get install --no-install-recommends ${missing.map(([, name]) => name).join(' ')}`,
    },
  );
}

const isInstalled = (program: string, path: string): boolean =>
  path.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
