import { accessSync, constants, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SYSTEM_ENV } from '../box/kernel.ts';
import { CloudError } from '../errors.ts';
import { ARCHITECTURES, type BaseRecipe } from './recipe.ts';
import { type SourceFile, sourcesFor } from './sources.ts';

/**
 * The release of images: Debian's stable one, which starts Python once a boot. Where QEMU emulates the processor, that takes
 * three quarters of the time of bookworm, whose cloud-init starts it four times.
 */
const DEFAULT_RELEASE = 'trixie';

/** What Debian signs its packages with: the package debian-archive-keyring. */
const DEBIAN_KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The programs that make an image, with the Debian package of each; the last one for ordinary users only. */
const TOOLS = [
  { tool: 'mmdebstrap', package: 'mmdebstrap' },
  { tool: 'mke2fs', package: 'e2fsprogs' },
  { tool: 'unshare', package: 'util-linux' },
  { tool: 'apt-get', package: 'apt' },
  { tool: 'newuidmap', package: 'uidmap' },
] as const;

/**
 * The error for programs that the host lacks; undefined when all are there.
 * @param has whether a program is installed
 */
export function missingTools(has: (tool: string) => boolean, root: boolean): CloudError | undefined {
  const missing = TOOLS.filter(({ tool }) => !(root && tool === 'newuidmap') && !has(tool));
  if (missing.length === 0) return undefined;
  const names = missing.map(({ tool }) => tool).join(', ');
  return new CloudError(
    'usage',
    `the image of local virtual machines can't be made: this machine has no ${names}`,
    {
      hint: `sudo apt-get install ${missing.map((entry) => entry.package).join(' ')}`,
    },
  );
}

/** Whether a program lies on the path of the tools, which has sbin too. */
export const hasTool = (tool: string): boolean =>
  (SYSTEM_ENV['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * Returns the release of images as the environment sets it: a code name, as in `dists/trixie` of a mirror.
 * @throws CloudError for a value that can't be one
 */
export function imageRelease(env: NodeJS.ProcessEnv): string {
  const release = env['ROLECALL_VM_RELEASE'] || DEFAULT_RELEASE;
  if (/^[a-z]{3,20}$/.test(release)) return release;
  throw new CloudError('usage', `ROLECALL_VM_RELEASE must be the code name of a Debian release: ${release}`, {
    hint: `unset it for ${DEFAULT_RELEASE}`,
  });
}

/**
 * What the base is made from on this host: the mirrors that it has packages of Debian from; elsewhere mmdebstrap's own.
 * @throws CloudError for a processor that has no kernel package
 */
export async function hostRecipe(release: string): Promise<BaseRecipe> {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined)
    throw new CloudError(
      'usage',
      `local virtual machines need an x86-64 or ARM64 machine; this one is ${process.arch}`,
      {
        hint: 'use sandboxes: rolecall local up',
      },
    );
  const own = debianRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  if (own === undefined) {
    if (!existsSync(DEBIAN_KEYS))
      throw new CloudError(
        'usage',
        "the image of local virtual machines can't be made: this machine has no keys of Debian's",
        {
          hint: 'sudo apt-get install debian-archive-keyring',
        },
      );
    return { release, architecture, sources: {} };
  }
  return { release, architecture, sources: sourcesFor(await sourceFiles('/etc/apt'), own, release) };
}

/** The code name in an os-release(5) of Debian; undefined for another distribution. */
export const debianRelease = (text: string): string | undefined =>
  /^ID="?debian"?$/m.test(text) ? /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1] : undefined;

async function sourceFiles(apt: string): Promise<readonly SourceFile[]> {
  const folder = join(apt, 'sources.list.d');
  const names = await readdir(folder).catch(() => []);
  const paths = [join(apt, 'sources.list'), ...names.sort().map((name) => join(folder, name))];
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
  return paths.map((path, at) => ({ path, text: texts[at] ?? '' }));
}
